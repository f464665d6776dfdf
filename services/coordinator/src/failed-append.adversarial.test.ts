import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { asking, each, list } from '../test/definitions.ts'
import { failed, settled, World } from '../test/world.ts'

const full = () => new WonderError('store_full', 'Cannot append: the disk is full')

test('a failed append rejects every command that waits, and nothing of it is shown or dispatched', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const shown = host.watch(run)
  const first = await host.take()

  host.store.hold()
  host.store.failNext(full())
  const deciding = host.complete(first, 1)
  const answers = [deciding]
  await settled()
  answers.push(host.complete(first, 2), host.report(first, failed()))
  host.store.release()

  const outcomes = await Promise.allSettled(answers)
  await settled()
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect({ shown: shown.length, open: host.coordinator.openRuns }).toEqual({ shown: 0, open: [] })
  expect(host.messages.filter(({ attempt }) => attempt === 2)).toEqual([])
  expect(world.entity(run).records).toHaveLength(1)
})

test('after a failed append the next command finds the run as the journal has it', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const first = await host.take()
  host.store.failNext(full())
  await expect(host.complete(first, 'lost')).rejects.toThrow('the disk is full')

  expect(await host.complete(first, 'kept')).toEqual({ status: 'accepted' })
  await host.work()

  expect(world.end(run)?.output).toEqual({ a: 'kept', b: { did: 'b' } })
})

test('whoever tries again in the moment of a failure gets the run as the journal has it', async () => {
  const host = new World().open()
  await host.start(list(['a', 'b']))
  const first = await host.take()
  host.store.failNext(full())

  const answer = await host.complete(first, 'lost').catch(() => host.complete(first, 'kept'))

  expect(answer).toEqual({ status: 'accepted' })
})

test('after a failed append a dispatch stays with the executor that it was granted to', async () => {
  const host = new World().open()
  const run = await host.start(list(['a', 'b']))
  const first = await host.take()
  await host.claim(first, 'x')
  host.store.failNext(full())
  await expect(host.coordinator.command(run, { kind: 'pause' })).rejects.toThrow('the disk is full')

  expect(await host.coordinator.results.claim(first, 'y')).toMatchObject({ status: 'held', by: 'x' })
  await settled()
  expect(host.messages).toEqual([])
})

test('tasks of a record that was stored although its append failed are dispatched', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const first = await host.take()
  await host.claim(first)
  host.store.failNext(full(), 'after')
  await expect(host.complete(first, 1)).rejects.toThrow('the disk is full')

  expect(await host.complete(first, 1)).toEqual({ status: 'duplicate' })
  await host.work()

  expect(world.end(run)?.output).toEqual({ a: 1, b: { did: 'b' } })
})

test('a run whose start was stored although it failed goes on when its wake comes', async () => {
  const world = new World()
  const host = world.open()
  host.store.failNext(full(), 'after')
  await expect(host.start(list(['a']))).rejects.toThrow('the disk is full')
  expect(host.messages).toEqual([])

  world.clock.advance(60_000)
  await host.work()

  const [run = ''] = world.disk.entities.keys()
  expect(world.end(run)?.status).toBe('completed')
})

test('a stale append loads the run again and applies the command once', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const first = await host.take()
  const other = world.open('other')
  await other.coordinator.command(run, { kind: 'pause' })

  expect(await host.complete(first, 1)).toEqual({ status: 'accepted' })

  expect(world.events(run).map(({ type }) => type)).toEqual([
    'run_started',
    'token_created',
    'task_dispatched',
    'run_paused',
    'task_completed',
    'token_moved',
  ])
})

test('a result that another owner has taken is a duplicate after a stale append', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const first = await host.take()
  const other = world.open('other')
  await other.complete(first, 'theirs')

  expect(await host.complete(first, 'ours')).toEqual({ status: 'duplicate' })
  expect(world.events(run).filter(({ type }) => type === 'task_completed')).toHaveLength(1)
})

test('a stale append does not dispatch what the other owner has dispatched', async () => {
  const world = new World()
  const host = world.open()
  await host.start(list(['a', 'b']))
  const first = await host.take()
  await world.open('other').complete(first, 'theirs')

  await host.complete(first, 'ours')
  await settled()

  expect(host.messages).toEqual([])
})

test('a claim of a task whose start must be known outlives a stale append', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(asking)
  await host.complete(await host.take(), 1)
  const second = await host.take()
  await world.open('other').coordinator.command(run, { kind: 'pause' })

  expect((await host.coordinator.results.claim(second, 'x')).status).toBe('granted')
  expect(world.events(run).at(-1)).toMatchObject({ type: 'task_started' })
})

test('who waits for a run to rest learns of its end, when another owner ended it between two records', async () => {
  const world = new World()
  const host = world.open()
  host.store.hold()
  const starting = host.start(each(), { items: Array.from({ length: 5_000 }, (_, i) => i) })
  await settled()
  host.store.release()
  host.store.hold()
  const run = await starting
  const resting = host.coordinator.whenResting(run)
  await world.open('other').coordinator.command(run, { kind: 'cancel' })

  host.store.release()

  expect(await resting).toBe('cancelled')
})
