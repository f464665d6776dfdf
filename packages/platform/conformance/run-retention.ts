import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunStatus } from '../src/index.ts'
import {
  indexEntry,
  recordsAfter,
  runEntity,
  runId,
  type StoreFixture,
  type StoreHarness,
  type StoreHost,
} from './store-harness.ts'

export function runRetentionConformance(harness: StoreHarness): void {
  describe(`RunRetention of ${harness.name}`, () => {
    let fixture: StoreFixture
    let host: StoreHost

    beforeEach(async () => {
      fixture = await harness.open()
      host = await fixture.host('A')
    })
    afterEach(() => fixture.end())

    const add = (number: number, status: RunStatus, more: { ended?: number; wake?: number } = {}) =>
      host.runs.append({
        entity: runEntity(runId(number)),
        expected: 0,
        records: recordsAfter(0, 3),
        wake: more.wake ?? null,
        index: indexEntry(runId(number), status, more.ended === undefined ? {} : { ended: more.ended }),
      })
    const ids = async (filter: Parameters<StoreHost['retention']['ended']>[0]) =>
      (await host.retention.ended(filter)).map(({ id }) => id)

    test('R1 ended() gives runs by the time of their end, oldest first', async () => {
      await add(1, 'completed', { ended: 300 })
      await add(2, 'failed', { ended: 100 })
      await add(3, 'cancelled', { ended: 200 })
      await add(4, 'timed_out', { ended: 400 })

      expect(await ids({ before: 400, keep: null })).toEqual([runId(2), runId(3), runId(1)])
      expect(await ids({ before: 401, keep: null, limit: 2 })).toEqual([runId(2), runId(3)])
      expect(await ids({ before: null, keep: null })).toEqual([])
    })

    test('R1 ended() gives those beyond the number that is kept', async () => {
      for (let n = 1; n <= 5; n++) await add(n, 'completed', { ended: 100 })

      expect(await ids({ before: null, keep: 3 })).toEqual([runId(1), runId(2)])
      expect(await ids({ before: null, keep: 5 })).toEqual([])
      expect(await ids({ before: null, keep: 0 })).toHaveLength(5)
    })

    test('R1 a run that is too old or too many is given', async () => {
      for (let n = 1; n <= 4; n++) await add(n, 'completed', { ended: n * 100 })

      expect(await ids({ before: 150, keep: 2 })).toEqual([runId(1), runId(2)])
      expect(await ids({ before: 350, keep: 3 })).toEqual([runId(1), runId(2), runId(3)])
    })

    test('R1 ended() goes on after the last run of a page, also where many ended at once', async () => {
      for (let n = 1; n <= 25; n++) await add(n, 'completed', { ended: n < 20 ? 100 : 200 })
      const seen: string[] = []
      for (let after: Awaited<ReturnType<StoreHost['retention']['ended']>>[number] | undefined; ; ) {
        const page = await host.retention.ended({ before: 1_000, keep: null, limit: 4, ...(after ? { after } : {}) })
        seen.push(...page.map(({ id }) => id))
        after = page.at(-1)
        if (after === undefined) break
      }

      expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => runId(n + 1)))
    })

    test('R1 runs that have not ended, and runs with a wake, are not given and do not count', async () => {
      await add(1, 'paused')
      await add(2, 'completed', { ended: 100, wake: 5 })
      await add(3, 'completed', { ended: 100 })

      expect(await ids({ before: 1_000_000, keep: null })).toEqual([runId(3)])
      expect(await ids({ before: null, keep: 1 })).toEqual([])
    })

    test('R2 purge() removes all that is kept of the runs', async () => {
      const entity = runEntity(runId(1))
      await add(1, 'completed', { ended: 100 })
      await add(2, 'completed', { ended: 100 })
      await host.runs.saveSnapshot(entity, { number: 2, chunks: ['state'] })
      await host.runs.archive(entity, { first: 1, last: 2, key: 'runs/x', size: 1 })

      expect(await host.retention.purge([runId(1)])).toEqual([runId(1)])

      expect(await host.runs.version(entity)).toBe(0)
      expect(await host.runs.read(entity, { after: 0 })).toEqual([])
      expect(await host.runs.snapshot(entity)).toBeNull()
      expect(await host.runs.segments(entity)).toEqual([])
      expect(await host.index.get(runId(1))).toBeNull()
      expect(await host.index.find(runId(1))).toEqual([])
      expect(await ids({ before: 1_000, keep: null })).toEqual([runId(2)])
      expect(await host.runs.read(runEntity(runId(2)), { after: 0 })).toEqual(recordsAfter(0, 3))
    })

    test('R2 purge() leaves runs that have not ended or have a wake, and says which are gone', async () => {
      await add(1, 'running')
      await add(2, 'completed', { ended: 100, wake: 1_000_000 })
      await add(3, 'completed', { ended: 100 })

      expect(await host.retention.purge([1, 2, 3, 4].map(runId))).toEqual([runId(3)])

      for (const n of [1, 2]) expect(await host.runs.version(runEntity(runId(n)))).toBe(3)
      expect(await host.retention.leftovers(10)).toEqual([runId(3)])
    })

    test('R2 what was purged can be made again from the beginning', async () => {
      await add(1, 'completed', { ended: 100 })
      await host.retention.purge([runId(1)])

      expect(await add(1, 'running')).toEqual({ status: 'appended' })

      expect(await host.runs.snapshot(runEntity(runId(1)))).toBeNull()
    })

    test('R3 a purged run is a leftover until it is forgotten, also after closing', async () => {
      for (const n of [1, 2, 3]) await add(n, 'failed', { ended: 100 })
      await host.retention.purge([1, 2, 3].map(runId))
      await host.close()
      const { retention } = await fixture.host('B')

      expect(await retention.leftovers(2)).toHaveLength(2)
      expect([...(await retention.leftovers(10))].sort()).toEqual([1, 2, 3].map(runId))
      await retention.forget([runId(1), runId(3)])
      expect(await retention.leftovers(10)).toEqual([runId(2)])
    })
  })
}
