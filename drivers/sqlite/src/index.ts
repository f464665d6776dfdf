export { openSqliteLogStore } from './open-sqlite-log-store.ts'
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './open-sqlite-store.ts'
