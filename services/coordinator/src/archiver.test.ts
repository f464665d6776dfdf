import { expect, test } from 'vitest'
import { list } from '../test/definitions.ts'
import { settled, World } from '../test/world.ts'
import { Archiver } from './archiver.ts'
import { JournalHistory } from './journal-history.ts'

/** A run with so many records that each pause and each resume is one, and what was appended. */
async function long(pauses: number, world = new World()) {
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  for (let i = 0; i < pauses; i++) {
    await host.coordinator.command(run, { kind: 'pause' })
    await host.coordinator.command(run, { kind: 'resume' })
  }
  await settled()
  const bodies = host.store.appends.flatMap(({ records }) => records)
  return { world, host, run, bodies }
}

async function all(world: World, run: string) {
  const history = new JournalHistory(world.open('reader').store, world.blobs)
  const records = []
  for await (const record of history.records(run)) records.push(record)
  return records
}

test('a long journal gives its records to segments, and the whole is read byte for byte', async () => {
  const { world, host, run, bodies } = await long(6_000)
  await host.coordinator.whenArchived()

  const hot = world.entity(run).records.length
  expect(hot).toBeLessThan(3_000)
  expect(world.entity(run).segments.length).toBeGreaterThan(8)
  expect(await all(world, run)).toEqual(bodies)
})

test('a run whose first records are archived is loaded, and goes on', async () => {
  const { world, host, run } = await long(6_000)
  await host.coordinator.whenArchived()
  const next = world.open()

  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(world.end(run)?.status).toBe('completed')
  expect((await all(world, run)).map(({ number }) => number)).toEqual(
    Array.from({ length: await next.store.version({ kind: 'run', id: run }) }, (_, place) => place + 1),
  )
})

test('a short journal stays as it is', async () => {
  const { world, host, run } = await long(200)

  await host.coordinator.whenArchived()

  expect(world.entity(run).segments).toEqual([])
})

test('a crash between a segment and the commit that names it loses nothing, and the next try archives', async () => {
  const { world, run, bodies } = await long(3_000)
  const { store } = world.open('archiver')
  store.archiveError = new Error('cut')
  const cut = new Archiver(store, world.blobs)
  const snapshot = world.entity(run).snapshot?.number ?? 0
  cut.add(run, snapshot)
  await cut.whenIdle()
  expect(world.entity(run).segments).toEqual([])
  expect(await all(world, run)).toEqual(bodies)

  store.archiveError = null
  const again = new Archiver(store, world.blobs)
  again.add(run, snapshot)
  await again.whenIdle()

  expect(world.entity(run).segments.at(-1)?.last).toBe(snapshot - 1)
  expect(await all(world, run)).toEqual(bodies)
})

test('records that are archived between two pages of a reader are read all the same', async () => {
  const { world, run, bodies } = await long(1_500)
  const { store } = world.open('archiver')
  const history = new JournalHistory(store, world.blobs)
  const first = await history.read(run, { after: 0, limit: 100 })
  const archiver = new Archiver(store, world.blobs)
  archiver.add(run, world.entity(run).snapshot?.number ?? 0)
  await archiver.whenIdle()

  const second = await history.read(run, { after: 100, limit: 100 })

  expect([...first, ...second]).toEqual(bodies.slice(0, 200))
})

test('a run that is archived while it is loaded is loaded from the newer snapshot', async () => {
  const { world, run } = await long(1_500)
  const { store, coordinator } = world.open()
  const { snapshot } = world.entity(run)
  const archiver = new Archiver(store, world.blobs)
  let reads = 0
  store.onSnapshotRead = async () => {
    reads += 1
    if (reads > 1) return undefined
    archiver.add(run, snapshot?.number ?? 0)
    await archiver.whenIdle()
    return null
  }

  await coordinator.command(run, { kind: 'cancel' })

  expect(world.end(run)?.status).toBe('cancelled')
  expect(reads).toBe(2)
})

test('a missing or damaged segment is store_corrupt and names the records', async () => {
  const { world, host, run } = await long(6_000)
  await host.coordinator.whenArchived()
  await world.blobs.removeAll(`runs/${run}/segments`)

  await expect(all(world, run)).rejects.toMatchObject({
    code: 'store_corrupt',
    message: expect.stringMatching(/records 1 to 1000 of run/),
  })
})
