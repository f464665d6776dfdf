import { memoryBlobs } from '@wonder/driver-memory'
import type { Definition } from '@wonder/engine'
import type { Blobs } from '@wonder/platform'
import { expect, test } from 'vitest'
import { list } from '../test/definitions.ts'
import { World } from '../test/world.ts'
import { BlobCache, blobKey } from './blob-cache.ts'
import { DecisionValues } from './decision-values.ts'
import { DefinitionStore } from './definition-store.ts'
import { loadRun } from './load-run.ts'
import { OpenRun } from './open-run.ts'

const large = 'x'.repeat(200_000)

/** Its outputs look into what `a` gave. */
const looking: Definition = list(['a', 'b'], { outputs: { cel: 'size(tasks.a.output.text)' } })

/** Blobs that note the order of writing and may have lost what they had. */
class WatchedBlobs implements Blobs {
  readonly #blobs = memoryBlobs()
  readonly put: Blobs['put']
  readonly putStream = this.#blobs.putStream
  readonly has = this.#blobs.has
  readonly open = this.#blobs.open
  readonly list = this.#blobs.list
  readonly removeAll = this.#blobs.removeAll
  readonly keys: string[] = []
  readonly reads: string[] = []

  constructor() {
    this.put = async (key, content) => {
      await this.#blobs.put(key, content)
      this.keys.push(key)
    }
  }

  async get(key: string): Promise<Uint8Array | null> {
    this.reads.push(key)
    return this.#blobs.get(key)
  }
}

class WatchedWorld extends World {
  override readonly blobs = new WatchedBlobs()
}

test('a large result is in Blobs before its record is on disk', async () => {
  const world = new WatchedWorld()
  const host = world.open()
  const run = await host.start(looking)
  const message = await host.take()
  host.store.failNext(new Error('the process is gone'))

  await expect(host.complete(message, { text: large })).rejects.toThrow('the process is gone')

  expect(world.blobs.keys.filter((key) => key.startsWith(`runs/${run}/`))).toHaveLength(1)
  expect(world.entity(run).records).toHaveLength(1)
})

test('a record carries the marker of a large value, not the value', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(looking)

  await host.complete(await host.take(), { text: large })

  expect(world.entity(run).records[1]?.body.length).toBeLessThan(2_000)
  expect(world.events(run)).toContainEqual(
    expect.objectContaining({ type: 'task_completed', output: { text: { $blob: expect.any(String), size: 200_002 } } }),
  )
})

test('a new process goes on through large values', async () => {
  const world = new WatchedWorld()
  const host = world.open()
  const run = await host.start(looking)
  await host.complete(await host.take(), { text: large })

  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(world.end(run)).toMatchObject({ status: 'completed', output: 200_000 })
  expect(world.blobs.reads.filter((key) => key.startsWith('runs/'))).toHaveLength(1)
})

test('a missing value is store_corrupt with its name, and the run is as it was', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(looking)
  await host.complete(await host.take(), { text: large })
  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  const message = await next.take()
  const records = world.entity(run).records.length
  await world.blobs.removeAll(`runs/${run}`)

  await expect(next.complete(message, 1)).rejects.toMatchObject({
    code: 'store_corrupt',
    message: expect.stringMatching(/^Cannot go on with run ".+": its value sha256:[0-9a-f]{64} is missing$/),
  })

  expect(world.entity(run).records).toHaveLength(records)
  expect(await next.coordinator.command(run, { kind: 'pause' })).toEqual({ status: 'applied' })
})

test('the cache lets go of the values that were used least recently, and keeps within its room', async () => {
  const blobs = new WatchedBlobs()
  const cache = new BlobCache(blobs, 100)
  const value = (name: string) => ({ digest: name, text: JSON.stringify(name.repeat(40)), value: name.repeat(40) })
  await cache.store('r', value('a'))
  await cache.store('r', value('b'))
  cache.get('a')

  await cache.store('r', value('c'))

  expect(['a', 'b', 'c'].map((digest) => cache.has(digest))).toEqual([true, false, true])
  expect(await cache.load('r', 'b')).toBe('b'.repeat(40))
  expect(blobs.reads).toEqual([blobKey('r', 'b')])
  expect(['a', 'b', 'c'].map((digest) => cache.has(digest))).toEqual([false, true, true])
})

test('a value larger than the room is at hand until the next one comes', async () => {
  const cache = new BlobCache(memoryBlobs(), 10)
  await cache.store('r', { digest: 'a', text: JSON.stringify(large), value: large })
  expect(cache.get('a')).toBe(large)

  await cache.store('r', { digest: 'b', text: '1', value: 1 })

  expect([cache.has('a'), cache.has('b')]).toEqual([false, true])
})

test('a decision keeps all values that it has asked for, although the cache has room for one', async () => {
  const cache = new BlobCache(memoryBlobs(), 10)
  for (const digest of ['a', 'b', 'c']) {
    await cache.store('r', { digest, text: JSON.stringify(large), value: large })
  }
  const values = new DecisionValues('r', cache)

  await values.load(['a', 'b'])
  await values.load(['c'])

  expect(['a', 'b', 'c'].map((digest) => values.has(digest) && values.get(digest) === large)).toEqual([
    true,
    true,
    true,
  ])
})

test('a run goes on over more values than the cache has room for', async () => {
  const world = new World()
  const host = world.open()
  const outputs = { cel: 'size(tasks.a.output.text) + size(tasks.b.output.text)' }
  const run = await host.start(list(['a', 'b', 'c'], { outputs }))
  await host.complete(await host.take(), { text: large })
  await host.complete(await host.take(), { text: `${large}!` })
  const { token, attempt } = await host.take()
  const { clock, blobs } = world
  const ignore = () => undefined
  const small = new OpenRun(await loadRun(run, host.store, new DefinitionStore(blobs)), {
    runs: host.store,
    blobs: new BlobCache(blobs, 10),
    clock,
    onRecord: ignore,
    onEffects: ignore,
    onIdle: ignore,
    onFailed: ignore,
    onLong: ignore,
    planOf: () => Promise.reject(new Error('no run moves to another revision here')),
  })

  await small.submit({ kind: 'complete_task', token, attempt, output: 1 })

  expect(world.end(run)?.output).toBe(400_001)
})
