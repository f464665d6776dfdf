import type { CustomTypes } from '../custom-type.ts'
import { isObject, type JsonSchema } from '../json-schema.ts'
import { compile } from '../schema.ts'
import { SchemaLibrary } from '../schema-document.ts'
import { createIndex, createTable, namesText } from './definition.ts'
import { type Dialect, parameter, quoted, type SqlValue, selected } from './dialect.ts'
import { Names } from './names.ts'
import { noTable } from './no-table.ts'
import { RowReader, type StoredRow } from './row-reader.ts'
import { type Row, RowWriter } from './row-writer.ts'
import type { Placement } from './shape.ts'
import { MOST_PARAMETERS, TableBuilder } from './table-builder.ts'
import { type Column, MISSING, type RecordPart, type Table } from './table-model.ts'

/** A statement and its parameters, at most 100 (the limit of D1). */
export type Statement = { readonly sql: string; readonly params: readonly SqlValue[] }

export type SqlOptions = {
  /** Of the table; those of lists begin with it. */
  readonly name: string
  readonly dialect: Dialect
  /** Required properties that tell objects apart; `id`. */
  readonly key?: string | readonly string[]
  /** Objects in objects: columns with a prefix (the default), or JSON. `x-sql` in a schema decides for one place. */
  readonly objects?: Placement['objects']
  /** Lists: tables of their own (the default), or JSON. */
  readonly arrays?: Placement['arrays']
  /** Indices over properties: JSON pointers, such as `/author/name`. */
  readonly indices?: readonly (readonly string[])[]
  /** The same, and no two objects may be alike in them. */
  readonly unique?: readonly (readonly string[])[]
  /** Properties (by pointer) that hold the key of another table. */
  readonly references?: {
    readonly [pointer: string]: {
      readonly table: string
      readonly column: string
      /** `restrict`. */
      readonly onDelete?: 'cascade' | 'restrict' | 'set null'
    }
  }
  /** Types for `x-type`. */
  readonly types?: CustomTypes
  /** Other documents, as for compile(). */
  readonly documents?: { readonly [uri: string]: JsonSchema }
}

/** The statements that keep objects of a schema. Those of one call belong into one transaction. */
export class SqlTables {
  readonly dialect: Dialect
  /** Parents first. */
  readonly tables: readonly Table[]
  readonly #root: RecordPart
  readonly #main: Table

  /** @throws WonderError `no_table_for_schema`, `invalid_schema`. */
  constructor(schema: JsonSchema, options: SqlOptions) {
    const { name, dialect, key = 'id', objects = 'flatten', arrays = 'table', types = {}, documents = {} } = options
    compile(schema, { types, documents, trusted: true })
    const library = new SchemaLibrary()
    const node = library.add(schema)
    for (const [uri, document] of Object.entries(documents)) library.add(document, uri)
    const keys = typeof key === 'string' ? [key] : key
    const builder = new TableBuilder({ library, types, placement: { objects, arrays }, name, key: keys })
    this.dialect = dialect
    this.#root = builder.build(node)
    this.tables = builder.tables
    this.#main = mainOf(builder.tables)
    this.#addIndices(options)
  }

  /** CREATE TABLE and CREATE INDEX. */
  create(): Statement[] {
    const tables = this.tables.map((table) => createTable(table, this.dialect))
    const indices = this.tables.flatMap((table) => table.indices.map((index) => createIndex(table, index)))
    return [...tables, ...indices].map((sql) => ({ sql, params: [] }))
  }

  /** @throws WonderError `not_storable`. */
  insert(value: unknown): Statement[] {
    const rows = this.#rowsOf(value)
    return this.tables.flatMap((table) => this.#insertRows(table, rows.get(table) ?? []))
  }

  /** Inserts the object, or puts it in the place of the one with the same key. */
  upsert(value: unknown): Statement[] {
    const rows = this.#rowsOf(value)
    const [{ sql, params } = { sql: '', params: [] }] = this.#insertRows(this.#main, rows.get(this.#main) ?? [])
    const changed = this.#plainColumns().map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`)
    const action = changed.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${changed.join(', ')}`
    const key = namesText(this.#main.primaryKey.map(({ name }) => name))
    return [{ sql: `${sql} ON CONFLICT (${key}) ${action}`, params }, ...this.#replaceLists(rows)]
  }

  /** Changes the object with the key of `value` into `value`; does nothing when there is none and it has no lists. */
  update(value: unknown): Statement[] {
    const rows = this.#rowsOf(value)
    const row = rows.get(this.#main)?.[0] ?? new Map()
    const changed = this.#plainColumns()
    const lists = this.#replaceLists(rows)
    if (changed.length === 0) return lists
    const columns = [...changed, ...this.#main.primaryKey]
    const texts = columns.map(
      ({ name, type }, index) => `${quoted(name)} = ${parameter(index + 1, type, this.dialect)}`,
    )
    const [set, where] = [texts.slice(0, changed.length), texts.slice(changed.length)]
    const sql = `UPDATE ${quoted(this.#main.name)} SET ${set.join(', ')} WHERE ${where.join(' AND ')}`
    return [{ sql, params: columns.map((column) => row.get(column) ?? null) }, ...lists]
  }

  /** @param key An object that has the key's properties. */
  delete(key: unknown): Statement[] {
    const params = this.#keyOf(key)
    return this.tables.toReversed().map((table) => this.#deleteRows(table, params))
  }

  /** One query for each table, in the order in which read() takes their rows. */
  select(key: unknown): Statement[] {
    const params = this.#keyOf(key)
    return this.tables.map((table) => {
      const columns = table.columns.map(({ name, type }) => selected(name, type, this.dialect)).join(', ')
      const order = namesText(table.primaryKey.map(({ name }) => name))
      return {
        sql: `SELECT ${columns} FROM ${quoted(table.name)} WHERE ${this.#isKey(table)} ORDER BY ${order}`,
        params,
      }
    })
  }

  /** The object, or undefined when there is none. */
  read(results: readonly (readonly StoredRow[])[]): unknown {
    const row = results[0]?.[0]
    return row && new RowReader(this.tables, results).read(this.#root, row)
  }

  /** Can an object that is stored already be without the list at this pointer? */
  canBeMissing(pointer: string): boolean {
    const column = this.tables
      .flatMap(({ columns }) => columns)
      .find((each) => each.role === 'state' && each.pointer === pointer)
    return column?.checks.some((check) => check.kind === 'in' && check.values.includes(MISSING)) === true
  }

  #addIndices({ indices = [], unique = [], references = {} }: SqlOptions): void {
    const names = new Names(this.tables.map(({ name }) => name.toLowerCase()))
    const add = (pointers: readonly string[], isUnique: boolean) => {
      const columns = pointers.map((pointer) => this.#columnAt(pointer).name)
      if (columns.length === 0) throw noTable('an index needs a property')
      const name = names.take(this.#main.name, ...columns, isUnique ? 'unique' : 'index')
      this.#main.indices.push({ name, columns, unique: isUnique })
    }
    for (const pointers of indices) add(pointers, false)
    for (const pointers of unique) add(pointers, true)
    for (const [pointer, { table, column, onDelete = 'restrict' }] of Object.entries(references)) {
      if (!['cascade', 'restrict', 'set null'].includes(onDelete))
        throw noTable(`"${onDelete}" is no action of ON DELETE`)
      this.#main.references.push({ columns: [this.#columnAt(pointer).name], table, targets: [column], onDelete })
    }
  }

  #columnAt(pointer: string): Column {
    const found = this.#main.columns.find((column) => column.role === 'value' && column.pointer === pointer)
    if (!found) throw noTable(`there is no column for "${pointer}"`)
    return found
  }

  #rowsOf(value: unknown): ReadonlyMap<Table, readonly Row[]> {
    const writer = new RowWriter(this.dialect)
    writer.write(this.#root, this.#main, value)
    return writer.rows
  }

  #keyOf(key: unknown): SqlValue[] {
    const writer = new RowWriter(this.dialect)
    return this.#main.primaryKey.map((column) => writer.keyValue(column, isObject(key) ? key : {}))
  }

  #plainColumns(): Column[] {
    return this.#main.columns.filter((column) => !this.#main.primaryKey.includes(column))
  }

  #insertRows(table: Table, rows: readonly Row[]): Statement[] {
    const { columns } = table
    const atOnce = Math.floor(MOST_PARAMETERS / columns.length)
    const statements: Statement[] = []
    for (let first = 0; first < rows.length; first += atOnce) {
      const params: SqlValue[] = []
      const tuples = rows.slice(first, first + atOnce).map((row) => {
        const texts = columns.map((column) => {
          params.push(row.get(column) ?? null)
          return parameter(params.length, column.type, this.dialect)
        })
        return `(${texts.join(', ')})`
      })
      const names = namesText(columns.map(({ name }) => name))
      statements.push({ sql: `INSERT INTO ${quoted(table.name)} (${names}) VALUES ${tuples.join(', ')}`, params })
    }
    return statements
  }

  #replaceLists(rows: ReadonlyMap<Table, readonly Row[]>): Statement[] {
    const row = rows.get(this.#main)?.[0]
    const key = this.#main.primaryKey.map((column) => row?.get(column) ?? null)
    const lists = this.tables.slice(1)
    return [
      ...lists.toReversed().map((table) => this.#deleteRows(table, key)),
      ...lists.flatMap((table) => this.#insertRows(table, rows.get(table) ?? [])),
    ]
  }

  #deleteRows(table: Table, params: readonly SqlValue[]): Statement {
    return { sql: `DELETE FROM ${quoted(table.name)} WHERE ${this.#isKey(table)}`, params }
  }

  #isKey({ rootKey }: Table): string {
    return rootKey
      .map(({ name, type }, index) => `${quoted(name)} = ${parameter(index + 1, type, this.dialect)}`)
      .join(' AND ')
  }
}

function mainOf([main]: readonly Table[]): Table {
  if (!main) throw noTable('it has no table')
  return main
}
