import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalRecord, RunStore } from '../src/index.ts'
import {
  indexEntry,
  recordsAfter,
  runEntity,
  runId,
  type StoreFixture,
  type StoreHarness,
  sharedEntity,
} from './store-harness.ts'

/** G1 to G5 and G7 of RunStore; wakes (G6) are in run-store-wake.ts, crashes and full disks (G8, G9) in the drivers' own tests. */
export function runStoreConformance(harness: StoreHarness): void {
  describe(`RunStore of ${harness.name}`, () => {
    let fixture: StoreFixture
    let store: RunStore
    const entity = runEntity(runId(1))

    beforeEach(async () => {
      fixture = await harness.open()
      store = (await fixture.host('A')).runs
    })
    afterEach(() => fixture.end())

    test('an entity without records has version 0, no records and no snapshot', async () => {
      expect(await store.version(entity)).toBe(0)
      expect(await store.read(entity, { after: 0 })).toEqual([])
      expect(await store.snapshot(entity)).toBeNull()
    })

    test('G1 append() stores all records of a request', async () => {
      const answer = await store.append({ entity, expected: 0, records: recordsAfter(0, 500), wake: null })

      expect(answer).toEqual({ status: 'appended' })
      expect(await store.version(entity)).toBe(500)
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(0, 500))
    })

    test('G1 append() refuses records whose numbers do not follow, and stores none of them', async () => {
      const records = [...recordsAfter(0, 2), { number: 4, body: 'gap' }]

      await expect(store.append({ entity, expected: 0, records, wake: null })).rejects.toMatchObject({
        code: 'invariant_broken',
      })
      expect(await store.version(entity)).toBe(0)
    })

    test('G1 append() without records stores the index row alone', async () => {
      const host = await fixture.host('B')
      await store.append({ entity, expected: 0, records: recordsAfter(0), wake: null })

      await store.append({ entity, expected: 1, records: [], wake: null, index: indexEntry(entity.id, 'paused') })

      expect(await store.version(entity)).toBe(1)
      expect((await host.index.get(entity.id))?.status).toBe('paused')
    })

    test('G2 acknowledged records are there after the store was closed and opened again', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 3), wake: null })
      await store.close()

      const reopened = (await fixture.host('B')).runs

      expect(await reopened.read(entity, { after: 0 })).toEqual(recordsAfter(0, 3))
      expect(await reopened.append({ entity, expected: 3, records: recordsAfter(3), wake: null })).toEqual({
        status: 'appended',
      })
    })

    test('G2 close() waits for appends that are under way', async () => {
      const appends = Array.from({ length: 20 }, (_, n) =>
        store.append({ entity: runEntity(runId(n)), expected: 0, records: recordsAfter(0), wake: null }),
      )

      await store.close()

      expect(await Promise.all(appends)).toEqual(appends.map(() => ({ status: 'appended' })))
    })

    test('G2 append() after close() is an error', async () => {
      await store.close()

      await expect(store.append({ entity, expected: 0, records: recordsAfter(0), wake: null })).rejects.toMatchObject({
        code: 'store_unavailable',
      })
    })

    test.each([0, 1, 3, 9])(
      'G3 append() at version %d of a journal of two is stale and stores nothing',
      async (expected) => {
        const host = await fixture.host('B')
        await store.append({ entity, expected: 0, records: recordsAfter(0, 2), wake: null })

        const answer = await store.append({
          entity,
          expected,
          records: recordsAfter(expected),
          wake: 5,
          index: indexEntry(entity.id, 'running'),
        })

        expect(answer).toEqual({ status: 'stale', current: 2 })
        expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(0, 2))
        expect(await host.index.get(entity.id)).toBeNull()
      },
    )

    test('G3 append() without records at a wrong version is stale', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 2), wake: null })

      expect(await store.append({ entity, expected: 1, records: [], wake: null })).toEqual({
        status: 'stale',
        current: 2,
      })
    })

    test('G3 a host learns of what another host wrote', async () => {
      const other = (await fixture.host('B')).runs
      await store.append({ entity, expected: 0, records: recordsAfter(0), wake: null })
      await other.append({ entity, expected: 1, records: recordsAfter(1, 2), wake: null })

      expect(await store.append({ entity, expected: 1, records: recordsAfter(1), wake: null })).toEqual({
        status: 'stale',
        current: 3,
      })
      expect(await store.append({ entity, expected: 3, records: recordsAfter(3), wake: null })).toEqual({
        status: 'appended',
      })
    })

    test('G4 of several appends at one version exactly one is stored', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => store.append({ entity, expected: 0, records: recordsAfter(0), wake: null })),
      )

      expect(answers.filter(({ status }) => status === 'appended')).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 'stale')).toHaveLength(19)
      expect(await store.version(entity)).toBe(1)
    })

    test('G4 a stale append among many does not disturb the others', async () => {
      await store.append({ entity: runEntity(runId(7)), expected: 0, records: recordsAfter(0), wake: null })

      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          store.append({ entity: runEntity(runId(n)), expected: 0, records: recordsAfter(0, 2), wake: null }),
        ),
      )

      expect(answers.flatMap(({ status }, n) => (status === 'stale' ? [n] : []))).toEqual([7])
      expect(await store.version(runEntity(runId(199)))).toBe(2)
    })

    test('G4 appends of one entity that follow one another may be under way together', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          store.append({ entity, expected: n, records: recordsAfter(n), wake: null }),
        ),
      )

      expect(answers.every(({ status }) => status === 'appended')).toBe(true)
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(0, 50))
    })

    test('G4 two hosts that write to one entity take turns: every version has one writer', async () => {
      const other = (await fixture.host('B')).runs
      const write = async (runs: RunStore, name: string) => {
        const written: JournalRecord[] = []
        for (let expected = 0; expected < 30; ) {
          const record = { number: expected + 1, body: `${name}${expected + 1}` }
          const answer = await runs.append({ entity, expected, records: [record], wake: null })
          if (answer.status === 'appended') written.push(record)
          expected = answer.status === 'appended' ? expected + 1 : answer.current
        }
        return written
      }

      const written = await Promise.all([write(store, 'A'), write(other, 'B')])

      const inOrder = written.flat().sort((a, b) => a.number - b.number)
      expect(inOrder.map(({ number }) => number)).toEqual(recordsAfter(0, 30).map(({ number }) => number))
      expect(await store.read(entity, { after: 0 })).toEqual(inOrder)
    })

    test('G5 bodies come back as they were, whatever text they are', async () => {
      const bodies = [
        '',
        '{}',
        ' \n\t',
        'ä€𝄞👩‍👩‍👧',
        '\u0000in\u0000side\u0000',
        "'; DROP TABLE journal; --",
        'x'.repeat(1_500_000),
      ]
      const records = bodies.map((body, place) => ({ number: place + 1, body }))

      await store.append({ entity, expected: 0, records, wake: null })

      expect(await store.read(entity, { after: 0 })).toEqual(records)
    })

    test('G5 read() starts after the given record and stops at the limit', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 10), wake: null })

      expect(await store.read(entity, { after: 4, limit: 3 })).toEqual(recordsAfter(4, 3))
      expect(await store.read(entity, { after: 8, limit: 100 })).toEqual(recordsAfter(8, 2))
      expect(await store.read(entity, { after: 10 })).toEqual([])
    })

    test('G5 read() gives 1,000 records unless told otherwise, and as many as it is told', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 2_500), wake: null })

      expect(await store.read(entity, { after: 0 })).toHaveLength(1_000)
      expect(await store.read(entity, { after: 0, limit: 2_400 })).toEqual(recordsAfter(0, 2_400))
    })

    test('G5 journals of entities do not mix', async () => {
      const ids = ['x', 'x/1', 'X', 'x%', 'x_', 'é', 'e\u0301', 'y'.repeat(200)]
      for (const id of ids) {
        await store.append({ entity: runEntity(id), expected: 0, records: [{ number: 1, body: id }], wake: null })
      }

      for (const id of ids) expect(await store.read(runEntity(id), { after: 0 })).toEqual([{ number: 1, body: id }])
    })

    test('G7 saveSnapshot() replaces the snapshot as a whole, also by a shorter one', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 9), wake: null })
      await store.saveSnapshot(entity, { number: 4, chunks: ['a', 'b', 'c'] })

      await store.saveSnapshot(entity, { number: 9, chunks: ['d'] })

      expect(await store.snapshot(entity)).toEqual({ number: 9, chunks: ['d'] })
    })

    test('G7 a snapshot of several large chunks survives closing', async () => {
      const chunks = ['a', 'b', 'c'].map((letter) => letter.repeat(1024 * 1024))
      await store.append({ entity, expected: 0, records: recordsAfter(0, 2), wake: null })
      await store.saveSnapshot(entity, { number: 2, chunks })
      await store.close()

      expect(await (await fixture.host('B')).runs.snapshot(entity)).toEqual({ number: 2, chunks })
    })

    test('G7 a snapshot leaves the journal as it is', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 3), wake: null })

      await store.saveSnapshot(entity, { number: 3, chunks: ['state'] })

      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(0, 3))
    })

    test('G7 saveSnapshot() that drops records keeps the last one, the version and what follows', async () => {
      await store.append({ entity, expected: 0, records: recordsAfter(0, 9), wake: null })
      await store.saveSnapshot(entity, { number: 6, chunks: ['six'] }, { dropRecords: true })

      expect(await store.version(entity)).toBe(9)
      expect(await store.read(entity, { after: 6 })).toEqual(recordsAfter(6, 3))
      expect(await store.read(entity, { after: 7, limit: 1 })).toEqual(recordsAfter(7, 1))

      await store.saveSnapshot(entity, { number: 9, chunks: ['nine'] }, { dropRecords: true })
      await store.append({ entity, expected: 9, records: recordsAfter(9), wake: null })

      expect(await store.version(entity)).toBe(10)
      expect(await store.snapshot(entity)).toEqual({ number: 9, chunks: ['nine'] })
      expect(await store.read(entity, { after: 0 })).toEqual(recordsAfter(8, 2))
    })

    test('G3 kinds do not mix, and hosts share what is no run', async () => {
      const other = (await fixture.host('B')).runs
      await store.append({ entity: runEntity('x'), expected: 0, records: recordsAfter(0), wake: null })
      await store.append({ entity: sharedEntity('x'), expected: 0, records: recordsAfter(0, 2), wake: null })
      await store.append({ entity: { kind: 'key', id: 'x' }, expected: 0, records: recordsAfter(0, 3), wake: null })

      expect(
        await other.append({ entity: sharedEntity('x'), expected: 1, records: recordsAfter(1), wake: null }),
      ).toEqual({ status: 'stale', current: 2 })
      expect(
        await other.append({ entity: sharedEntity('x'), expected: 2, records: recordsAfter(2), wake: null }),
      ).toEqual({ status: 'appended' })
      expect(await store.version(runEntity('x'))).toBe(1)
      expect(await store.version(sharedEntity('x'))).toBe(3)
      expect(await store.version({ kind: 'key', id: 'x' })).toBe(3)
    })

    test('G11 entities() gives every id of its kind once, page by page', async () => {
      const ids = ['b', 'a/1', 'a', 'é', 'c%']
      for (const id of ids) {
        await store.append({ entity: sharedEntity(id), expected: 0, records: recordsAfter(0), wake: null })
      }
      await store.append({ entity: { kind: 'budget', id: 'demo' }, expected: 0, records: recordsAfter(0), wake: null })
      await store.append({ entity, expected: 0, records: recordsAfter(0), wake: null })

      const seen: string[] = []
      for (;;) {
        const last = seen.at(-1)
        const page = await store.entities('limit', { limit: 2, ...(last === undefined ? {} : { after: last }) })
        if (page.length === 0) break
        seen.push(...page)
      }

      expect(seen.toSorted()).toEqual(ids.toSorted())
      expect(await store.entities('budget')).toEqual(['demo'])
      expect(await store.entities('key')).toEqual([])
    })

    test('G7 saveSnapshot() of an entity that has no journal is an error', async () => {
      await expect(store.saveSnapshot(entity, { number: 0, chunks: ['state'] })).rejects.toThrow('no journal')
    })
  })
}
