import { SimulatedClock } from '@wonder/driver-memory'
import { expect, test, vi } from 'vitest'
import { list } from '../test/definitions.ts'
import { settled, World } from '../test/world.ts'
import { Archiver } from './archiver.ts'
import { JournalHistory } from './journal-history.ts'
import { QuietTime } from './quiet-time.ts'

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
  const cut = new Archiver({ runs: store, blobs: world.blobs, quiet: new QuietTime(world.clock) })
  const snapshot = world.entity(run).snapshot?.number ?? 0
  cut.add(run, snapshot)
  await cut.whenIdle()
  expect(world.entity(run).segments).toEqual([])
  expect(await all(world, run)).toEqual(bodies)

  store.archiveError = null
  const again = new Archiver({ runs: store, blobs: world.blobs, quiet: new QuietTime(world.clock) })
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
  const archiver = new Archiver({ runs: store, blobs: world.blobs, quiet: new QuietTime(world.clock) })
  archiver.add(run, world.entity(run).snapshot?.number ?? 0)
  await archiver.whenIdle()

  const second = await history.read(run, { after: 100, limit: 100 })

  expect([...first, ...second]).toEqual(bodies.slice(0, 200))
})

test('a run that is archived while it is loaded is loaded from the newer snapshot', async () => {
  const { world, run } = await long(1_500)
  const { store, coordinator } = world.open()
  const { snapshot } = world.entity(run)
  const archiver = new Archiver({ runs: store, blobs: world.blobs, quiet: new QuietTime(world.clock) })
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

test('while runs make records a segment is written each quarter of a second, and at a quiet moment at once', async () => {
  const { world, run } = await long(4_000)
  const { store } = world.open('archiver')
  const quiet = new QuietTime(world.clock)
  const archiver = new Archiver({ runs: store, blobs: world.blobs, quiet })
  const segments = () => world.entity(run).segments.length
  const already = segments()
  /** Records go on being made for so many milliseconds. */
  const busyFor = async (time: number) => {
    for (let passed = 0; passed < time; passed += 10) {
      quiet.note(world.clock.now())
      world.clock.advance(10)
      await settled()
    }
  }
  quiet.note(world.clock.now())
  archiver.add(run, world.entity(run).snapshot?.number ?? 0)

  await busyFor(200)
  expect(segments()).toBe(already)
  await busyFor(100)
  await vi.waitFor(() => expect(segments()).toBe(already + 1))

  world.clock.advance(20)
  await archiver.whenIdle()
  expect(segments()).toBeGreaterThan(already + 4)
})

test('when too much waits, segments are written whether it is quiet or not', async () => {
  const { world, run } = await long(4_000)
  const { store } = world.open('archiver')
  const quiet = new QuietTime(world.clock)
  const archiver = new Archiver({ runs: store, blobs: world.blobs, quiet })
  const already = world.entity(run).segments.length
  quiet.note(world.clock.now() + 1_000_000)
  for (let time = 0; time < 9; time++) archiver.add(run, world.entity(run).snapshot?.number ?? 0)

  await vi.waitFor(() => expect(world.entity(run).segments.length).toBeGreaterThan(already + 4))
})

test('closing ends what waits for a quiet moment, and leaves no timer', async () => {
  const { world, run } = await long(4_000)
  const { store } = world.open('archiver')
  const clock = new SimulatedClock()
  const quiet = new QuietTime(clock)
  const archiver = new Archiver({ runs: store, blobs: world.blobs, quiet })
  const already = world.entity(run).segments.length
  quiet.note(clock.now())
  archiver.add(run, world.entity(run).snapshot?.number ?? 0)

  expect(clock.next()).not.toBeNull()
  archiver.close()
  await archiver.whenIdle()

  expect(world.entity(run).segments.length).toBe(already)
  expect(clock.next()).toBeNull()
})
