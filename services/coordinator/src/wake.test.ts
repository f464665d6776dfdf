import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { asking, counting, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'

test('a retry goes on at its time, through the store, with the run unloaded in between', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  const first = await host.take()
  await host.report(first, failed())
  await settled()
  expect({ open: host.coordinator.openRuns, wake: world.entity(run).wake }).toEqual({
    open: [],
    wake: world.clock.now() + 1_000,
  })

  world.clock.advance(999)
  await settled()
  expect(host.messages).toEqual([])
  world.clock.advance(1)
  const second = await host.take()

  expect(second).toEqual({ ...first, attempt: 2 })
  expect(world.events(run).at(-1)).toMatchObject({ type: 'task_dispatched', attempt: 2 })
  expect(JSON.parse(world.entity(run).records.at(-1)?.body ?? '')).toMatchObject({ t: world.clock.now() })
})

test('each retry has its own time', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  await host.report(await host.take(), failed())
  world.clock.advance(1_000)
  await host.report(await host.take(), failed())

  world.clock.advance(1_999)
  await settled()
  expect(host.messages).toEqual([])
  world.clock.advance(1)
  await host.report(await host.take(), completed('third'))

  expect(world.end(run)?.output).toEqual({ a: 'third' })
})

test('a wake that comes early changes nothing and stores the true one', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  await host.report(await host.take(), failed())
  const due = world.entity(run).wake
  world.entity(run).wake = world.clock.now()

  await host.coordinator.command(run, { kind: 'wake' })

  expect(world.entity(run).wake).toBe(due)
  expect(world.entity(run).records).toHaveLength(2)
})

test('wake is null when nothing is due and nothing is out', async () => {
  const world = new World()
  const host = world.open()
  const paused = await host.start(retrying)
  await host.report(await host.take(), failed())
  await host.coordinator.command(paused, { kind: 'pause' })
  const done = await host.start(list(['a']))
  await host.work()
  const asked = await host.start(asking)
  await host.complete(await host.take(), 1)
  await host.claim(await host.take())
  const next = world.open()
  await next.coordinator.command(asked, { kind: 'recover' })

  expect([paused, done, asked].map((run) => world.entity(run).wake)).toEqual([null, null, null])
})

test('a task that is out is looked at now and then, which changes nothing', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.claim(message)
  const before = world.entity(run).records.length

  for (let beats = 0; beats < 30; beats++) {
    world.clock.advance(10_000)
    await host.coordinator.results.heartbeat([message], 'x')
    await settled()
  }

  expect(world.entity(run).records).toHaveLength(before)
  expect(host.messages).toEqual([])
  // The start, and one look each half minute: a wake in the past would be looked at without end.
  expect(host.store.appends).toHaveLength(11)
  expect(await host.complete(message, 1)).toEqual({ status: 'accepted' })
})

test('a wake that fails is given again by the store, whose wake stays due', async () => {
  const world = new World()
  const host = world.open()
  await host.start(retrying)
  await host.report(await host.take(), failed())
  host.store.failNext(new WonderError('store_full', 'Cannot append: the disk is full'))
  world.clock.advance(1_000)
  await settled()
  expect(host.messages).toEqual([])

  world.clock.advance(20_000)
  await settled()

  expect(host.messages).toMatchObject([{ attempt: 2 }])
})

test('a run has a wake while a part of it is still to be decided, although no task is out', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(counting, { items: Array.from({ length: 5_000 }, (_, i) => i) })
  expect(await host.coordinator.whenResting(run)).toBe('completed')

  const wakes = host.store.appends.map(({ wake }) => wake)

  expect(wakes.length).toBeGreaterThan(1)
  expect(wakes.map((wake) => wake === null)).toEqual(wakes.map((_, i) => i === wakes.length - 1))
})
