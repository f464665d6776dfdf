import type { Definition } from '@wonder/engine'
import { expect, test } from 'vitest'
import { list } from '../test/definitions.ts'
import { settled, World } from '../test/world.ts'

/** Two tasks, of which the first needs a permit of the key "deploy". */
function limited(limit: number, whenFull: 'queue' | 'reject' | 'cancel_older' = 'queue'): Definition {
  const plain = list(['a', 'b'])
  const concurrency = { key: { lit: 'deploy' }, limit, when_full: whenFull } as const
  return { ...plain, nodes: plain.nodes.map((node) => (node.ref === 'a' ? { ...node, concurrency } : node)) }
}

function whole(limit: number): Definition {
  return { ...list(['a']), concurrency: { key: { lit: 'all' }, limit, when_full: 'queue' } }
}

test('of many runs no more than the limit are at the task, and all complete in the order of their start', async () => {
  const world = new World()
  const host = world.open()
  const runs: string[] = []
  for (let n = 0; n < 10; n++) runs.push(await host.start(limited(2)))
  const order: string[] = []

  for (let round = 0; round < 40; round++) {
    await settled()
    const atA = host.messages.filter(({ run }) => !order.includes(run))
    expect(atA.length).toBeLessThanOrEqual(2)
    const message = host.messages.shift()
    if (message === undefined) break
    if (!order.includes(message.run)) order.push(message.run)
    await host.claim(message)
    await host.complete(message, 1)
  }

  expect(order).toEqual(runs)
  expect(runs.map((run) => world.end(run)?.status)).toEqual(runs.map(() => 'completed'))
  expect(world.disk.shared.get('limit')?.get('deploy')?.wake).toBeNull()
})

test('a run that is cancelled while it waits leaves the queue, and one that holds gives its permit on', async () => {
  const world = new World()
  const host = world.open()
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => host.start(limited(1))))
  await settled()
  expect(host.messages.map(({ run }) => run)).toEqual([first])

  await host.coordinator.command(second ?? '', { kind: 'cancel' })
  await host.coordinator.command(first ?? '', { kind: 'cancel' })
  await settled()

  expect(host.messages.at(-1)).toMatchObject({ run: third })
  expect(await host.coordinator.whenResting(first ?? '')).toBe('cancelled')
  await host.work()
  expect(world.end(third ?? '')?.status).toBe('completed')
})

test('a run that waits for a permit is not in memory', async () => {
  const host = new World().open()
  await host.start(limited(1))
  await host.start(limited(1))
  await settled()

  expect(host.coordinator.openRuns).toHaveLength(1)
})

test('permits survive the process: what was held is held, and what waited is granted in its turn', async () => {
  const world = new World()
  const host = world.open()
  const [first, second] = [await host.start(limited(1)), await host.start(limited(1))]
  await settled()

  const next = world.open()
  for (const run of [second, first]) await next.coordinator.command(run, { kind: 'recover' })
  await settled()
  expect(next.messages.map(({ run }) => run)).toEqual([first])
  await next.work()

  expect([first, second].map((run) => world.end(run)?.status)).toEqual(['completed', 'completed'])
})

test('a crash between the end of a run and its release is mended by the one who takes the run over', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(limited(1))
  const message = await host.take()
  host.store.failShared = true
  await host.complete(message, 1)
  await settled()
  const other = await world.open('beside').start(limited(1))

  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect([run, other].map((one) => world.end(one)?.status)).toEqual(['completed', 'completed'])
  expect(await next.limits.permits()).toEqual([])
})

test('a younger task takes the place of an older one, whose executor is told', async () => {
  const world = new World()
  const host = world.open()
  const older = await host.start(limited(1, 'cancel_older'))
  const message = await host.take()
  await host.claim(message)

  const younger = await host.start(limited(1, 'cancel_older'))
  await settled()

  expect(host.aborted).toEqual([message])
  expect(world.end(older)).toMatchObject({ status: 'failed', error: { code: 'superseded' } })
  await host.work()
  expect(world.end(younger)?.status).toBe('completed')
})

test('a run as a whole waits for its permit and gives it back at its end', async () => {
  const world = new World()
  const host = world.open()
  const [first, second] = [await host.start(whole(1)), await host.start(whole(1))]
  await settled()
  expect(world.row(second)?.status).toBe('waiting')
  expect(host.messages.map(({ run }) => run)).toEqual([first])

  await host.work()

  expect([first, second].map((run) => world.end(run)?.status)).toEqual(['completed', 'completed'])
  expect(await host.limits.permits()).toEqual([])
})

test('startKeyed() starts one run for a key, and refuses another input', async () => {
  const world = new World()
  const host = world.open()
  const definition = list(['a'])
  const start = (input: object) => host.coordinator.startKeyed({ definition, input: { ...input }, key: 'order-7' })

  const [one, two] = await Promise.all([start({ n: 1 }), start({ n: 1 })])

  expect(one?.run).toBe(two?.run)
  expect([one?.first, two?.first].filter(Boolean)).toHaveLength(1)
  await expect(start({ n: 2 })).rejects.toMatchObject({ code: 'key_conflict', details: { run: one?.run } })
  expect(world.disk.entities.size).toBe(1)
})

test('startKeyed() starts the run that a crash kept from beginning', async () => {
  const world = new World()
  const host = world.open()
  const definition = list(['a'])
  const request = { definition, input: {}, key: 'order-7' }
  host.store.failRuns = true
  await expect(host.coordinator.startKeyed(request)).rejects.toThrow()
  const [key] = world.disk.shared.get('key')?.values() ?? []
  const { e } = JSON.parse(key?.records[0]?.body ?? '{}')

  const again = await world.open().coordinator.startKeyed(request)

  expect(again).toEqual({ run: e[0].run, first: true })
  expect(world.events(again.run)[0]?.type).toBe('run_started')
})
