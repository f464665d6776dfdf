import type { Definition } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { each, list, retrying } from '../test/definitions.ts'
import { completed, failed, type Process, settled, World } from '../test/world.ts'

const full = () => new WonderError('store_full', 'Cannot append: the disk is full')
const strict = list(['a'], {
  input: { type: 'object', required: ['path'], properties: { path: { type: 'string' } } },
})

function startAs(host: Process, id: string, definition: Definition = list(['a'])): Promise<string> {
  return host.coordinator.start({ definition, input: {}, id })
}

/** Resolves in the turn in which the run is being begun. */
async function isBegun(host: Process, run: string): Promise<void> {
  for (let turns = 0; !host.coordinator.openRuns.includes(run); turns++) {
    if (turns > 1_000) throw new Error('it is not begun')
    await undefined
  }
}

test('two starts of one id make one run, and each is acknowledged after its first record is on disk', async () => {
  const world = new World()
  const host = world.open()
  let acknowledged = 0
  host.store.hold()
  const starts = [startAs(host, 'one'), startAs(host, 'one')]
  for (const start of starts) void start.then(() => acknowledged++)
  await settled()
  starts.push(startAs(host, 'one'))
  await settled()
  expect(acknowledged).toBe(0)

  host.store.release()

  expect(await Promise.all(starts)).toEqual(['one', 'one', 'one'])
  await host.work()
  expect(host.delivered).toHaveLength(1)
  expect(world.end('one')?.status).toBe('completed')
  expect(host.coordinator.openRuns).toEqual([])
})

test('a start of an id whose other start fails begins the run itself', async () => {
  const world = new World()
  const host = world.open()
  host.store.hold()
  host.store.failNext(full())
  const first = startAs(host, 'one')
  await isBegun(host, 'one')
  const second = startAs(host, 'one')
  await settled()
  host.store.release()

  await expect(first).rejects.toThrow('the disk is full')
  expect(await second).toBe('one')
  await host.work()
  expect(world.end('one')?.status).toBe('completed')
})

test('two starts of one id in two processes make one run', async () => {
  const world = new World()
  const hosts = [world.open(), world.open('other')]

  expect(await Promise.all(hosts.map((host) => startAs(host, 'one')))).toEqual(['one', 'one'])

  for (const host of hosts) await host.work()
  expect(world.end('one')?.status).toBe('completed')
  expect(world.events('one').filter(({ type }) => type === 'run_started')).toHaveLength(1)
})

test.for([
  { where: 'one process', others: ['host'] },
  { where: 'two processes', others: ['host', 'other'] },
])('of two starts with one key at once, in $where, one is the first', async ({ others }) => {
  const world = new World()
  const hosts = new Map(others.map((name) => [name, world.open(name)]))
  const [first, second = first] = [...hosts.values()]
  const request = { definition: list(['a']), input: {}, key: 'k' }

  const answers = await Promise.all([first, second].map((host) => host?.coordinator.startKeyed(request)))

  expect(answers.map((answer) => answer?.first).sort()).toEqual([false, true])
  expect(new Set(answers.map((answer) => answer?.run)).size).toBe(1)
})

test('a command to a run that is being begun is decided after its start', async () => {
  const world = new World()
  const host = world.open()
  host.store.hold()
  const starting = startAs(host, 'one')
  await isBegun(host, 'one')

  const paused = host.coordinator.command('one', { kind: 'pause' })
  await settled()
  host.store.release()

  expect(await paused).toEqual({ status: 'applied' })
  await starting
  expect(world.row('one')?.status).toBe('paused')
})

test('who waits for a run to rest whose start is refused learns that there is no such run', async () => {
  const host = new World().open()
  const starting = startAs(host, 'one', strict)
  starting.catch(() => undefined)
  await isBegun(host, 'one')

  const resting = host.coordinator.whenResting('one')

  await expect(starting).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(resting).rejects.toMatchObject({ code: 'run_not_found' })
})

test('a wake of a run whose start is refused stores nothing', async () => {
  const world = new World()
  const host = world.open()
  const starting = startAs(host, 'one', strict)
  starting.catch(() => undefined)
  await isBegun(host, 'one')

  await expect(host.coordinator.command('one', { kind: 'wake' })).rejects.toMatchObject({ code: 'run_not_found' })

  await expect(starting).rejects.toMatchObject({ code: 'invalid_input' })
  expect({ stored: world.disk.entities.has('one'), open: host.coordinator.openRuns }).toEqual({
    stored: false,
    open: [],
  })
})

test('a run that is begun while it is looked for keeps who began it, and its claims', async () => {
  const host = new World().open()
  const gate = Promise.withResolvers<void>()
  host.store.onSnapshotRead = async () => {
    await gate.promise
    return undefined
  }
  const looking = host.coordinator.command('one', { kind: 'wake' })
  await settled()
  await startAs(host, 'one')
  const message = await host.take()
  await host.claim(message, 'x')

  gate.resolve()

  expect(await looking).toEqual({ status: 'applied' })
  expect(await host.coordinator.results.heartbeat([message], 'x')).toEqual([])
  expect(await host.coordinator.results.claim(message, 'y')).toMatchObject({ status: 'held', by: 'x' })
})

test('a start that failed and is tried again leaves nothing of its first try', async () => {
  const world = new World()
  const host = world.open()
  host.store.failNext(full())
  await expect(startAs(host, 'one', list(['a', 'b']))).rejects.toThrow('the disk is full')
  await startAs(host, 'one', list(['a', 'b']))
  const first = await host.take()
  await world.open('other').complete(first, 'theirs')

  // Stale: the run is loaded again, and its tasks are the other's.
  expect(await host.complete(first, 'ours')).toEqual({ status: 'duplicate' })
  await settled()

  expect(host.messages).toEqual([])
})

test('a start that is tried again after it was stored is the same run, which goes on', async () => {
  const world = new World()
  const host = world.open()
  host.store.failNext(full(), 'after')
  await expect(startAs(host, 'one')).rejects.toThrow('the disk is full')

  expect(await startAs(host, 'one')).toBe('one')
  const resting = host.coordinator.whenResting('one')
  await host.work()

  expect(await resting).toBe('completed')
})

test('a wake that meets the end of its run changes nothing', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const resting = host.coordinator.whenResting(run)
  host.store.hold()
  const reported = host.complete(await host.take(), 1)
  await settled()

  const woken = [host.coordinator.command(run, { kind: 'wake' })]
  host.store.release()
  await reported
  woken.push(host.coordinator.command(run, { kind: 'wake' }))
  await Promise.all(woken)

  expect(await resting).toBe('completed')
  expect(world.entity(run)).toMatchObject({ wake: null, records: { length: 2 } })
  expect(host.coordinator.openRuns).toEqual([])
})

test('a wake of a run that is not there any more harms nobody', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  await host.report(await host.take(), failed())
  world.entity(run).records.length = 0

  world.clock.advance(1_000)
  await settled()

  expect(host.messages).toEqual([])
  expect(host.coordinator.openRuns).toEqual([])
})

test('who waits for a run to rest learns when it cannot be loaded again', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const message = await host.take()
  const resting = host.coordinator.whenResting(run)
  await world.open('other').coordinator.command(run, { kind: 'pause' })
  host.store.readError = new WonderError('store_busy', 'Cannot read: the store is locked')

  const outcomes = await Promise.allSettled([host.complete(message, 1), resting])

  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { code: 'store_busy' } },
    { status: 'rejected', reason: { code: 'store_busy' } },
  ])
  host.store.readError = null
  expect(await host.complete(message, 1)).toEqual({ status: 'accepted' })
})

test('a run that others keep writing to rejects the command, and takes the next', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  const { append } = host.store
  let tries = 0
  host.store.append = async () => {
    tries += 1
    return { status: 'stale', current: 99 }
  }

  await expect(host.complete(message, 1)).rejects.toMatchObject({ code: 'stale_version' })
  expect(tries).toBe(3)

  host.store.append = append
  expect(await host.complete(message, 1)).toEqual({ status: 'accepted' })
  expect(world.end(run)?.status).toBe('completed')
})

test('close() leaves what is being begun and loaded to its end', async () => {
  const world = new World()
  const before = world.open('before')
  const old = await before.start(list(['a']))
  const host = world.open()
  host.store.hold()
  const starting = startAs(host, 'one')
  const paused = host.coordinator.command(old, { kind: 'pause' })
  await settled()

  host.coordinator.close()
  host.store.release()

  expect(await starting).toBe('one')
  expect(await paused).toEqual({ status: 'applied' })
  await Promise.all([host.coordinator.whenArchived(), host.coordinator.whenKept()])
})

test('a fork whose values cannot be copied begins nothing and leaves nothing', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b', 'c']))
  await host.work(({ node }) => completed(node.repeat(100_000)))
  const { open } = world.blobs
  let copied = 0
  Object.assign(world.blobs, { open: async (key: string) => (copied++ > 0 ? null : await open(key)) })
  const stored = new Set(await world.blobs.list('runs'))

  await expect(host.coordinator.fork({ run, record: 3 })).rejects.toMatchObject({ code: 'store_corrupt' })

  expect((await world.blobs.list('runs')).filter((key) => !stored.has(key))).toEqual([])
  expect({ runs: world.runs(), open: host.coordinator.openRuns }).toEqual({ runs: [run], open: [] })
})

test('a result that comes to be known after its run has ended is nobody’s', async () => {
  const world = new World()
  const host = world.open()
  const items = ['a', 'b']
  const first = await host.start(each(), { items })
  await host.work(() => completed('x'.repeat(100_000)))
  const gate = Promise.withResolvers<void>()
  const next = world.open()
  const { get } = world.blobs
  Object.assign(world.blobs, {
    get: async (key: string) => {
      if (key.startsWith(`runs/${first}/`)) await gate.promise
      return await get(key)
    },
  })
  const run = await next.coordinator.start({ definition: each(), input: { items }, reuse: first })
  await settled()
  await next.coordinator.command(run, { kind: 'cancel' })
  expect(world.end(run)?.status).toBe('cancelled')

  gate.resolve()
  await settled()

  expect({ delivered: next.delivered, open: next.coordinator.openRuns }).toEqual({ delivered: [], open: [] })
  expect(world.events(run).at(-1)).toMatchObject({ type: 'run_ended', status: 'cancelled' })
})
