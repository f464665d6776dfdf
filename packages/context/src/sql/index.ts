export type { CustomSqlType, CustomType, CustomTypes } from '../custom-type.ts'
export type { Dialect, SqlValue } from './dialect.ts'
export type { StoredRow } from './row-reader.ts'
export { type SqlOptions, SqlTables, type Statement } from './sql-tables.ts'
