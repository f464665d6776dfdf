import { expect, test } from 'vitest'
import { asking, list } from '../test/definitions.ts'
import { completed, settled, World } from '../test/world.ts'

test('a claim is a lease: another executor is told who holds it and until when', async () => {
  const world = new World()
  const host = world.open()
  await host.start(list(['a']))
  const message = await host.take()
  await host.claim(message, 'x1')

  expect(await host.coordinator.results.claim(message, 'x2')).toEqual({
    status: 'held',
    by: 'x1',
    until: world.clock.now() + 30_000,
  })
})

test('a lease that is not kept up ends: the same attempt is ordered again, and the first result counts', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const first = await host.take()
  await host.claim(first, 'x1')

  world.clock.advance(30_000)
  await settled()
  const second = await host.take()
  expect(second).toEqual({ ...first, dispatch: 2 })
  expect(host.aborted).toEqual([first])
  await host.claim(second, 'x2')
  expect(await host.report(first, completed('late and good'), 'x1')).toEqual({ status: 'accepted' })
  expect(await host.report(second, completed('second'), 'x2')).toEqual({ status: 'gone' })

  expect(world.end(run)?.output).toEqual({ a: 'late and good' })
  expect(world.events(run).filter(({ type }) => type === 'lease_expired')).toHaveLength(1)
})

test('heartbeats keep a lease, and tell an executor what it holds no more', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.claim(message, 'x1')
  for (let i = 0; i < 12; i++) {
    world.clock.advance(10_000)
    expect(await host.coordinator.results.heartbeat([message], 'x1')).toEqual([])
    await settled()
  }
  expect(host.messages).toEqual([])
  expect(await host.coordinator.results.heartbeat([message], 'x2')).toEqual([message])
  await host.report(message, completed(1), 'x1')
  expect(await host.coordinator.results.heartbeat([message], 'x1')).toEqual([message])
  expect(world.end(run)?.status).toBe('completed')
})

test("a dispatch that nobody has claimed is the queue's to deliver, however long it takes", async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  await host.take()
  world.clock.advance(1_000_000)
  await settled()
  expect(host.messages).toEqual([])
  expect(world.events(run).some(({ type }) => type === 'lease_expired')).toBe(false)
})

test('a task that must not run twice waits for a person when its lease ends', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(asking)
  await host.complete(await host.take(), 1)
  const message = await host.take()
  await host.claim(message, 'x1')
  world.clock.advance(30_000)
  await settled()
  expect([host.messages, world.row(run)?.status]).toEqual([[], 'blocked_decision'])
})
