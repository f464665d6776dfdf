import { canonicalJson } from '@wonder/crypto'
import { closureDigest } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { RunIndexEntry } from '@wonder/platform'
import { expect, test } from 'vitest'
import { asking, each, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'
import { DefinitionStore, definitionKey } from './definition-store.ts'

test('a list runs to its outputs', async () => {
  const world = new World()
  const host = world.open()

  const run = await host.start(list(['a', 'b', 'c']))
  await host.work()

  expect(await host.coordinator.whenResting(run)).toBe('completed')
  expect(world.end(run)?.output).toEqual({ a: { did: 'a' }, b: { did: 'b' }, c: { did: 'c' } })
  expect(host.coordinator.openRuns).toEqual([])
})

test('a step of a list is one record', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b', 'c']))

  await host.work()

  expect(world.entity(run).records).toHaveLength(4)
})

test('an each of a thousand branches leaves in one message to the queue, and ends', async () => {
  const world = new World()
  const host = world.open()
  const items = Array.from({ length: 1_000 }, (_, i) => i)

  const run = await host.start(each(), { items })
  await settled()
  expect(host.messages).toHaveLength(1_000)
  await host.work()

  expect(world.end(run)?.output).toEqual({ e: items.map((did) => ({ did })) })
})

test('an each of more branches than a record has room for goes on by itself', async () => {
  const world = new World()
  const host = world.open()
  const items = Array.from({ length: 5_000 }, (_, i) => i)

  const run = await host.start(each(), { items })
  await settled()

  expect(host.messages).toHaveLength(5_000)
  expect(world.entity(run).records.length).toBeGreaterThan(1)
})

test('what is left of a full record when its process ends is taken up when the wake comes', async () => {
  const world = new World()
  const host = world.open()
  host.store.hold()
  const starting = host.start(each(), { items: Array.from({ length: 5_000 }, (_, i) => i) })
  await settled()
  host.store.failNext(new WonderError('store_full', 'Cannot append: the disk is full'))
  host.store.release()
  await starting
  await settled()
  const before = host.messages.length
  expect(before).toBeLessThan(5_000)

  world.clock.advance(60_000)
  await settled()

  expect(new Set(host.messages.map(({ token }) => token)).size).toBe(5_000)
})

test('start() refuses an input with all its problems, and leaves no run behind', async () => {
  const world = new World()
  const host = world.open()
  const definition = list(['a'], {
    input: {
      type: 'object',
      required: ['path', 'depth'],
      properties: { path: { type: 'string' }, depth: { type: 'integer' } },
    },
  })

  await expect(host.start(definition, { path: 7 })).rejects.toMatchObject({
    code: 'invalid_input',
    details: { problems: [expect.objectContaining({ path: '/depth' }), expect.objectContaining({ path: '/path' })] },
  })

  expect([...world.disk.entities.keys()]).toEqual([])
  expect(host.coordinator.openRuns).toEqual([])
})

test('start() refuses an input that is no JSON', async () => {
  const world = new World()

  await expect(world.open().start(list(['a']), { n: Number.NaN })).rejects.toMatchObject({ code: 'invalid_value' })

  expect(world.disk.entities.size).toBe(0)
})

test('start() refuses a definition that does not hold together', async () => {
  const world = new World()

  await expect(world.open().start(list(['a'], { start: 'b' }))).rejects.toMatchObject({ code: 'invalid_definition' })

  expect(world.disk.entities.size).toBe(0)
})

test('start() applies the defaults of the input', async () => {
  const world = new World()
  const definition = list(['a'], { input: { type: 'object', properties: { depth: { type: 'integer', default: 3 } } } })

  const run = await world.open().start(definition)

  expect(world.events(run)[0]).toMatchObject({ type: 'run_started', input: { depth: 3 } })
})

test('start() keeps env, tags and who started the run', async () => {
  const world = new World()
  const host = world.open()

  const run = await host.coordinator.start({
    definition: list(['a']),
    input: {},
    env: { REGION: 'eu' },
    tags: ['nightly'],
    by: 'ada',
  })

  expect(world.events(run)[0]).toMatchObject({ env: { REGION: 'eu' }, tags: ['nightly'] })
  expect(JSON.parse(world.entity(run).records[0]?.body ?? '')).toMatchObject({ c: [{ kind: 'start', by: 'ada' }] })
  expect(world.row(run)?.tags).toEqual(['nightly'])
})

test('the same definition twice is stored once', async () => {
  const world = new World()
  const put = world.blobs.put.bind(world.blobs)
  const keys: string[] = []
  world.blobs.put = (key, content) => {
    keys.push(key)
    return put(key, content)
  }
  const host = world.open()

  await host.start(list(['a']))
  await host.start(list(['a']))

  expect(keys).toEqual([definitionKey(closureDigest(list(['a'])))])
})

test('a definition keeps its digest on its way through the store', async () => {
  const world = new World()
  const definition = list(['b', 'a'], { name: 'Ünïcode', input: { type: 'object', properties: { z: {}, a: {} } } })
  const { digest } = await new DefinitionStore(world.blobs).put(definition)

  const read = (await new DefinitionStore(world.blobs).plan(digest)).definition

  expect(closureDigest(read)).toBe(digest)
  expect(canonicalJson(read)).toBe(canonicalJson(definition))
})

test('a definition that many runs ask for at once is read and compiled once', async () => {
  const world = new World()
  const { digest } = await new DefinitionStore(world.blobs).put(list(['a']))
  const store = new DefinitionStore(world.blobs)

  const plans = await Promise.all([store.plan(digest), store.plan(digest), store.plan(digest)])

  expect(new Set(plans).size).toBe(1)
})

test('a definition that is missing is store_corrupt with its name', async () => {
  await expect(new DefinitionStore(new World().blobs).plan('sha256:00')).rejects.toMatchObject({
    code: 'store_corrupt',
    message: 'Cannot find the definition sha256:00: it is missing',
  })
})

test('command() of a run that is not there says so', async () => {
  await expect(new World().open().coordinator.command('r', { kind: 'pause' })).rejects.toMatchObject({
    code: 'run_not_found',
  })
})

test('the row of a run is written once for each change of its status', async () => {
  const world = new World()
  const host = world.open()
  const began = world.clock.now()
  const run = await host.start(retrying)
  world.clock.advance(5)
  const message = await host.take()
  await host.report(message, { status: 'step', step: 's', output: 1 })
  world.clock.advance(5)
  await host.report(message, failed())
  world.clock.advance(1_000)
  await host.report(await host.take(), completed(1))

  const rows = host.store.appends.flatMap(({ index }) => (index === undefined ? [] : [index]))

  const row = (status: RunIndexEntry['status'], updated: number, ended: number | null = null): RunIndexEntry => ({
    id: run,
    workflow: 'w',
    project: 'p',
    status,
    parent: null,
    created: began,
    updated,
    ended,
    tags: [],
  })
  expect(rows).toEqual([
    row('running', began),
    row('waiting', began + 10),
    row('running', began + 1_010),
    row('completed', began + 1_010, began + 1_010),
  ])
})

test('a run that is loaded again writes its row only when its status changes', async () => {
  const world = new World()
  const run = await world.open().start(list(['a']))
  const next = world.open()

  await next.coordinator.command(run, { kind: 'recover' })
  await next.coordinator.command(run, { kind: 'pause' })

  expect(next.store.appends.map(({ index }) => index?.status)).toEqual([undefined, 'paused'])
})

test('whenResting() tells how a run ended', async () => {
  const host = new World().open()
  const good = await host.start(list(['a']))
  const bad = await host.start(list(['b']))
  const resting = Promise.all([host.coordinator.whenResting(good), host.coordinator.whenResting(bad)])

  await host.work(({ node }) => (node === 'b' ? failed('never') : completed(1)))

  expect(await resting).toEqual(['completed', 'failed'])
  expect(await host.coordinator.whenResting(bad)).toBe('failed')
})

test('whenResting() of a paused run waits for the tasks that are out', async () => {
  const host = new World().open()
  const run = await host.start(each(), { items: [0, 1] })
  const [first, second] = [await host.take(), await host.take()]
  const rested: string[] = []
  await host.coordinator.command(run, { kind: 'pause' })
  const resting = host.coordinator.whenResting(run).then((status) => rested.push(status))

  await host.complete(first, 1)
  await settled()
  expect(rested).toEqual([])
  await host.report(second, failed())
  await resting

  expect(rested).toEqual(['failed'])
})

test('whenResting() of a list that was paused ends when the task that was out has ended', async () => {
  const host = new World().open()
  const run = await host.start(list(['a', 'b']))
  const message = await host.take()
  await host.coordinator.command(run, { kind: 'pause' })
  const resting = host.coordinator.whenResting(run)

  await host.complete(message, 1)

  expect(await resting).toBe('paused')
  expect(host.coordinator.openRuns).toEqual([])
})

test('whenResting() does not end while a timer may move the run, and keeps it out of memory', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  await host.report(await host.take(), failed())
  const rested: string[] = []
  const resting = host.coordinator.whenResting(run).then((status) => rested.push(status))
  await settled()
  expect({ rested, open: host.coordinator.openRuns }).toEqual({ rested: [], open: [] })

  world.clock.advance(1_000)
  await host.work()
  await resting

  expect(rested).toEqual(['completed'])
})

test('whenResting() tells that a person must decide', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(asking)
  await host.complete(await host.take(), 1)
  await host.claim(await host.take())
  const next = world.open()

  await next.coordinator.command(run, { kind: 'recover' })

  expect(await next.coordinator.whenResting(run)).toBe('blocked_decision')
})

test('whenResting() rejects when the store fails', async () => {
  const host = new World().open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  const resting = host.coordinator.whenResting(run)
  host.store.failNext(new WonderError('store_full', 'Cannot append: the disk is full'))

  const [rested, reported] = await Promise.allSettled([resting, host.complete(message, 1)])

  expect(rested).toMatchObject({ status: 'rejected', reason: { code: 'store_full' } })
  expect(reported.status).toBe('rejected')
})

test('whenResting() rejects when a run that waits cannot be woken', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  await host.report(await host.take(), failed())
  const resting = host.coordinator.whenResting(run)
  await settled()
  host.store.readError = new WonderError('store_busy', 'Cannot read: the store is locked')

  const outcome = resting.catch((error) => error)
  world.clock.advance(1_000)

  expect(await outcome).toMatchObject({ code: 'store_busy' })
})

test('whenResting() sees what another process did when this one learns of it', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  const resting = host.coordinator.whenResting(run)
  await world.open('other').complete(message, 'theirs')

  expect(await host.complete(message, 'ours')).toEqual({ status: 'gone' })

  expect(await resting).toBe('completed')
})
