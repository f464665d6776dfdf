import { memoryBlobs, memoryDisk, memoryLogStore, openMemoryStore, SimulatedClock } from '@wonder/driver-memory'
import type { RunStatus } from '@wonder/platform'
import { expect, test } from 'vitest'
import { Retention } from './retention.ts'

const day = 86_400_000

/** Ended runs `r1`, `r2`, …: each ended a day after the one before, and has a blob and a line of log. */
async function ended(count: number, statuses: readonly RunStatus[] = ['completed']) {
  const clock = new SimulatedClock()
  const start = clock.now()
  const store = openMemoryStore({ clock, disk: memoryDisk() })
  const blobs = memoryBlobs()
  const logs = memoryLogStore()
  for (let n = 1; n <= count; n++) {
    const id = `r${n}`
    const status = statuses[n % statuses.length] ?? 'completed'
    const ended = start + n * day
    const index = { id, workflow: 'w', project: 'p', status, parent: null, created: 0, updated: ended, ended, tags: [] }
    const entity = { kind: 'run', id } as const
    await store.runs.append({ entity, expected: 0, records: [{ number: 1, body: '{}' }], wake: null, index })
    await blobs.put(`runs/${id}/value`, 'x')
    logs.write([{ run: id, node: null, token: null, attempt: 1, time: 0, level: 'info', stream: 'log', text: 'said' }])
  }
  clock.advance(count * day)
  const parts = { retention: store.retention, index: store.index, blobs, logs, clock }
  const left = async () => (await store.index.list({ limit: 1_000 })).map(({ id }) => id).sort()
  return { start, store, blobs, logs, parts, retention: new Retention(parts), left }
}

test('runs that are too old or too many are removed with their blobs and logs', async () => {
  const { retention, blobs, logs, left } = await ended(9)

  expect(await retention.apply({ keepFor: 5 * day, keep: 3 })).toEqual({
    runs: ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'],
    count: 6,
  })

  expect(await left()).toEqual(['r7', 'r8', 'r9'])
  expect(await blobs.has('runs/r6/value')).toBe(false)
  expect(await blobs.has('runs/r7/value')).toBe(true)
  expect(await logs.query({ run: 'r6' })).toEqual([])
  expect(await logs.query({ run: 'r7' })).toHaveLength(1)
})

test('many runs are removed in batches, all of them', async () => {
  const { retention, left } = await ended(123)

  expect((await retention.prune({ keep: 2 })).count).toBe(121)

  expect(await left()).toEqual(['r122', 'r123'])
})

test('without settings nothing is removed', async () => {
  const { retention, left } = await ended(3)

  expect(await retention.apply({})).toEqual({ runs: [], count: 0 })

  expect(await left()).toHaveLength(3)
})

test('a dry run tells the same runs, and removes none', async () => {
  const { retention, left } = await ended(50)
  const would = await retention.prune({ keep: 10, dryRun: true })

  expect(await left()).toHaveLength(50)
  expect(await retention.prune({ keep: 10 })).toEqual(would)
})

test('only runs of a status are removed where one is given', async () => {
  const { retention, left } = await ended(6, ['completed', 'failed'])

  await retention.prune({ keep: 0, status: ['failed'] })

  expect(await left()).toEqual(['r2', 'r4', 'r6'])
})

test('what a crash left behind is removed by the next one', async () => {
  const { store, retention, blobs, logs } = await ended(2)
  await store.retention.purge(['r1'])

  await retention.apply({})

  expect(await blobs.has('runs/r1/value')).toBe(false)
  expect(await logs.query({ run: 'r1' })).toEqual([])
  expect(await store.retention.leftovers(10)).toEqual([])
})

test('stop() ends it between two batches', async () => {
  const { parts, left } = await ended(100)
  const stopping = new Retention({
    ...parts,
    logs: {
      remove: async (runs) => {
        await parts.logs.remove(runs)
        stopping.stop()
      },
    },
  })

  await stopping.prune({ keep: 0 })

  expect((await left()).length).toBe(80)
})
