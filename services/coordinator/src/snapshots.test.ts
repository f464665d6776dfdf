import { expect, test } from 'vitest'
import { each, list } from '../test/definitions.ts'
import { settled, World } from '../test/world.ts'

/** A result of some size: five of them are worth a snapshot. */
const sizeable = (name: string) => ({ name, text: '.'.repeat(30_000) })
const refs = Array.from({ length: 20 }, (_, i) => `n${i}`)

/** A run of which `tasks` have a result. */
async function begun(tasks: number, world = new World()) {
  const host = world.open()
  const run = await host.start(list(refs))
  for (let i = 0; i < tasks; i++) await host.complete(await host.take(), sizeable(`r${i}`))
  await settled()
  return { world, host, run }
}

test('a snapshot is written once the records are worth it', async () => {
  const { world, host, run } = await begun(4)
  expect(host.store.snapshotsSaved).toBe(0)

  await host.complete(await host.take(), sizeable('r4'))

  expect(host.store.snapshotsSaved).toBe(1)
  expect(world.entity(run).snapshot?.number).toBe(6)
})

test('the next snapshot comes when the records since are twice as large as the last one', async () => {
  const { host } = await begun(14)
  expect(host.store.snapshotsSaved).toBe(1)

  for (const name of ['r14', 'r15']) await host.complete(await host.take(), sizeable(name))

  expect(host.store.snapshotsSaved).toBe(2)
})

test('a load reads the snapshot, the first record and those after the snapshot', async () => {
  const { world, run } = await begun(7)
  const next = world.open()

  await next.coordinator.command(run, { kind: 'recover' })

  expect(next.store.snapshotsRead).toBe(1)
  expect(next.store.reads).toEqual([
    { after: 0, records: 1 },
    { after: 6, records: 2 },
  ])
})

test('a load without a snapshot reads each record once', async () => {
  const { world, run } = await begun(3)
  const next = world.open()

  await next.coordinator.command(run, { kind: 'recover' })

  expect(next.store.reads).toEqual([{ after: 0, records: 4 }])
})

test('a journal of several pages is read to its end', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  for (let i = 0; i < 600; i++) {
    await host.coordinator.command(run, { kind: 'pause' })
    await host.coordinator.command(run, { kind: 'resume' })
  }
  const next = world.open()

  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(next.store.reads.map(({ records }) => records)).toEqual([1_000, 201])
  expect(world.end(run)?.status).toBe('completed')
})

test('a run goes on from a snapshot as it does from its journal', async () => {
  const future = async (snapshot: 'with' | 'without') => {
    const { world, run } = await begun(8)
    if (snapshot === 'without') world.entity(run).snapshot = null
    const next = world.open()
    await next.coordinator.command(run, { kind: 'recover' })
    await next.work()
    return world.entity(run).records.map(({ body }) => body)
  }

  expect(await future('with')).toEqual(await future('without'))
})

test('a fan-out goes on from a snapshot as it does from its journal', async () => {
  const future = async (snapshot: 'with' | 'without') => {
    const world = new World()
    const host = world.open()
    const run = await host.start(each({ workers: 3 }), { items: refs })
    for (let i = 0; i < 7; i++) await host.complete(await host.take(), sizeable(`r${i}`))
    expect(world.entity(run).snapshot).not.toBeNull()
    if (snapshot === 'without') world.entity(run).snapshot = null
    const next = world.open()
    await next.coordinator.command(run, { kind: 'recover' })
    await next.work()
    return world.entity(run).records.map(({ body }) => body)
  }

  expect(await future('with')).toEqual(await future('without'))
})

test('a snapshot that cannot be saved harms nothing', async () => {
  const world = new World()
  const host = world.open()
  host.store.snapshotError = new Error('no room')
  const run = await host.start(list(refs))

  await host.work(({ node }) => ({ status: 'completed', output: sizeable(node), artifacts: [] }))

  expect(host.store.snapshotsSaved).toBeGreaterThan(1)
  expect(world.entity(run).snapshot).toBeNull()
  expect(world.end(run)?.status).toBe('completed')
})
