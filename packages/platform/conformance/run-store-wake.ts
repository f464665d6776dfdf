import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunStore } from '../src/index.ts'
import {
  announced,
  collectWakes,
  indexEntry,
  recordsAfter,
  runEntity,
  runId,
  type StoreFixture,
  type StoreHarness,
  type StoreHost,
  sharedEntity,
} from './store-harness.ts'

/** G6 of RunStore. That something is not handed over is shown by a sentinel: an entity of a later wake that is. */
export function runStoreWakeConformance(harness: StoreHarness): void {
  describe(`Wakes of ${harness.name}`, () => {
    let fixture: StoreFixture
    let host: StoreHost
    const sentinel = runId(900)

    beforeEach(async () => {
      fixture = await harness.open()
      host = await announced(fixture, 'A')
    })
    afterEach(() => fixture.end())

    const append = (runs: RunStore, id: string, expected: number, wakeIn: number | null) => {
      const wake = wakeIn === null ? null : fixture.now() + wakeIn
      return runs.append({ entity: runEntity(id), expected, records: recordsAfter(expected), wake })
    }

    test('G6 an entity is handed over when its wake has come, not before', async () => {
      const wakes = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 1_000)
      await append(host.runs, sentinel, 0, 500)

      fixture.advance(999)
      await wakes.until(sentinel)
      expect(wakes.woken).toEqual([sentinel])

      fixture.advance(1)
      await wakes.until(runId(1))
    })

    test('G6 a wake that has come already is handed over soon', async () => {
      const wakes = collectWakes(host.runs)

      await append(host.runs, runId(1), 0, -5)

      await wakes.until(runId(1))
    })

    test('G6 entities that were due before the listener came are handed over, soonest first', async () => {
      for (const number of [3, 1, 2]) await append(host.runs, runId(number), 0, number)
      fixture.advance(10)

      const wakes = collectWakes(host.runs)

      await wakes.until(runId(3))
      expect(wakes.woken).toEqual([runId(1), runId(2), runId(3)])
    })

    test('G6 a thousand due entities are all handed over once', async () => {
      const ids = Array.from({ length: 1_000 }, (_, number) => runId(number))
      await Promise.all(ids.map((id) => append(host.runs, id, 0, 1)))
      await append(host.runs, runId(5_000), 0, 2)
      fixture.advance(2)

      const wakes = collectWakes(host.runs)

      await wakes.until(runId(5_000))
      expect(wakes.woken.sort()).toEqual([...ids, runId(5_000)])
    })

    test('G6 an earlier wake replaces a later one', async () => {
      const wakes = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 60_000)

      await append(host.runs, runId(1), 1, 10)

      fixture.advance(10)
      await wakes.until(runId(1))
    })

    test('G6 a wake of null ends the waiting', async () => {
      const wakes = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 10)
      await append(host.runs, runId(1), 1, null)
      await append(host.runs, sentinel, 0, 20)

      fixture.advance(20)

      await wakes.until(sentinel)
      expect(wakes.woken).toEqual([sentinel])
    })

    test('G6 an append without records stores exactly the wake it is given', async () => {
      const wakes = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 10)
      await host.runs.append({ entity: runEntity(runId(1)), expected: 1, records: [], wake: fixture.now() + 1_000 })
      await append(host.runs, sentinel, 0, 999)

      fixture.advance(999)
      await wakes.until(sentinel)
      expect(wakes.woken).toEqual([sentinel])

      fixture.advance(1)
      await wakes.until(runId(1))
    })

    test('G6 a later wake that came with records is not missed, although a call may come early', async () => {
      const wakes = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 10)
      await append(host.runs, runId(1), 1, 1_000)
      fixture.advance(10)
      await append(host.runs, sentinel, 0, -1)
      await wakes.until(sentinel)
      if (wakes.woken.includes(runId(1))) {
        await host.runs.append({ entity: runEntity(runId(1)), expected: 2, records: [], wake: fixture.now() + 990 })
        wakes.woken.length = 0
      }

      fixture.advance(990)

      await wakes.until(runId(1))
    })

    test('G6 an entity is handed over at each of its wakes', async () => {
      const wakes = collectWakes(host.runs)
      for (let expected = 0; expected < 5; expected++) {
        await append(host.runs, runId(1), expected, 10)
        fixture.advance(10)
        await wakes.until(runId(1))
        wakes.woken.length = 0
      }
    })

    test('G6 an entity whose owner did nothing is handed over again', async () => {
      const wakes = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 10)
      fixture.advance(10)
      await wakes.until(runId(1))
      wakes.woken.length = 0

      fixture.advance(60_000)

      await wakes.until(runId(1))
    })

    test('G6 wakes of a process that is gone are handed to another one', async () => {
      await append(host.runs, runId(1), 0, 1_000)
      await host.close()
      const other = await announced(fixture, 'B')
      const wakes = collectWakes(other.runs)

      await other.owners.declareGone('A')

      fixture.advance(60_000)
      await wakes.until(runId(1))
    })

    test('G6 an entity that another live host owns is not handed over', async () => {
      const other = await announced(fixture, 'B')
      const wakes = collectWakes(other.runs)
      await append(host.runs, runId(1), 0, 10)
      await append(other.runs, sentinel, 0, 20)

      fixture.advance(20)

      await wakes.until(sentinel)
      expect(wakes.woken).toEqual([sentinel])
    })

    test('G6 what all hosts share is handed to any of them, and its owner is nobody', async () => {
      const other = await announced(fixture, 'B')
      const wakes = collectWakes(other.runs)
      const wake = fixture.now() + 10
      await host.runs.append({ entity: sharedEntity('key'), expected: 0, records: recordsAfter(0), wake })
      await append(other.runs, sentinel, 0, 20)

      fixture.advance(60_000)

      await wakes.until('key')
      expect(wakes.kinds.get('key')).toBe('limit')
      expect(await other.owners.orphans(10)).toEqual([])
    })

    test('G6 a wake that was written by another process after the listener came is found', async () => {
      const other = await announced(fixture, 'B')
      const wakes = collectWakes(host.runs)
      await append(other.runs, runId(1), 0, 1_000)
      await other.owners.release(runId(1))

      fixture.advance(60_000)

      await wakes.until(runId(1))
    })

    test('G6 a finished run that still owes something is woken', async () => {
      const wakes = collectWakes(host.runs)
      const wake = fixture.now() + 10
      const index = indexEntry(runId(1), 'completed')
      await host.runs.append({ entity: runEntity(runId(1)), expected: 0, records: recordsAfter(0), wake, index })

      fixture.advance(10)

      await wakes.until(runId(1))
    })

    test('G6 nothing is handed to a listener that was stopped', async () => {
      const stopped = collectWakes(host.runs)
      await append(host.runs, runId(1), 0, 10)
      stopped.stop()

      fixture.advance(20)
      const wakes = collectWakes(host.runs)

      await wakes.until(runId(1))
      expect(stopped.woken).toEqual([])
    })
  })
}
