import { checkName, conditionOf, createIndex, createTable, referenceName, referenceText } from './definition.ts'
import { literal, quoted, typeText } from './dialect.ts'
import type { ChangedTable, TableChanges } from './migrate.ts'
import { Names } from './names.ts'
import type { Column, Table } from './table-model.ts'

/** ALTER TABLE, in an order in which no step meets a rule of the other version. */
export function alterTables({ changed, added, removed }: TableChanges): string[] {
  const old = [...changed.map(({ from }) => from), ...removed]
  const kept = (table: Table, number: number) => number < keptReferences(table)
  return [
    ...old.flatMap(({ indices }) => indices.map(({ name }) => `DROP INDEX ${quoted(name)}`)),
    ...changed.flatMap(({ from }) => [
      ...checksOf(from).map(({ name }) => alter(from, `DROP CONSTRAINT ${quoted(name)}`)),
      ...from.references.flatMap((_, number) =>
        kept(from, number) ? [] : [alter(from, `DROP CONSTRAINT ${quoted(referenceName(number))}`)],
      ),
    ]),
    ...removed.toReversed().map(({ name }) => `DROP TABLE ${quoted(name)}`),
    ...changed.flatMap(changeColumns),
    ...renameTables(changed),
    ...added.map((table) => createTable(table, 'postgresql')),
    ...changed.flatMap(({ to }) => [
      ...checksOf(to).map(({ name, condition }) => alter(to, `ADD CONSTRAINT ${quoted(name)} CHECK (${condition})`)),
      ...to.references.flatMap((reference, number) =>
        kept(to, number) ? [] : [alter(to, `ADD ${referenceText(reference, number)}`)],
      ),
    ]),
    ...[...changed.map(({ to }) => to), ...added].flatMap((table) =>
      table.indices.map((index) => createIndex(table, index)),
    ),
  ]
}

/** A list's reference to its parent stays; PostgreSQL renames what it leads to. */
function keptReferences({ pointer }: Table): number {
  return pointer === '' ? 0 : 1
}

function checksOf(table: Table): { readonly name: string; readonly condition: string }[] {
  return table.columns.flatMap((column) => {
    const condition = conditionOf(column, 'postgresql')
    return condition === undefined ? [] : [{ name: checkName(table, column), condition }]
  })
}

function changeColumns({ from, to, columns }: ChangedTable): string[] {
  const names = new Names([...from.columns, ...to.columns].map(({ name }) => name.toLowerCase()))
  const fresh = columns.filter(({ same }) => !same).map((each) => ({ ...each, temporary: names.take('wonder_new') }))
  const kept = columns.flatMap(({ column, same }) => (same ? [{ column, same }] : []))
  const moved = kept
    .filter(({ column, same }) => column.name !== same.name)
    .map((each) => ({ ...each, temporary: names.take('wonder_old') }))
  const gone = from.columns.filter((column) => !kept.some(({ same }) => same === column))
  const sets = fresh
    .filter(({ expression }) => expression !== 'NULL')
    .map(({ expression, temporary }) => `${quoted(temporary)} = ${expression}`)
  const rename = (a: string, b: string) => alter(from, `RENAME COLUMN ${quoted(a)} TO ${quoted(b)}`)
  return [
    ...fresh.map(({ column, temporary }) =>
      alter(from, `ADD COLUMN ${quoted(temporary)} ${typeText(column.type, 'postgresql')}`),
    ),
    ...(sets.length > 0 ? [`UPDATE ${quoted(from.name)} SET ${sets.join(', ')}`] : []),
    ...gone.map(({ name }) => alter(from, `DROP COLUMN ${quoted(name)}`)),
    ...moved.map(({ same, temporary }) => rename(same.name, temporary)),
    ...[...moved, ...fresh].map(({ column, temporary }) => rename(temporary, column.name)),
    ...fresh.flatMap(({ column }) => rules(from, column, undefined)),
    ...kept.flatMap(({ column, same }) => rules(from, column, same)),
  ]
}

/** NOT NULL and DEFAULT, where they differ from what the column has. */
function rules(table: Table, column: Column, old: Column | undefined): string[] {
  const change = (action: string) => alter(table, `ALTER COLUMN ${quoted(column.name)} ${action}`)
  const changes: string[] = []
  if (column.notNull !== (old?.notNull ?? false)) changes.push(change(`${column.notNull ? 'SET' : 'DROP'} NOT NULL`))
  if (column.default === undefined && old?.default !== undefined) changes.push(change('DROP DEFAULT'))
  if (column.default !== undefined && column.default !== old?.default) {
    changes.push(change(`SET DEFAULT ${literal(column.default, 'postgresql')}`))
  }
  return changes
}

function renameTables(changed: readonly ChangedTable[]): string[] {
  const moved = changed.filter(({ from, to }) => from.name !== to.name)
  const names = new Names(changed.flatMap(({ from, to }) => [from.name.toLowerCase(), to.name.toLowerCase()]))
  const steps = moved.map(({ from, to }) => ({ from: from.name, by: names.take('wonder_old'), to: to.name }))
  const rename = (a: string, b: string) => `ALTER TABLE ${quoted(a)} RENAME TO ${quoted(b)}`
  return [...steps.map(({ from, by }) => rename(from, by)), ...steps.map(({ by, to }) => rename(by, to))]
}

function alter({ name }: Table, action: string): string {
  return `ALTER TABLE ${quoted(name)} ${action}`
}
