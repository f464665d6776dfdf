import { InvariantError } from '@wonder/errors'
import { type Carried, ColumnChange } from './column-change.ts'
import { alterTables } from './migrate-postgresql.ts'
import { rebuildTables } from './migrate-sqlite.ts'
import type { Answers, Decision } from './migration-answers.ts'
import type { SqlTables, Statement } from './sql-tables.ts'
import type { Table } from './table-model.ts'

export type Migration =
  /** For one transaction. Nothing is there when nothing changed. */
  | { readonly ok: true; readonly statements: readonly Statement[] }
  /** What to answer first. */
  | { readonly ok: false; readonly decisions: readonly Decision[] }

/** A table in both versions. */
export type ChangedTable = { readonly from: Table; readonly to: Table; readonly columns: readonly Carried[] }

/** What becomes of the tables. */
export type TableChanges = {
  readonly changed: readonly ChangedTable[]
  readonly added: readonly Table[]
  /** Parents first. */
  readonly removed: readonly Table[]
}

/**
 * Carries what is stored under one version of a schema over to another. Nothing is lost silently: what the new version
 * has no place for is a decision, and rows that a narrower rule refuses make the statements fail.
 *
 * In SQLite all tables of the schema are made anew when one changes, for ALTER TABLE can do little. Tables that are not
 * of the schema but refer to it with ON DELETE CASCADE would lose their rows then: run `PRAGMA foreign_keys = OFF` before
 * the transaction if there are any.
 *
 * @example
 * const migration = migrate(version1, version2, { '/nick': { drop: true }, '/age': { fill: 0 } })
 */
export function migrate(from: SqlTables, to: SqlTables, answers: Answers = {}): Migration {
  const { dialect } = to
  if (from.dialect !== dialect) throw new InvariantError('one_dialect', 'A migration stays in one database')
  const key = keyChange(from, to)
  if (key) return { ok: false, decisions: [key] }
  const decisions: Decision[] = []
  const lists = (tables: readonly Table[]) => tables.map(({ pointer }) => pointer).filter((pointer) => pointer !== '')
  const [oldLists, newLists] = [lists(from.tables), lists(to.tables)]
  const changed = to.tables.flatMap((table): ChangedTable[] => {
    const old = from.tables.find(({ pointer }) => pointer === table.pointer)
    if (!old) return []
    const change = new ColumnChange({ from: old, to: table, dialect, answers, oldLists, newLists })
    const columns = change.carried()
    decisions.push(...change.decisions)
    return [{ from: old, to: table, columns }]
  })
  const removed = from.tables.filter(({ pointer }) => !newLists.includes(pointer) && pointer !== '')
  const added = to.tables.filter(({ pointer }) => !oldLists.includes(pointer) && pointer !== '')
  for (const { pointer } of removed) {
    if (!answers[pointer]?.drop) decisions.push({ kind: 'drop', pointer, why: 'its items have no place any more' })
  }
  for (const { pointer } of added) {
    if (!to.canBeMissing(pointer) && !answers[pointer]?.accept) {
      decisions.push({
        kind: 'fill',
        pointer,
        why: 'objects that are there already would get an empty list: accept it',
      })
    }
  }
  if (decisions.length > 0) return { ok: false, decisions }
  if (definitionOf(from) === definitionOf(to)) return { ok: true, statements: [] }
  const statements = (dialect === 'sqlite' ? rebuildTables : alterTables)({ changed, added, removed })
  return { ok: true, statements: statements.map((sql) => ({ sql, params: [] })) }
}

function definitionOf(tables: SqlTables): string {
  return tables
    .create()
    .map(({ sql }) => sql)
    .join('\n')
}

function keyChange(from: SqlTables, to: SqlTables): Decision | undefined {
  const keyOf = ({ tables }: SqlTables) =>
    (tables[0]?.primaryKey ?? []).map(({ pointer, type }) => `${pointer} ${type}`).join()
  if (keyOf(from) === keyOf(to)) return undefined
  return { kind: 'key', pointer: '', why: `the key was ${keyOf(from)} and would be ${keyOf(to)}` }
}
