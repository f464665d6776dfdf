import { InvariantError } from '@wonder/errors'
import { isObject } from '../json-schema.ts'
import { type Column, type ListPart, MISSING, NULL, type Part, type RecordPart, type Table } from './table-model.ts'

/** A row as drivers give it: by column. */
export type StoredRow = { readonly [column: string]: unknown }

const ABSENT = Symbol('absent')

/** Puts an object together from the rows of its tables. */
export class RowReader {
  /** Rows of a table by the indices of the items around them. */
  readonly #rows = new Map<Table, Map<string, StoredRow[]>>()

  constructor(tables: readonly Table[], results: readonly (readonly StoredRow[])[]) {
    for (const [at, table] of tables.entries()) {
      const outer = table.primaryKey.slice(table.rootKey.length, -1)
      this.#rows.set(
        table,
        Map.groupBy(results[at] ?? [], (row) => outer.map(({ name }) => Number(row[name])).join()),
      )
    }
  }

  read(part: RecordPart, row: StoredRow): unknown {
    return this.#part(part, row, [])
  }

  #part(part: Part, row: StoredRow, indices: readonly number[]): unknown {
    if (part.kind === 'json') return jsonOf(row[part.column.name])
    if (part.state) {
      const state = Number(row[part.state.name])
      if (state === MISSING) return ABSENT
      if (state === NULL) return null
    }
    if (part.kind === 'list') return this.#list(part, indices)
    if (part.kind === 'record') return this.#record(part, row, indices)
    const stored = row[part.column.name]
    if (stored !== null && stored !== undefined) return scalarOf(part.column, stored)
    return part.column.nullMeans === 'null' ? null : ABSENT
  }

  /** What is in the rest wins: after a migration it may still hold a member that has a column by now. */
  #record(part: RecordPart, row: StoredRow, indices: readonly number[]): unknown {
    const members = new Map<string, unknown>()
    for (const [name, member] of part.members) members.set(name, this.#part(member, row, indices))
    const rest = part.rest ? jsonOf(row[part.rest.name]) : ABSENT
    if (isObject(rest)) for (const [name, value] of Object.entries(rest)) members.set(name, value)
    return Object.fromEntries([...members].filter(([, value]) => value !== ABSENT))
  }

  #list(part: ListPart, indices: readonly number[]): unknown {
    const rows = this.#rows.get(part.table)?.get(indices.join()) ?? []
    const index = part.table.primaryKey.at(-1)?.name ?? ''
    return rows.map((row) => this.#part(part.item, row, [...indices, Number(row[index])]))
  }
}

function jsonOf(stored: unknown): unknown {
  if (stored === null || stored === undefined) return ABSENT
  if (typeof stored === 'string') return JSON.parse(stored)
  throw new InvariantError('json_is_text', 'A driver gave JSON parsed, though the statement asks for its text')
}

function scalarOf({ type }: Column, stored: unknown): unknown {
  if (typeof type !== 'string') return type.read ? type.read(stored) : stored
  if (type === 'boolean') return stored === true || stored === 1 || stored === 1n
  return type === 'integer' || type === 'number' ? Number(stored) : stored
}
