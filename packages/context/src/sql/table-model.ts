import type { ColumnType, SqlValue } from './dialect.ts'

/** How a part that may be absent says so: in a column of its own. */
export const MISSING = 0
export const NULL = 1
export const THERE = 2

/** What a column is for; together with the pointer it stays the same from one version of a schema to the next. */
export type Role = 'key' | 'index' | 'value' | 'state' | 'rest'

export type Column = {
  readonly name: string
  readonly type: ColumnType
  readonly role: Role
  /** JSON pointer of the property; items of a list have `/*`. */
  readonly pointer: string
  readonly notNull: boolean
  /** When this state column says that its object is there, the column has a value. */
  readonly neededBy?: Column
  readonly checks: readonly ColumnCheck[]
  readonly default?: SqlValue
  /** What NULL means, where there is no state column. */
  readonly nullMeans?: 'missing' | 'null'
}

export type ColumnCheck =
  | { readonly kind: 'length' | 'value'; readonly operator: '>=' | '<=' | '>' | '<'; readonly limit: number }
  | { readonly kind: 'multiple'; readonly of: number }
  | { readonly kind: 'in'; readonly values: readonly SqlValue[] }

export type Reference = {
  readonly columns: readonly string[]
  readonly table: string
  readonly targets: readonly string[]
  readonly onDelete: 'cascade' | 'restrict' | 'set null'
}

export type Index = { readonly name: string; readonly columns: readonly string[]; readonly unique: boolean }

export type Table = {
  readonly name: string
  /** Of the list that it holds; '' is the object itself. */
  readonly pointer: string
  readonly columns: Column[]
  readonly primaryKey: Column[]
  /** How many first columns of the key are the object's own key. */
  readonly rootKey: Column[]
  readonly references: Reference[]
  readonly indices: Index[]
}

/** How a part of the object is kept. */
export type Part = ScalarPart | JsonPart | RecordPart | ListPart

export type ScalarPart = {
  readonly kind: 'scalar'
  readonly column: Column
  readonly state: Column | undefined
}
/** NULL is a missing one; null is JSON's. */
export type JsonPart = { readonly kind: 'json'; readonly column: Column }
export type RecordPart = {
  readonly kind: 'record'
  readonly pointer: string
  readonly members: readonly (readonly [name: string, part: Part])[]
  /** Members that the schema does not name. */
  readonly rest: Column | undefined
  readonly state: Column | undefined
}
export type ListPart = {
  readonly kind: 'list'
  readonly pointer: string
  readonly table: Table
  readonly item: Part
  readonly state: Column | undefined
}
