import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { each, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'
import { BlobCache } from './blob-cache.ts'
import { DefinitionStore } from './definition-store.ts'
import { loadRun } from './load-run.ts'
import { OpenRun } from './open-run.ts'

test('a result is acknowledged, shown and acted upon only after its record is on disk', async () => {
  const host = new World().open()
  const run = await host.start(list(['a', 'b']))
  const shown = host.watch(run)
  const first = await host.take()
  await host.claim(first)
  let acknowledged = false

  host.store.hold()
  const reported = host.complete(first, 1).then(() => {
    acknowledged = true
  })
  await settled()

  expect({ acknowledged, shown: shown.length, dispatched: host.messages.length }).toEqual({
    acknowledged: false,
    shown: 0,
    dispatched: 0,
  })

  host.store.release()
  await reported
  await settled()

  expect(shown.map(({ record }) => record.number)).toEqual([2])
  expect(host.messages).toEqual([{ run, token: first.token, attempt: 2, dispatch: 1 }])
})

test('a start is acknowledged only after its record is on disk', async () => {
  const host = new World().open()
  let started = false
  host.store.hold()

  const starting = host.start(list(['a'])).then(() => {
    started = true
  })
  await settled()
  expect({ started, dispatched: host.messages.length }).toEqual({ started: false, dispatched: 0 })

  host.store.release()
  await starting
  await settled()
  expect(host.messages).toHaveLength(1)
})

test('commands that arrive during an append are decided together in the next; one append is in flight at most', async () => {
  const host = new World().open()
  const run = await host.start(each(), { items: [0, 1, 2, 3, 4] })
  await settled()
  const [first, ...rest] = host.messages
  if (first === undefined) throw new Error('nothing was dispatched')

  host.store.hold()
  const reports = [host.complete(first, 'first')]
  await settled()
  for (const message of rest) {
    reports.push(host.complete(message, 'later'))
    await settled()
  }
  expect(host.store.open.get(run)).toBe(1)
  host.store.release()
  await Promise.all(reports)

  expect(host.store.appends.map(({ records }) => records[0]?.number)).toEqual([1, 2, 3])
  expect(host.store.mostOpen).toBe(1)
})

test('runs do not wait for one another', async () => {
  const world = new World()
  const host = world.open()
  const slow = await host.start(list(['a']))
  const slowTask = await host.take()
  host.store.hold()
  const stuck = host.complete(slowTask, 1)
  await settled()

  const quick = host.start(list(['a']))
  await settled()

  expect([...host.store.open.values()]).toEqual([1, 1])
  host.store.release()
  await Promise.all([stuck, quick])
  expect(world.end(slow)?.status).toBe('completed')
})

test('a run that cannot be loaded rejects all that ask for it, and is tried anew by the next', async () => {
  const world = new World()
  const run = await world.open().start(list(['a']))
  const host = world.open()
  host.store.readError = new WonderError('store_busy', 'Cannot read: the store is locked')

  const outcomes = await Promise.allSettled([
    host.coordinator.command(run, { kind: 'recover' }),
    host.coordinator.whenResting(run),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])

  host.store.readError = null
  await host.coordinator.command(run, { kind: 'recover' })
  await host.work()
  expect(world.end(run)?.status).toBe('completed')
})

test('a run is loaded once for all commands that come while it is', async () => {
  const world = new World()
  const run = await world.open().start(list(['a']))
  const host = world.open()

  await Promise.all([
    host.coordinator.command(run, { kind: 'pause' }),
    host.coordinator.command(run, { kind: 'resume' }),
    host.coordinator.command(run, { kind: 'recover' }),
  ])

  expect(host.store.snapshotsRead).toBe(1)
  expect(host.store.appends).toHaveLength(1)
})

test('two that ask at the same time, of whom one only looks, see the same run', async () => {
  const world = new World()
  const run = await world.open().start(list(['a']))
  const first = world.open()
  await first.coordinator.command(run, { kind: 'recover' })
  await first.report(await first.take(), completed(1))
  const host = world.open()

  const [status, outcome] = await Promise.all([
    host.coordinator.whenResting(run),
    host.coordinator.command(run, { kind: 'wake' }),
  ])

  expect({ status, outcome }).toEqual({ status: 'completed', outcome: { status: 'applied' } })
})

test('nothing stays in memory after a look at a run that rests', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.complete(message, 1)

  await host.coordinator.whenResting(run)
  await host.coordinator.results.claim(message, 'y')
  await host.complete(message, 1)
  await host.coordinator.command(run, { kind: 'wake' })

  expect(host.coordinator.openRuns).toEqual([])
})

test('a refused start leaves nothing in memory', async () => {
  const host = new World().open()

  await expect(
    host.start(
      list(['a'], { input: { type: 'object', required: ['path'], properties: { path: { type: 'string' } } } }),
    ),
  ).rejects.toThrow('path')

  expect(host.coordinator.openRuns).toEqual([])
})

test('close() while an append is in flight: it is still acknowledged and its wake comes no more', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  const message = await host.take()
  host.store.hold()
  const reported = host.report(message, failed())
  await settled()

  host.coordinator.close()
  host.store.release()

  expect(await reported).toEqual({ status: 'accepted' })
  world.clock.advance(60_000)
  await settled()
  expect(host.messages).toEqual([])
  expect(world.row(run)?.status).toBe('waiting')
})

test('a claim is forgotten with the result of its attempt', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(each(), { items: [0, 1] })
  const { token, attempt, dispatch } = await host.take()
  const ignore = () => undefined
  const open = new OpenRun(await loadRun(run, host.store, new DefinitionStore(world.blobs)), {
    runs: host.store,
    blobs: new BlobCache(world.blobs),
    clock: world.clock,
    onRecord: ignore,
    onEffects: ignore,
    onIdle: ignore,
    onFailed: ignore,
    onLong: ignore,
    planOf: () => Promise.reject(new Error('no run moves to another revision here')),
  })
  open.claims.set(token, { attempt, dispatch, executor: 'x', until: 31_000 })

  await open.submit({ kind: 'complete_task', token, attempt, output: 1 })

  expect(open.claims.size).toBe(0)
})
