import { WonderError } from '@wonder/errors'
import type { RunIndexEntry } from '@wonder/platform'
import { expect, test } from 'vitest'
import { each, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'

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
