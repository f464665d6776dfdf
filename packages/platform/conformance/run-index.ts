import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunIndexEntry } from '../src/index.ts'
import {
  indexEntry,
  recordsAfter,
  runEntity,
  runId,
  type StoreFixture,
  type StoreHarness,
  type StoreHost,
} from './store-harness.ts'

export function runIndexConformance(harness: StoreHarness): void {
  describe(`RunIndex of ${harness.name}`, () => {
    let fixture: StoreFixture
    let host: StoreHost

    beforeEach(async () => {
      fixture = await harness.open()
      host = await fixture.host('A')
    })
    afterEach(() => fixture.end())

    const write = (entry: RunIndexEntry, expected = 0) =>
      host.runs.append({
        entity: runEntity(entry.id),
        expected,
        records: recordsAfter(expected),
        wake: null,
        index: entry,
      })
    const ids = (entries: readonly RunIndexEntry[]) => entries.map(({ id }) => id)

    test('get() of a run that is not there is null', async () => {
      expect(await host.index.get(runId(1))).toBeNull()
      expect(await host.index.list({})).toEqual([])
    })

    test('G1 a row is there when its append is acknowledged, with every field', async () => {
      const entry = indexEntry(runId(1), 'failed', { parent: runId(0), tags: ['ä', '"quoted"', ''], ended: 7_000 })

      await write(entry)

      expect(await host.index.get(runId(1))).toEqual(entry)
      expect(await host.index.list({})).toEqual([entry])
    })

    test('G1 a later append replaces the row, an append without one leaves it', async () => {
      await write(indexEntry(runId(1), 'queued'))
      await write(indexEntry(runId(1), 'running', { updated: 3, tags: ['a'] }), 1)
      await write(indexEntry(runId(1), 'running', { updated: 4, tags: ['b'] }), 2)
      await host.runs.append({ entity: runEntity(runId(1)), expected: 3, records: recordsAfter(3), wake: null })

      expect(await host.index.get(runId(1))).toEqual(indexEntry(runId(1), 'running', { updated: 4, tags: ['b'] }))
    })

    test('G1 a stale append leaves the row as it is', async () => {
      await write(indexEntry(runId(1), 'queued'))

      await write(indexEntry(runId(1), 'failed'))

      expect((await host.index.get(runId(1)))?.status).toBe('queued')
    })

    test('G1 a row of one host is seen by another', async () => {
      const other = await fixture.host('B')
      await write(indexEntry(runId(1), 'running'))

      expect(ids(await other.index.list({ status: ['running'] }))).toEqual([runId(1)])
    })

    test('G2 list() gives the newest first, 50 unless told otherwise, in pages', async () => {
      await Promise.all(Array.from({ length: 70 }, (_, number) => write(indexEntry(runId(number), 'running'))))

      const first = ids(await host.index.list({}))
      const second = ids(await host.index.list({ before: first.at(-1) ?? '' }))

      expect(first).toHaveLength(50)
      expect([...first, ...second]).toEqual(Array.from({ length: 70 }, (_, number) => runId(69 - number)))
      expect(ids(await host.index.list({ limit: 2 }))).toEqual([runId(69), runId(68)])
    })

    test('G2 list() filters by status and workflow, each alone and both, in pages', async () => {
      const statuses = ['running', 'failed', 'completed'] as const
      const all = Array.from({ length: 60 }, (_, number) =>
        indexEntry(runId(number), statuses[number % 3] ?? 'running', { workflow: number % 2 === 0 ? 'even' : 'odd' }),
      )
      await Promise.all(all.map((entry) => write(entry)))
      const newestFirst = all.toReversed()

      for (const status of [undefined, ['running'], ['failed', 'completed'], ['paused'], []] as const) {
        for (const workflow of [undefined, 'even', 'odd', 'none']) {
          for (const before of [undefined, runId(31)]) {
            const expected = newestFirst
              .filter((entry) => status === undefined || status.some((one) => one === entry.status))
              .filter((entry) => workflow === undefined || entry.workflow === workflow)
              .filter((entry) => before === undefined || entry.id < before)
            const filter = { ...(status && { status }), ...(workflow && { workflow }), ...(before && { before }) }

            expect(await host.index.list({ ...filter, limit: 7 })).toEqual(expected.slice(0, 7))
            expect(await host.index.list({ ...filter, limit: 100 })).toEqual(expected)
          }
        }
      }
    })

    test('G2 list() gives the runs that one ordered, and those that none did, with every other filter', async () => {
      const all = Array.from({ length: 12 }, (_, number) =>
        indexEntry(runId(number), number % 2 === 0 ? 'running' : 'failed', {
          workflow: number < 6 ? 'first' : 'second',
          parent: number % 3 === 0 ? null : runId(number % 3),
        }),
      )
      await Promise.all(all.map((entry) => write(entry)))

      for (const parent of [null, runId(1), runId(2), runId(3)]) {
        for (const status of [undefined, ['running'], ['failed', 'running']] as const) {
          for (const workflow of [undefined, 'first']) {
            const expected = all
              .toReversed()
              .filter((entry) => entry.parent === parent)
              .filter((entry) => status === undefined || status.some((one) => one === entry.status))
              .filter((entry) => workflow === undefined || entry.workflow === workflow)
            const filter = { parent, ...(status && { status }), ...(workflow && { workflow }) }

            expect(await host.index.list(filter)).toEqual(expected)
            expect(await host.index.list({ ...filter, limit: 2 })).toEqual(expected.slice(0, 2))
            const before = runId(7)
            expect(await host.index.list({ ...filter, before })).toEqual(expected.filter(({ id }) => id < before))
          }
        }
      }
    })

    test('G2 list() follows a run from status to status', async () => {
      await write(indexEntry(runId(1), 'running'))
      await write(indexEntry(runId(1), 'completed'), 1)

      expect(await host.index.list({ status: ['running'] })).toEqual([])
      expect(ids(await host.index.list({ status: ['completed'] }))).toEqual([runId(1)])
    })

    test('G3 find() knows a full id, a unique beginning, and says when it is not unique', async () => {
      for (const id of ['01KAAAA', '01KAAAB', '01KB', '01KBC']) await write(indexEntry(id, 'running'))

      expect(await host.index.find('01KAAAA')).toEqual(['01KAAAA'])
      expect(await host.index.find('01KAAAB')).toEqual(['01KAAAB'])
      expect(await host.index.find('01KB')).toEqual(['01KB'])
      expect(await host.index.find('01KA')).toEqual(['01KAAAA', '01KAAAB'])
      expect(await host.index.find('01KBC')).toEqual(['01KBC'])
      expect(await host.index.find('01KC')).toEqual([])
      expect(await host.index.find('')).toHaveLength(2)
      expect(await host.index.find('%')).toEqual([])
    })
  })
}
