import { type Definition, decodeRecord, encodeRecord } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { each, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'

const refs = ['a', 'b', 'c']
const concurrency = { key: { lit: 'one' }, limit: 1, when_full: 'queue' } as const

/** A run that has ended, and what its tasks were given. */
async function ended(definition = list(refs), input = {}) {
  const world = new World()
  const host = world.open()
  const run = await host.start(definition, input)
  await host.work()
  return { world, host, run }
}

test('a run can be seen as it was at each of its records', async () => {
  const { host, run } = await ended()

  const { plan, state } = await host.coordinator.history.at(run, 2)

  expect([...state.tokens.values()].map(({ node }) => plan.nodes[node]?.ref)).toEqual(['b'])
  expect((await host.coordinator.history.at(run)).state.ended?.status).toBe('completed')
})

test.each([0, 5, -1, 1.5])('record %d of a run of four is not there, and the error says which are', async (record) => {
  const { host, run } = await ended()

  await expect(host.coordinator.history.at(run, record)).rejects.toMatchObject({
    code: 'record_not_found',
    message: expect.stringMatching(/its last record is [14]$|numbered from 1/),
  })
})

test('a run that is not there is run_not_found', async () => {
  const { host } = await ended()

  await expect(host.coordinator.history.at('none', 1)).rejects.toMatchObject({ code: 'run_not_found' })
  await expect(host.coordinator.history.verify('none')).rejects.toMatchObject({ code: 'run_not_found' })
  await expect(host.coordinator.fork({ run: 'none', record: 1 })).rejects.toMatchObject({ code: 'run_not_found' })
  await expect(host.coordinator.retry({ run: 'none' })).rejects.toMatchObject({ code: 'run_not_found' })
})

test('a fork goes on from its record and leaves the other run as it is', async () => {
  const { world, host, run } = await ended()
  const before = world.entity(run).records.map(({ body }) => body)

  const fork = await host.coordinator.fork({ run, record: 2 })
  const ran: string[] = []
  await host.work(({ node }) => {
    ran.push(node)
    return completed(`again ${node}`)
  })

  expect(ran).toEqual(['b', 'c'])
  expect(world.end(fork)?.output).toEqual({ a: { did: 'a' }, b: 'again b', c: 'again c' })
  expect(world.row(fork)).toMatchObject({ status: 'completed', workflow: 'w' })
  expect(world.entity(run).records.map(({ body }) => body)).toEqual(before)
})

test('a fork survives the process that made it', async () => {
  const { world, host, run } = await ended()
  const fork = await host.coordinator.fork({ run, record: 2 })
  const next = world.open()

  await next.coordinator.command(fork, { kind: 'recover' })
  await next.work()

  expect(world.end(fork)?.status).toBe('completed')
})

test('a fork keeps its large values when the other run is removed', async () => {
  const large = { text: 'x'.repeat(200_000) }
  const world = new World()
  const host = world.open()
  const run = await host.start(list(refs))
  await host.complete(await host.take(), large)
  await host.work()

  const fork = await host.coordinator.fork({ run, record: 2 })
  await world.blobs.removeAll(`runs/${run}`)
  await host.work()

  expect(world.end(fork)?.status).toBe('completed')
  expect((await host.coordinator.history.verify(fork)).problem).toBeNull()
  expect((await host.coordinator.history.verify(run)).problem).toMatchObject({
    message: expect.stringContaining('is missing'),
  })
})

test('a fork that is refused leaves no run behind', async () => {
  const { world, host, run } = await ended()

  await expect(host.coordinator.fork({ run, record: 4 })).rejects.toMatchObject({ code: 'invalid_transition' })
  await expect(host.coordinator.fork({ run, record: 2, definition: list(['x', 'y']) })).rejects.toMatchObject({
    code: 'revision_incompatible',
  })

  expect(world.disk.entities.size).toBe(1)
})

test('a fork follows a new revision where everything has its place', async () => {
  const { world, host, run } = await ended()

  const fork = await host.coordinator.fork({ run, record: 2, definition: list(['a', 'b', 'c', 'd']) })
  await host.work()

  expect(Object.keys((world.end(fork)?.output ?? {}) as object)).toEqual(['a', 'b', 'c', 'd'])
})

test('a definition that changes under a run changes nothing for it', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(refs))
  await host.complete(await host.take(), 1)
  const next = world.open()
  await next.start(list(['a', 'b', 'c', 'd']))

  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(Object.keys((world.end(run)?.output ?? {}) as object)).toEqual(refs)
})

test('a live run moves to another revision, also across a restart, and with what is in flight', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(refs))
  await host.complete(await host.take(), 1)
  const { digest } = await host.coordinator.definitions.put(list(['a', 'b', 'c', 'd']))
  const out = await host.take()

  expect(await host.coordinator.command(run, { kind: 'migrate', definition: digest })).toEqual({ status: 'applied' })
  await host.complete(out, 2)
  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(world.end(run)?.status).toBe('completed')
  expect(Object.keys((world.end(run)?.output ?? {}) as object)).toEqual(['a', 'b', 'c', 'd'])
  expect((await next.coordinator.history.verify(run)).problem).toBeNull()
  world.entity(run).snapshot = null
  expect((await world.open().coordinator.history.at(run)).state.ended?.status).toBe('completed')
})

test('a revision where the run has no place is refused and nothing changes; so is one that is not there', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(refs))
  const { digest } = await host.coordinator.definitions.put(list(['x']))
  const records = world.entity(run).records.length

  const answers = await Promise.all([
    host.coordinator.command(run, { kind: 'migrate', definition: digest }),
    host.coordinator.command(run, { kind: 'migrate', definition: 'sha256:none' }),
  ])

  expect(answers).toMatchObject([
    {
      status: 'refused',
      error: { code: 'revision_incompatible', message: expect.stringContaining('it has no task "a"') },
    },
    { status: 'refused', error: { code: 'store_corrupt' } },
  ])
  expect(world.entity(run).records).toHaveLength(records)
  await host.work()
  expect(world.end(run)?.status).toBe('completed')
})

test('a retry goes on before the failure: what has finished does not run again', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(refs))
  await host.work(({ node }) => (node === 'b' ? failed('never') : completed(node)))
  expect(world.end(run)?.status).toBe('failed')

  const retry = await host.coordinator.retry({ run, by: 'me' })
  const ran: string[] = []
  await host.work(({ node }) => {
    ran.push(node)
    return completed(node)
  })

  expect(ran).toEqual(['b', 'c'])
  expect(world.end(retry)?.output).toEqual({ a: 'a', b: 'b', c: 'c' })
})

test('a retry of a fan-out runs the branch that failed, and gives the others the results that they had', async () => {
  const world = new World()
  const host = world.open()
  const items = Array.from({ length: 9 }, (_, i) => `i${i}`)
  const run = await host.start(each({ workers: 2 }), { items })
  const large = 'y'.repeat(100_000)
  await host.work(({ input }) =>
    (input as { at: string }).at === 'i2' ? failed('never') : completed({ large, at: (input as { at: string }).at }),
  )
  expect(world.end(run)?.status).toBe('failed')

  const retry = await host.coordinator.retry({ run })
  const ran: unknown[] = []
  await host.work(({ input }) => {
    ran.push((input as { at: string }).at)
    return completed({ large, at: 'now' })
  })

  expect(ran).toEqual(['i2'])
  expect(world.end(retry)?.status).toBe('completed')
  expect((await host.coordinator.history.verify(retry)).problem).toBeNull()
})

/** A fan-out, one branch after the other, whose third branch has failed; and its retry, in which nothing has run yet. */
async function retried() {
  const world = new World()
  const host = world.open()
  const items = Array.from({ length: 9 }, (_, i) => `i${i}`)
  const run = await host.start(each({ workers: 1 }), { items })
  const at = (input: unknown) => (input as { at: string }).at
  await host.work(({ input }) => (at(input) === 'i2' ? failed('never') : completed(`${at(input)} once`)))
  expect(world.end(run)?.status).toBe('failed')
  const retry = await host.coordinator.retry({ run })
  await settled()
  /** Another process goes on with it; what ran there. */
  const goOn = async () => {
    const next = world.open()
    const ran: string[] = []
    await next.coordinator.command(retry, { kind: 'recover' })
    await next.work(({ input }) => {
      ran.push(at(input))
      return completed(`${at(input)} again`)
    })
    return ran
  }
  return { world, run, retry, goOn }
}

test('a retry takes over what was done also after a crash in its middle', async () => {
  const { world, retry, goOn } = await retried()

  expect(await goOn()).toEqual(['i2'])
  expect(world.end(retry)?.output).toEqual({
    e: Array.from({ length: 9 }, (_, i) => (i === 2 ? 'i2 again' : `i${i} once`)),
  })
})

test('a retry whose run was removed before a crash does the rest again', async () => {
  const { world, run, retry, goOn } = await retried()
  world.entity(run).records.length = 0

  expect(await goOn()).toEqual(['i2', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8'])
  expect(world.end(retry)?.status).toBe('completed')
})

test('a known result that cannot be read is made anew: the retry does not wait for it', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(each(), { items: ['a', 'b', 'c'] })
  const large = 'y'.repeat(100_000)
  await host.work(({ input }) =>
    (input as { at: string }).at === 'a' ? failed('never') : completed({ large, at: (input as { at: string }).at }),
  )
  const { get } = world.blobs
  Object.assign(world.blobs, {
    get: async (key: string) => {
      if (key.startsWith('runs/') && !key.includes(run)) throw new Error('the disk cannot be read')
      return await get(key)
    },
  })

  // A process of its own has no copy in memory.
  const next = world.open()
  const retry = await next.coordinator.retry({ run })
  const ran: string[] = []
  await next.work(({ input }) => {
    ran.push((input as { at: string }).at)
    return completed('anew')
  })

  expect(ran.sort()).toEqual(['a', 'b', 'c'])
  expect(world.end(retry)?.output).toEqual({ e: ['anew', 'anew', 'anew'] })
})

test('only a run that has failed can be retried', async () => {
  const { host, run } = await ended()
  const open = await host.start(list(refs))

  await expect(host.coordinator.retry({ run })).rejects.toMatchObject({
    code: 'invalid_transition',
    message: expect.stringContaining('it is completed; only a run that failed can be'),
  })
  await expect(host.coordinator.retry({ run: open })).rejects.toMatchObject({
    message: expect.stringContaining('it has not ended'),
  })
})

test('a retry has the attempts that the run had not used', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  for (let i = 0; i < 3; i++) {
    await host.work(() => failed())
    world.clock.advance(10_000)
    await settled()
  }
  expect(world.end(run)?.status).toBe('failed')

  const retry = await host.coordinator.retry({ run })
  await host.work()

  expect(world.end(retry)?.status).toBe('completed')
})

test('verify() finds a whole run whole', async () => {
  const { host, run } = await ended()

  expect(await host.coordinator.history.verify(run)).toEqual({
    run,
    records: 4,
    archived: 0,
    values: 0,
    snapshot: null,
    problem: null,
  })
})

test('verify() of a run that cannot be read for now blames no record', async () => {
  const { host, run } = await ended()
  host.store.readError = new WonderError('store_busy', 'Cannot read: the store is locked')

  await expect(host.coordinator.history.verify(run)).rejects.toMatchObject({ code: 'store_busy' })
})

test('verify() tells the first difference between journal and snapshot', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(Array.from({ length: 12 }, (_, i) => `n${i}`)))
  for (let i = 0; i < 8; i++) await host.complete(await host.take(), { text: '.'.repeat(30_000) })
  const entity = world.entity(run)
  const { snapshot } = entity
  expect((await host.coordinator.history.verify(run)).problem).toBeNull()

  entity.snapshot = {
    number: snapshot?.number ?? 0,
    chunks: (snapshot?.chunks ?? []).map((chunk) => chunk.replace('"seed":', '"seed":1')),
  }

  expect((await host.coordinator.history.verify(run)).problem).toMatchObject({
    code: 'journal_mismatch',
    record: snapshot?.number,
    path: '/seed',
  })
})

test.each([
  ['is no JSON', () => '{'],
  ['has an event that is not known', (body: string) => body.replace('task_completed', 'task_perfected')],
  ['goes back in time', (body: string) => encodeRecord({ ...decodeRecord('r', 2, body), time: 1 })],
  ['has an event too many', (body: string) => encodeRecord({ ...decodeRecord('r', 2, body), commands: [] })],
] as const)('verify() finds a record that %s, and says which', async (_, change) => {
  const { world, host, run } = await ended()
  const entity = world.entity(run)
  const record = entity.records[1]
  if (record !== undefined) entity.records[1] = { ...record, body: change(record.body) }

  const { problem } = await host.coordinator.history.verify(run)

  expect(problem).toMatchObject({ record: 2, message: expect.stringContaining('ecord 2 of run') })
})

test('verify() finds a record that is missing', async () => {
  const { world, host, run } = await ended()
  world.entity(run).records.splice(1, 1)

  expect((await host.coordinator.history.verify(run)).problem).toMatchObject({ record: 2 })
})

test.each([
  ['run', (definition: Definition): Definition => ({ ...definition, concurrency })],
  [
    'task',
    (definition: Definition): Definition => ({
      ...definition,
      nodes: definition.nodes.map((node) => ({ ...node, concurrency })),
    }),
  ],
])('the retry of a %s that needs a permit asks for one of its own, and runs what failed alone', async (_, limited) => {
  const world = new World()
  const host = world.open()
  const run = await host.start(limited(list(refs)))
  await host.work(({ node }) => (node === 'b' ? failed('never') : completed(node)))
  expect(world.end(run)?.status).toBe('failed')

  const retry = await host.coordinator.retry({ run })
  const ran: string[] = []
  await host.work(({ node }) => {
    ran.push(node)
    return completed(node)
  })

  expect(ran).toEqual(['b', 'c'])
  expect(world.end(retry)?.status).toBe('completed')
  expect(world.events(retry).some(({ type }) => type === 'permit_granted')).toBe(true)
})
