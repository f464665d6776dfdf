import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { asking, each, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'

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

  expect(rested).toEqual(['paused'])
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
