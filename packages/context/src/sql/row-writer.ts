import { WonderError } from '@wonder/errors'
import { isObject, type JsonObject } from '../json-schema.ts'
import { childPointer } from '../pointer.ts'
import { describe } from '../problem.ts'
import type { Dialect, SqlValue } from './dialect.ts'
import { isStorableText } from './dialect.ts'
import { isOf } from './shape.ts'
import {
  type Column,
  type ListPart,
  MISSING,
  NULL,
  type Part,
  type RecordPart,
  type Table,
  THERE,
} from './table-model.ts'

export type Row = ReadonlyMap<Column, SqlValue>

/** Where a part of the value stands; `absent` when an object around it is. */
type Place = { readonly row: Map<Column, SqlValue>; readonly path: string; readonly keys: readonly SqlValue[] }

const ABSENT = Symbol('absent')

/**
 * Turns an object into rows of its tables.
 *
 * @throws WonderError `not_storable` for what a column would not give back as it was.
 */
export class RowWriter {
  readonly rows = new Map<Table, Row[]>()
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  write(root: RecordPart, table: Table, value: unknown): void {
    if (!isObject(value)) throw notStorable('', `it is ${describe(value)}, not an object`)
    const row = new Map<Column, SqlValue>()
    const keys = table.primaryKey.map((column) => this.keyValue(column, value))
    this.rows.set(table, [row])
    this.#put(root, value, { row, path: '', keys })
  }

  keyValue(column: Column, value: JsonObject): SqlValue {
    const name = column.pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
    return this.#scalar(column, Object.hasOwn(value, name) ? value[name] : undefined, column.pointer)
  }

  #put(part: Part, value: unknown, place: Place): void {
    if (part.kind === 'json') {
      place.row.set(part.column, value === ABSENT ? null : jsonText(value, place.path))
      return
    }
    const { state } = part
    if (state) place.row.set(state, value === ABSENT ? MISSING : value === null ? NULL : THERE)
    if (part.kind === 'scalar') {
      const { column } = part
      const none = value === ABSENT || (value === null && (state || column.nullMeans === 'null'))
      place.row.set(column, none ? null : this.#scalar(column, value, place.path))
    } else if (part.kind === 'record') this.#record(part, value, place)
    else this.#list(part, value, place)
  }

  #record(part: RecordPart, value: unknown, place: Place): void {
    const none = value === ABSENT || (value === null && part.state)
    if (!none && !isObject(value)) throw notStorable(place.path, `it is ${describe(value)}, not an object`)
    const object = none ? {} : (value as JsonObject)
    const known = new Set<string>()
    for (const [name, member] of part.members) {
      known.add(name)
      const given = Object.hasOwn(object, name) && object[name] !== undefined ? object[name] : ABSENT
      this.#put(member, given, { ...place, path: childPointer(place.path, name) })
    }
    const rest = Object.entries(object).filter(([name, member]) => !known.has(name) && member !== undefined)
    if (part.rest) {
      place.row.set(part.rest, rest.length === 0 ? null : jsonText(Object.fromEntries(rest), place.path))
    } else if (rest[0]) throw notStorable(childPointer(place.path, rest[0][0]), 'the schema does not know it')
  }

  #list(part: ListPart, value: unknown, place: Place): void {
    if (value === ABSENT && part.state) return
    // A required list in an object that is absent has no rows either.
    if (value === ABSENT || (value === null && part.state)) return
    if (!Array.isArray(value)) throw notStorable(place.path, `it is ${describe(value)}, not a list`)
    const rows = this.rows.get(part.table) ?? []
    this.rows.set(part.table, rows as Row[])
    const { primaryKey } = part.table
    for (const [index, item] of value.entries()) {
      const keys = [...place.keys, index]
      const row = new Map<Column, SqlValue>(primaryKey.map((column, at) => [column, keys[at] ?? null]))
      rows.push(row)
      this.#put(part.item, item, { row, path: childPointer(place.path, index), keys })
    }
  }

  #scalar(column: Column, value: unknown, path: string): SqlValue {
    const { type } = column
    if (typeof type !== 'string') {
      const written = type.write ? type.write(value) : value
      const plain = written === null || ['string', 'number', 'boolean'].includes(typeof written)
      if (!plain || (typeof written === 'string' && !isStorableText(written)))
        throw notStorable(path, `it is ${describe(value)}`)
      return written as SqlValue
    }
    if (!isOf(value, type))
      throw notStorable(path, `it is ${describe(value)}, which a column of type ${type} does not keep as it is`)
    return typeof value === 'boolean' && this.#dialect === 'sqlite' ? Number(value) : value
  }
}

function jsonText(value: unknown, path: string): string {
  const text = JSON.stringify(value)
  if (text === undefined) throw notStorable(path, `it is ${describe(value)}, not JSON`)
  return text
}

function notStorable(path: string, why: string): WonderError {
  const place = path === '' ? 'the value' : path
  return new WonderError('not_storable', `Cannot store ${place}: ${why}`, { details: { path } })
}
