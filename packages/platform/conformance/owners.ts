import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunStatus } from '../src/index.ts'
import {
  announced,
  indexEntry,
  recordsAfter,
  runEntity,
  runId,
  type StoreFixture,
  type StoreHarness,
  type StoreHost,
} from './store-harness.ts'

export function ownersConformance(harness: StoreHarness): void {
  describe(`Owners of ${harness.name}`, () => {
    let fixture: StoreFixture
    let a: StoreHost
    let b: StoreHost

    beforeEach(async () => {
      fixture = await harness.open()
      a = await announced(fixture, 'A')
      b = await announced(fixture, 'B')
    })
    afterEach(() => fixture.end())

    const write = (
      host: StoreHost,
      id: string,
      status: RunStatus = 'running',
      expected = 0,
      wake: number | null = null,
    ) =>
      host.runs.append({
        entity: runEntity(id),
        expected,
        records: recordsAfter(expected),
        wake,
        index: indexEntry(id, status),
      })
    const owner = async (id: string) => {
      const found = await a.owners.ownerOf(id)
      return found === null || found === 'gone' ? found : found.id
    }

    test('announce() makes a host known, and its repetition is a sign of life', async () => {
      fixture.advance(5_000)
      await a.owners.announce({ id: 'A', address: '/other.sock', pid: 1, role: 'run' })

      expect(await b.owners.hosts()).toEqual([
        { id: 'A', address: '/other.sock', pid: 1, role: 'run', seen: fixture.now() },
        { id: 'B', address: '/run/B.sock', pid: 1, role: 'start', seen: fixture.now() - 5_000 },
      ])
    })

    test('G1 of two hosts that claim a run at once one gets it', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, number) => write(a, runId(number))))
      await Promise.all(Array.from({ length: 20 }, (_, number) => a.owners.release(runId(number))))

      for (let number = 0; number < 20; number++) {
        const claims = await Promise.all([a.owners.claim(runId(number), null), b.owners.claim(runId(number), null)])

        expect(claims.filter(Boolean)).toHaveLength(1)
        expect(await owner(runId(number))).toBe(claims[0] ? 'A' : 'B')
      }
    })

    test('G1 claim() of a run that a live host owns fails, unless that host is named', async () => {
      await write(a, runId(1))

      expect(await b.owners.claim(runId(1), null)).toBe(false)
      expect(await b.owners.claim(runId(1), 'C')).toBe(false)
      expect(await b.owners.claim(runId(1), 'A')).toBe(true)
      expect(await owner(runId(1))).toBe('B')
    })

    test('G1 claim() of a run that does not exist or has ended fails', async () => {
      await write(a, runId(1), 'completed')

      expect(await b.owners.claim(runId(1), null)).toBe(false)
      expect(await b.owners.claim(runId(2), null)).toBe(false)
    })

    test('G2 a run is owned by the host whose append created it, also when another one appends later', async () => {
      await write(a, runId(1))
      await write(b, runId(1), 'waiting', 1)

      expect(await owner(runId(1))).toBe('A')
      expect(await owner(runId(2))).toBeNull()
    })

    test.each(['completed', 'failed', 'cancelled', 'timed_out'] as const)(
      'G2 a run that is %s has no owner',
      async (status) => {
        await write(a, runId(1))

        await write(a, runId(1), status, 1)

        expect(await owner(runId(1))).toBeNull()
        await b.owners.declareGone('A')
        expect(await b.owners.orphans(10)).toEqual([])
      },
    )

    test('G2 a run that was released has no owner, and only its owner can release it', async () => {
      await write(a, runId(1))

      await b.owners.release(runId(1))
      expect(await owner(runId(1))).toBe('A')

      await a.owners.release(runId(1))
      expect(await owner(runId(1))).toBeNull()
      expect(await b.owners.orphans(10)).toEqual([runId(1)])
    })

    test('leave() forgets the host and releases what it owns', async () => {
      await write(b, runId(1), 'running', 0, 5)
      await write(b, runId(2), 'paused')
      await write(a, runId(3))

      await b.owners.leave()

      expect((await a.owners.hosts()).map(({ id }) => id)).toEqual(['A'])
      expect(await a.owners.orphans(10)).toEqual([runId(1), runId(2)])
      expect(await owner(runId(1))).toBeNull()
      expect(await owner(runId(3))).toBe('A')
    })

    test('declareGone() makes the open runs of a host orphans that anyone can claim', async () => {
      await write(b, runId(1))
      await write(b, runId(2), 'completed')

      await a.owners.declareGone('B')

      expect((await a.owners.hosts()).map(({ id }) => id)).toEqual(['A'])
      expect(await a.owners.orphans(10)).toEqual([runId(1)])
      expect(['gone', null]).toContain(await owner(runId(1)))
      expect(await a.owners.claim(runId(1), null)).toBe(true)
      expect(await a.owners.orphans(10)).toEqual([])
      expect(await owner(runId(1))).toBe('A')
    })

    test('orphans() gives those that are awaited soonest first, and at most as many as asked for', async () => {
      await write(b, runId(1), 'paused')
      await write(b, runId(2), 'waiting', 0, 3_000)
      await write(b, runId(3), 'waiting', 0, 1_000)
      await write(a, runId(4), 'waiting', 0, 2_000)
      await write(a, runId(5), 'running', 0, 500)
      await a.owners.release(runId(4))

      await a.owners.declareGone('B')

      expect(await a.owners.orphans(10)).toEqual([runId(3), runId(4), runId(2), runId(1)])
      expect(await a.owners.orphans(2)).toEqual([runId(3), runId(4)])
    })

    test('orphans() of a store in which every owner lives are none', async () => {
      await write(a, runId(1))
      await write(b, runId(2))

      expect(await a.owners.orphans(10)).toEqual([])
    })

    test('G3 ownership does not protect a journal: the expected version does', async () => {
      await write(a, runId(1))

      const byOther = await write(b, runId(1), 'running', 1)
      const byOwner = await write(a, runId(1), 'running', 1)

      expect(byOther).toEqual({ status: 'appended' })
      expect(byOwner).toEqual({ status: 'stale', current: 2 })
    })
  })
}
