import { noPostgres, type PostgresServer, postgresServer } from '@wonder/test'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, postgresDatabase, sqliteDatabase } from '../../test/database.ts'
import { storedObject } from '../../test/stored-object.ts'
import { compile } from '../schema.ts'
import { SqlTables } from './sql-tables.ts'

const why = noPostgres()
let server: PostgresServer | undefined
const databases = new Map<string, Database>()

beforeAll(async () => {
  databases.set('sqlite', sqliteDatabase())
  if (why !== undefined) return
  server = await postgresServer()
  databases.set('postgresql', postgresDatabase(server))
})

afterAll(async () => {
  for (const database of databases.values()) await database[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

const placements = fc.record({
  objects: fc.constantFrom('flatten' as const, 'json' as const),
  arrays: fc.constantFrom('table' as const, 'json' as const),
})

describe.each([
  { dialect: 'sqlite' as const, reason: undefined, numRuns: 300 },
  { dialect: 'postgresql' as const, reason: why, numRuns: 100 },
])('in $dialect', ({ dialect, reason, numRuns }) => {
  test.skipIf(reason)(`any object comes back as it was${reason ? ` (${reason})` : ''}`, async () => {
    const database = databases.get(dialect)
    if (!database) throw new Error('There is no database')
    const cases = storedObject().chain(({ schema, values }) =>
      fc.record({ schema: fc.constant(schema), first: values, second: values, placement: placements }),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, first, second, placement }) => {
        expect(compile(schema).check(first)).toEqual({ ok: true, value: first })
        const tables = new SqlTables(schema, { name: 'thing', dialect, ...placement })
        const stored = async (of: unknown) => tables.read(await database.run(tables.select(of)))
        await database.clear()
        await database.run(tables.create())

        await database.run(tables.insert(first))
        expect(await stored(first)).toEqual(first)

        const changed = { ...(second as object), id: (first as { id: string }).id }
        await database.run(tables.update(changed))
        expect(await stored(first)).toEqual(changed)

        await database.run(tables.upsert(first))
        await database.run(tables.upsert(second))
        expect(await stored(second)).toEqual(second)

        await database.run(tables.delete(second))
        expect(await stored(second)).toBeUndefined()
      }),
      { numRuns },
    )
  })
})
