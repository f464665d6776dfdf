import { noPostgres, type PostgresServer, postgresServer } from '@wonder/test'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Database, postgresDatabase, sqliteDatabase } from './database.ts'

/** Runs tests on SQLite and, where it is installed, on PostgreSQL; elsewhere those are skipped with the reason. */
export function inBothDatabases(claims: (claim: Claim, dialect: Database['dialect']) => void): void {
  const why = noPostgres()
  describe.each(['sqlite', 'postgresql'] as const)('in %s', (dialect) => {
    const reason = dialect === 'postgresql' ? why : undefined
    let server: PostgresServer | undefined
    let database: Database | undefined
    beforeAll(async () => {
      if (dialect === 'sqlite') database = sqliteDatabase()
      else if (reason === undefined) {
        server = await postgresServer()
        database = postgresDatabase(server)
      }
    })
    afterAll(async () => {
      await database?.[Symbol.asyncDispose]()
      await server?.[Symbol.asyncDispose]()
    })
    claims((name, body) => {
      test.skipIf(reason)(`${name}${reason ? ` (${reason})` : ''}`, async () => {
        if (!database) throw new Error('There is no database')
        await database.clear()
        await body(database)
      })
    }, dialect)
  })
}

type Claim = (name: string, body: (database: Database) => Promise<void>) => void
