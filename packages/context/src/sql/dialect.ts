import type { CustomSqlType } from '../custom-type.ts'
import { noTable } from './no-table.ts'

/** `sqlite` is Cloudflare D1 too. */
export type Dialect = 'sqlite' | 'postgresql'

/** What a statement may carry as a parameter. SQLite gets 0 and 1 for false and true. */
export type SqlValue = string | number | boolean | null

/** What a column holds. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'json' | CustomSqlType

const TYPES = {
  sqlite: { text: 'TEXT', integer: 'INTEGER', number: 'REAL', boolean: 'INTEGER', json: 'TEXT' },
  postgresql: { text: 'text', integer: 'bigint', number: 'double precision', boolean: 'boolean', json: 'json' },
} as const

/** The type as a column's definition has it. */
export function typeText(type: ColumnType, dialect: Dialect): string {
  return typeof type === 'string' ? TYPES[dialect][type] : type[dialect]
}

/** A name that cannot be anything but a name. @throws WonderError `no_table_for_schema` for a name that no database takes. */
export function quoted(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw noTable(`${JSON.stringify(name)} cannot be the name of a table or a column`)
  }
  return `"${name.replaceAll('"', '""')}"`
}

/** A constant in a definition; values of statements are parameters instead. */
export function literal(value: SqlValue, dialect: Dialect): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') {
    if (dialect === 'sqlite') return value ? '1' : '0'
    return value ? 'TRUE' : 'FALSE'
  }
  const text = `'${value.replaceAll("'", "''")}'`
  // A backslash in a plain PostgreSQL literal depends on a setting; in this form it does not.
  return dialect === 'postgresql' && value.includes('\\') ? `E${text.replaceAll('\\', '\\\\')}` : text
}

/** The parameter with this number, from 1. Its type is said, so that no driver guesses one. */
export function parameter(number: number, type: ColumnType, dialect: Dialect): string {
  if (dialect === 'sqlite') return '?'
  return type === 'json' ? `CAST($${number} AS text)::json` : `CAST($${number} AS ${typeText(type, dialect)})`
}

/** A column as it is read: JSON as text, for drivers would parse it. */
export function selected(name: string, type: ColumnType, dialect: Dialect): string {
  const column = quoted(name)
  return dialect === 'postgresql' && type === 'json' ? `${column}::text AS ${column}` : column
}

/** A text that every database keeps as it is. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
