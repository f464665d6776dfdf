import { closureDigest, type Definition, type NodeDef } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Grant, Json, Report } from '@wonder/platform'
import { expect, test } from 'vitest'
import { backoff, each, list, task } from '../test/definitions.ts'
import { completed, echo, failed, type Process, settled, World } from '../test/world.ts'

type Perform = (grant: Grant, attempt: number) => Report['result']

/** Tries again until it succeeds, as whoever asks a run of something does. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (tries === 5) throw error
    }
  }
}

/** Works, and lets time pass, until all runs have ended and owe nothing. */
async function toTheEnd(world: World, host: Process, perform: Perform): Promise<void> {
  const { results } = host.coordinator
  for (let rounds = 0; rounds < 200; rounds++) {
    await settled()
    const messages = host.messages.splice(0)
    for (const message of messages) {
      const claim = await again(() => results.claim(message, 'x'))
      if (claim.status === 'granted') await again(() => host.report(message, perform(claim, message.attempt)))
    }
    if (messages.length > 0) continue
    const open = world.runs().filter((run) => world.end(run) === null || world.entity(run).wake !== null)
    if (open.length === 0) return
    world.clock.advance(1_000)
  }
  throw new Error('the runs do not end')
}

const child = list(['x', 'y'])
const workflows = { sub: closureDigest(child) }
const sub: NodeDef['does'] = { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close: 'cancel' }
const parent: Definition = list(['a', 'b'], {
  workflows,
  nodes: [
    { ref: 'a', does: sub },
    { ref: 'b', does: { kind: 'task', task: 'mock', input: { lit: { at: 'b' } } } },
  ],
})
const parallel: Definition = {
  ...each(),
  workflows,
  nodes: each().nodes.map((node) => (node.does.kind === 'task' ? { ...node, does: sub } : node)),
}

const limited: Definition = {
  ...each(),
  nodes: each().nodes.map((node) =>
    node.does.kind === 'task' ? { ...node, concurrency: { key: { lit: 'k' }, limit: 1, when_full: 'queue' } } : node,
  ),
}

const scenarios: readonly {
  readonly name: string
  readonly definition: Definition
  readonly input?: Json
  readonly perform?: Perform
}[] = [
  { name: 'a list', definition: list(['a', 'b', 'c']) },
  { name: 'an each with workers', definition: each({ workers: 2 }), input: { items: [0, 1, 2, 3] } },
  {
    name: 'retries',
    definition: list(['a', 'b'], { tasks: { mock: task({ retry: backoff }) } }),
    perform: (grant, attempt) => (attempt < 3 ? failed() : echo(grant)),
  },
  { name: 'tasks that wait for a permit', definition: limited, input: { items: [0, 1, 2] } },
  { name: 'a child', definition: parent },
  { name: 'a child with large values', definition: parent, perform: ({ node }) => completed(node.repeat(100_000)) },
  { name: 'children beside each other', definition: parallel, input: { items: [0, 1, 2] } },
]

/** What is called after the end does not fail. */
type Course = { done: boolean }

/** Starts the run and works to its end, with something that fails once. */
async function once(
  { definition, input = {}, perform = echo }: (typeof scenarios)[number],
  fail: (host: Process, world: World, course: Course) => void,
) {
  const course: Course = { done: false }
  const world = new World()
  const host = world.open()
  fail(host, world, course)
  const id = 'run'
  await again(() => host.coordinator.start({ definition, workflows: [child], input, id }))
  const resting = again(() => host.coordinator.whenResting(id))
  await toTheEnd(world, host, perform)
  const rests = await resting
  course.done = true
  const { problem } = await host.coordinator.history.verify(id)
  const ends = world.runs().map((run) => world.events(run).filter(({ type }) => type === 'run_ended'))
  return { appends: host.store.appends.length, ends, rests, problem, open: host.coordinator.openRuns }
}

test.for(scenarios)('$name: whichever append fails, stored or not, it ends as it would have', async (scenario) => {
  const { appends, ...whole } = await once(scenario, () => undefined)
  expect(whole).toMatchObject({ rests: 'completed', problem: null, open: [] })

  for (let at = 0; at < appends; at++) {
    for (const when of ['before', 'after'] as const) {
      const error = new WonderError('store_full', `Cannot append: the disk is full (${at}, ${when})`)
      const { appends: _, ...failing } = await once(scenario, ({ store }) => store.failAt({ at, when, error }))
      expect(failing, `append ${at} fails ${when} it is stored`).toEqual(whole)
    }
  }
})

const reading = ['read', 'snapshot', 'version'] as const
const ofBlobs = ['put', 'putStream', 'get', 'has', 'open', 'list'] as const

/** Calls `onCall` before each read of the store, and each use of blobs. */
function watchCalls(onCall: (name: string) => void, { store }: Process, { blobs }: World, course: Course): void {
  const wrap = (target: object, name: string) => {
    const call: unknown = Reflect.get(target, name)
    if (typeof call !== 'function') throw new Error(`there is no ${name}()`)
    Reflect.set(target, name, async (...args: unknown[]) => {
      if (!course.done) onCall(name)
      return await call.apply(target, args)
    })
  }
  for (const name of reading) wrap(store, name)
  for (const name of ofBlobs) wrap(blobs, name)
}

test.for(scenarios)('$name: whatever cannot be read or kept once, it ends as it would have', async (scenario) => {
  let calls = 0
  const { appends: _all, ...whole } = await once(scenario, (...world) => watchCalls(() => calls++, ...world))

  for (let at = 0; at < calls; at++) {
    let call = 0
    let failing = ''
    const fail = (name: string) => {
      if (call++ !== at) return
      failing = name
      throw new WonderError('store_busy', `Cannot ${name}: the disk is slow`)
    }
    const { appends: _, ...other } = await once(scenario, (...world) => watchCalls(fail, ...world))
    expect(other, `${failing}() fails, call ${at}`).toEqual(whole)
  }
})

test('a retry whose appends fail gives no result to another branch, however alike they are', async () => {
  const items = Array.from({ length: 6 }, () => 'same')
  for (let at = 0; at < 12; at++) {
    for (const when of ['before', 'after'] as const) {
      const world = new World()
      const before = world.open()
      const run = await before.start(each({ workers: 2 }), { items })
      let made = 0
      await before.work(() => (made++ === 2 ? failed('never') : completed(made - 1)))
      expect(world.end(run)?.status).toBe('failed')
      const host = world.open()
      host.store.failAt({ at, when, error: new WonderError('store_full', 'Cannot append: the disk is full') })

      const retry = await again(() => host.coordinator.retry({ run }))
      await toTheEnd(world, host, () => completed('anew'))

      const output = world.end(retry)?.output as { readonly e: readonly Json[] }
      for (const [index, value] of output.e.entries()) expect([index, 'anew']).toContain(value)
      expect((await host.coordinator.history.verify(retry)).problem).toBeNull()
      expect(host.coordinator.openRuns).toEqual([])
    }
  }
})

test('a retry whose append failed after it was stored takes over what was done all the same', async () => {
  const items = ['a', 'b', 'c', 'd', 'e']
  for (let at = 0; at < 6; at++) {
    const world = new World()
    const before = world.open()
    const run = await before.start(each({ workers: 1 }), { items })
    await before.work((grant) => ((grant.input as { at: string }).at === 'b' ? failed('never') : echo(grant)))
    const host = world.open()
    const retry = await host.coordinator.retry({ run })
    const error = new WonderError('store_full', 'Cannot append: the disk is full')
    host.store.failAt({ at: host.store.appends.length + at, when: 'after', error })

    const ran = new Set<Json>()
    await toTheEnd(world, host, (grant) => {
      ran.add((grant.input as { at: string }).at)
      return echo(grant)
    })

    expect([...ran], `append ${at}`).toEqual(['b'])
    expect(world.end(retry)?.status).toBe('completed')
  }
})
