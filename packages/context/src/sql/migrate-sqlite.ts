import { createIndex, createTable, namesText } from './definition.ts'
import { quoted } from './dialect.ts'
import type { TableChanges } from './migrate.ts'
import { Names } from './names.ts'

/**
 * New tables under other names, the data copied, the old ones dropped, the new ones renamed. All tables of the schema:
 * to drop only a parent would delete the rows of its children.
 */
export function rebuildTables({ changed, added, removed }: TableChanges): string[] {
  const old = [...changed.map(({ from }) => from), ...removed]
  const made = [...changed.map(({ to }) => to), ...added]
  const names = new Names([...old, ...made].map(({ name }) => name.toLowerCase()))
  const temporary = new Map(made.map(({ name }) => [name, names.take('wonder_new', name)]))
  const renamed = (name: string) => temporary.get(name) ?? name
  return [
    ...old.flatMap(({ indices }) => indices.map(({ name }) => `DROP INDEX ${quoted(name)}`)),
    ...made.map((table) => createTable(table, 'sqlite', renamed)),
    ...changed.map(({ from, to, columns }) => {
      const expressions = columns.map(({ expression }) => expression).join(', ')
      const into = namesText(columns.map(({ column }) => column.name))
      return `INSERT INTO ${quoted(renamed(to.name))} (${into}) SELECT ${expressions} FROM ${quoted(from.name)}`
    }),
    ...old
      .toSorted((a, b) => b.primaryKey.length - a.primaryKey.length)
      .map(({ name }) => `DROP TABLE ${quoted(name)}`),
    ...made.map(({ name }) => `ALTER TABLE ${quoted(renamed(name))} RENAME TO ${quoted(name)}`),
    ...made.flatMap((table) => table.indices.map((index) => createIndex(table, index))),
  ]
}
