import { type Dialect, literal, quoted, typeText } from './dialect.ts'
import { type Column, type ColumnCheck, type Index, type Reference, type Table, THERE } from './table-model.ts'

/** CREATE TABLE and its indices. `name` makes a copy under another name; its references may lead to copies too. */
export function createTable(
  table: Table,
  dialect: Dialect,
  renamed: (name: string) => string = (name) => name,
): string {
  const lines = [
    ...table.columns.map((column) => `${columnText(column, dialect)}${checkText(table, column, dialect)}`),
    `PRIMARY KEY (${namesText(table.primaryKey.map(({ name }) => name))})`,
    ...table.references.map((reference, number) => referenceText(reference, number, renamed)),
  ]
  return `CREATE TABLE ${quoted(renamed(table.name))} (\n  ${lines.join(',\n  ')}\n)`
}

export function createIndex(table: Table, { name, columns, unique }: Index): string {
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quoted(name)} ON ${quoted(table.name)} (${namesText(columns)})`
}

/** The column without its check. */
function columnText(column: Column, dialect: Dialect): string {
  const notNull = column.notNull ? ' NOT NULL' : ''
  return `${quoted(column.name)} ${typeText(column.type, dialect)}${notNull}${defaultText(column, dialect)}`
}

function defaultText(column: Column, dialect: Dialect): string {
  return column.default === undefined ? '' : ` DEFAULT ${literal(column.default, dialect)}`
}

function checkText(table: Table, column: Column, dialect: Dialect): string {
  const condition = conditionOf(column, dialect)
  if (condition === undefined) return ''
  return ` ${dialect === 'postgresql' ? `CONSTRAINT ${quoted(checkName(table, column))} ` : ''}CHECK (${condition})`
}

/** The name of a column's check in PostgreSQL, unique in its table because the column's is. */
export function checkName(table: Table, column: Column): string {
  return `c${table.columns.indexOf(column)}_${column.role}_check`
}

/** What the database checks of a column, or undefined. NULL passes everything. */
export function conditionOf(column: Column, dialect: Dialect): string | undefined {
  const name = quoted(column.name)
  const all = column.checks.map((check) => condition(check, name, dialect))
  if (column.type === 'boolean' && dialect === 'sqlite') all.unshift(`${name} IN (0, 1)`)
  if (column.neededBy) all.push(`(${quoted(column.neededBy.name)} <> ${THERE} OR ${name} IS NOT NULL)`)
  return all.length === 0 ? undefined : all.join(' AND ')
}

function condition(check: ColumnCheck, name: string, dialect: Dialect): string {
  switch (check.kind) {
    case 'length':
      return `${dialect === 'sqlite' ? 'length' : 'char_length'}(${name}) ${check.operator} ${check.limit}`
    case 'value':
      return `${name} ${check.operator} ${check.limit}`
    case 'multiple':
      return `${name} % ${check.of} = 0`
    case 'in':
      return `${name} IN (${check.values.map((value) => literal(value, dialect)).join(', ')})`
  }
}

/** A foreign key, under a name that is unique in its table. */
export function referenceText(
  reference: Reference,
  number: number,
  renamed: (name: string) => string = (name) => name,
): string {
  const { columns, table, targets, onDelete } = reference
  return `CONSTRAINT ${quoted(referenceName(number))} FOREIGN KEY (${namesText(columns)}) REFERENCES ${quoted(renamed(table))} (${namesText(targets)}) ON DELETE ${onDelete.toUpperCase()}`
}

export function referenceName(number: number): string {
  return `reference_${number}`
}

export function namesText(names: readonly string[]): string {
  return names.map(quoted).join(', ')
}
