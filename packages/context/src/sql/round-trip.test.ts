import fc from 'fast-check'
import { expect } from 'vitest'
import { inBothDatabases } from '../../test/both-databases.ts'
import { storedObject } from '../../test/stored-object.ts'
import { compile } from '../schema.ts'
import { SqlTables } from './sql-tables.ts'

const placements = fc.record({
  objects: fc.constantFrom('flatten' as const, 'json' as const),
  arrays: fc.constantFrom('table' as const, 'json' as const),
})

inBothDatabases((claim, dialect) => {
  claim('any object comes back as it was', async (database) => {
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
      { numRuns: dialect === 'sqlite' ? 300 : 100 },
    )
  })
})
