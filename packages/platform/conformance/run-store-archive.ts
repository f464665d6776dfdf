import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunStore } from '../src/index.ts'
import { recordsAfter, runEntity, runId, type StoreFixture, type StoreHarness } from './store-harness.ts'

/** G10 of RunStore. */
export function runStoreArchiveConformance(harness: StoreHarness): void {
  describe(`Segments of ${harness.name}`, () => {
    let fixture: StoreFixture
    let store: RunStore
    const entity = runEntity(runId(1))
    const segment = (first: number, last: number) => ({ first, last, key: `runs/x/segments/${first}`, size: last })

    beforeEach(async () => {
      fixture = await harness.open()
      store = (await fixture.host('A')).runs
      await store.append({ entity, expected: 0, records: recordsAfter(0, 20), wake: null })
      await store.saveSnapshot(entity, { number: 15, chunks: ['state'] })
    })
    afterEach(() => fixture.end())

    test('G10 archive() names the segment and takes its records out of the journal', async () => {
      expect(await store.archive(entity, segment(1, 10))).toBe(true)

      expect(await store.segments(entity)).toEqual([segment(1, 10)])
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(10, 10))
      expect(await store.read(entity, { after: 12, limit: 3 })).toEqual(recordsAfter(12, 3))
      expect(await store.version(entity)).toBe(20)
      expect(await store.snapshot(entity)).toEqual({ number: 15, chunks: ['state'] })
    })

    test('G10 appends go on after archive(), and a stale one is stale', async () => {
      await store.archive(entity, segment(1, 10))

      const append = () => store.append({ entity, expected: 20, records: recordsAfter(20), wake: null })

      expect(await append()).toEqual({ status: 'appended' })
      expect(await append()).toEqual({ status: 'stale', current: 21 })
    })

    test('G10 the next segment follows the one before', async () => {
      await store.archive(entity, segment(1, 10))

      expect(await store.archive(entity, segment(11, 15))).toBe(true)

      expect(await store.segments(entity)).toEqual([segment(1, 10), segment(11, 15)])
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(15, 5))
    })

    test('G10 the same segment twice is archived once', async () => {
      await store.archive(entity, segment(1, 10))

      expect(await store.archive(entity, segment(1, 10))).toBe(true)

      expect(await store.segments(entity)).toEqual([segment(1, 10)])
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(10, 10))
    })

    test.each([
      ['begins later than the journal', 2, 10],
      ['is empty', 1, 0],
      ['goes beyond the snapshot', 1, 16],
      ['goes beyond the journal', 1, 21],
    ])('G10 a segment that %s changes nothing', async (_, first, last) => {
      expect(await store.archive(entity, segment(first, last))).toBe(false)

      expect(await store.segments(entity)).toEqual([])
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(0, 20))
    })

    test('G10 a segment that overlaps another one changes nothing', async () => {
      await store.archive(entity, segment(1, 10))

      expect(await store.archive(entity, segment(1, 12))).toBe(false)
      expect(await store.archive(entity, segment(5, 12))).toBe(false)

      expect(await store.segments(entity)).toEqual([segment(1, 10)])
    })

    test('G10 the last record stays in the journal', async () => {
      await store.saveSnapshot(entity, { number: 20, chunks: ['state'] })

      expect(await store.archive(entity, segment(1, 20))).toBe(false)
      expect(await store.archive(entity, segment(1, 19))).toBe(true)

      expect(await store.version(entity)).toBe(20)
    })

    test('G10 without a snapshot, and without a journal, nothing is archived', async () => {
      const other = runEntity(runId(2))
      await store.append({ entity: other, expected: 0, records: recordsAfter(0, 5), wake: null })

      expect(await store.archive(other, segment(1, 2))).toBe(false)
      expect(await store.archive(runEntity(runId(3)), segment(1, 2))).toBe(false)
    })

    test('G10 segments survive closing, and other hosts see them', async () => {
      const other = (await fixture.host('B')).runs
      await store.archive(entity, segment(1, 10))

      expect(await other.segments(entity)).toEqual([segment(1, 10)])
      expect(await other.append({ entity, expected: 20, records: recordsAfter(20), wake: null })).toEqual({
        status: 'appended',
      })
      await store.close()
      expect(await (await fixture.host('C')).runs.read(entity, { after: 0 })).toEqual(recordsAfter(10, 11))
    })

    test('G10 of two hosts that archive at once one wins, and nothing is lost', async () => {
      const other = (await fixture.host('B')).runs

      const answers = await Promise.all([store.archive(entity, segment(1, 10)), other.archive(entity, segment(1, 12))])

      expect(answers.filter(Boolean)).toHaveLength(1)
      const [kept] = await store.segments(entity)
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(kept?.last ?? 0, 20 - (kept?.last ?? 0)))
    })

    test('G10 segments of entities do not mix', async () => {
      const other = runEntity(runId(2))
      await store.append({ entity: other, expected: 0, records: recordsAfter(0, 20), wake: null })

      await store.archive(entity, segment(1, 10))

      expect(await store.segments(other)).toEqual([])
      expect(await store.read(other, { after: 0 })).toEqual(recordsAfter(0, 20))
    })
  })
}
