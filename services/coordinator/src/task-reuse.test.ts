import type { Definition, NodeDef } from '@wonder/engine'
import { expect, test } from 'vitest'
import { each, list, task } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'

const refs = ['a', 'b', 'c']

/** Each task gets what the one before made. */
const chain: Definition = list(refs, {
  nodes: refs.map((ref, i): NodeDef => {
    const before = refs[i - 1]
    const from = before === undefined ? { path: ['input', 'x'] } : { path: ['tasks', before, 'output'] }
    return { ref, does: { kind: 'task', task: ref, input: { map: { at: { lit: ref }, from } } } }
  }),
  tasks: Object.fromEntries(refs.map((ref) => [ref, task()])),
})

/** `chain` with another program behind a task. */
function changed(ref: string): Definition {
  const steps = [{ ref: 'run', action: 'mock', on_failure: 'abort', if: 'true' }] as const
  return { ...chain, tasks: { ...chain.tasks, [ref]: task({ steps }) } }
}

async function earlier(definition = chain, input: { readonly [name: string]: string | string[] } = { x: '1' }) {
  const world = new World()
  const host = world.open()
  const run = await host.start(definition, input)
  await host.work()
  return { world, host, run }
}

/** Starts a run that reuses another, does what is left to do, and says which nodes that were. */
async function again(
  { host }: Awaited<ReturnType<typeof earlier>>,
  request: {
    readonly definition?: Definition
    readonly input?: { readonly [name: string]: string | string[] }
    readonly reuse: string
  },
) {
  const { definition = chain, input = { x: '1' }, reuse } = request
  const run = await host.coordinator.start({ definition, input, reuse })
  const ran: string[] = []
  await host.work(({ node }) => {
    ran.push(node)
    return completed(`new ${node}`)
  })
  return { run, ran }
}

test('a run that reuses another one does nothing that was done, and its journal says whose results it has', async () => {
  const first = await earlier()

  const { run, ran } = await again(first, { reuse: first.run })

  expect(ran).toEqual([])
  expect(first.world.end(run)?.output).toEqual(first.world.end(first.run)?.output)
  expect(first.world.events(run)[0]).toMatchObject({ type: 'run_started', reuse: first.run })
  const completions = first.world.events(run).filter((event) => event.type === 'task_completed')
  expect(completions.map(({ reused }) => reused)).toEqual(
    [1, 2, 3].map((attempt) => ({ run: first.run, token: expect.any(String), attempt })),
  )
  expect((await first.host.coordinator.history.at(run)).state.usage).toMatchObject({ steps: 0, tool_calls: 0 })
})

test('a changed task runs, and so does what gets another input through it', async () => {
  const first = await earlier()

  expect((await again(first, { reuse: first.run, definition: changed('b') })).ran).toEqual(['b', 'c'])
  expect((await again(first, { reuse: first.run, definition: changed('c') })).ran).toEqual(['c'])
  expect((await again(first, { reuse: first.run, input: { x: '2' } })).ran).toEqual(['a', 'b', 'c'])
})

test('what a changed task gives as before goes on without running what follows', async () => {
  const first = await earlier()
  const run = await first.host.coordinator.start({ definition: changed('a'), input: { x: '1' }, reuse: first.run })
  await first.host.work()

  expect(first.host.delivered.filter((message) => message.run === run)).toHaveLength(1)
  expect(first.world.end(run)?.status).toBe('completed')
})

test('of a run that failed the tasks that completed are reused', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(chain, { x: '1' })
  await host.work(({ node }) => (node === 'b' ? failed('never') : completed(`new ${node}`)))

  expect((await again({ world, host, run }, { reuse: run })).ran).toEqual(['b', 'c'])
})

test('a run that reuses can itself be reused, and large results go with it', async () => {
  const first = await earlier(list(['a']), {})
  const big = 'x'.repeat(100_000)
  const start = (reuse?: string) =>
    first.host.coordinator.start({ definition: list(['a', 'b']), input: {}, ...(reuse === undefined ? {} : { reuse }) })
  const second = await start()
  await first.host.work(() => completed({ big }))
  const third = await start(second)
  await first.host.work()
  await first.world.blobs.removeAll(`runs/${second}`)

  const fourth = await start(third)
  await first.host.work()

  expect(first.host.delivered.filter(({ run }) => run === third || run === fourth)).toEqual([])
  expect((await first.host.coordinator.history.verify(fourth)).problem).toBeNull()
})

test('a large result that is gone is made again', async () => {
  const first = await earlier(list(['a']), {})
  const run = await first.host.coordinator.start({ definition: list(['a']), input: {} })
  await first.host.work(() => completed({ big: 'x'.repeat(100_000) }))
  await first.world.blobs.removeAll(`runs/${run}`)
  const later = first.world.open()

  const next = await later.coordinator.start({ definition: list(['a']), input: {}, reuse: run })
  await later.work()

  expect(later.delivered.map((message) => message.run)).toEqual([next])
  expect(first.world.end(next)?.status).toBe('completed')
})

test('artifacts of reused tasks belong to the new run, and stay when the old one is removed', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  const { digest, size } = await world.blobs.putStream(`runs/${run}`, pieces('the report'))
  const artifacts = [{ name: 'r.md', digest, size, mediaType: 'text/markdown' }]
  await host.claim(message)
  await host.report(message, { status: 'completed', output: 1, artifacts })

  const next = await host.coordinator.start({ definition: list(['a']), input: {}, reuse: run })
  await host.work()
  await world.blobs.removeAll(`runs/${run}`)

  expect(new TextDecoder().decode((await world.blobs.get(`runs/${next}/${digest}`)) ?? undefined)).toBe('the report')
  expect(world.events(next)).toContainEqual(expect.objectContaining({ type: 'artifact_saved' }))
})

async function* pieces(text: string) {
  yield new TextEncoder().encode(text)
}

test('equal items get their own results, in their order, and a further one runs', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(each(), { items: ['x', 'x'] })
  let count = 0
  await host.work(() => completed(`result ${++count}`))

  const next = await host.coordinator.start({ definition: each(), input: { items: ['x', 'x', 'x'] }, reuse: run })
  await host.work(() => completed('new'))

  expect(world.end(next)?.output).toEqual({ e: ['result 1', 'result 2', 'new'] })
})

test('a crash at any record of a run that reuses changes nothing of what it does', async () => {
  const definition = each({ workers: 1 })
  const items = ['x', 'x', 'y', 'x', 'z']
  const first = await (async () => {
    const world = new World()
    const host = world.open()
    const run = await host.start(definition, { items: items.slice(0, 4) })
    let count = 0
    await host.work(() => completed(`result ${++count}`))
    return { world, host, run }
  })()
  const { world } = first
  const run = await first.host.coordinator.start({ definition, input: { items }, reuse: first.run })
  await first.host.work(() => completed('new'))
  const output = world.end(run)?.output
  expect(output).toEqual({ e: ['result 1', 'result 2', 'result 3', 'result 4', 'new'] })
  const { records } = world.entity(run)
  const whole = [...records]

  for (let cut = 1; cut < whole.length; cut++) {
    records.splice(0, records.length, ...whole)
    world.cut(run, cut)
    const host = world.open()
    await host.coordinator.command(run, { kind: 'recover' })
    await host.work(() => completed('new'))
    expect(world.end(run)?.output, `cut after record ${cut}`).toEqual(output)
    expect(host.delivered.length, `cut after record ${cut}`).toBeLessThanOrEqual(1)
  }
})

test('a process that dies between looking and writing looks again', async () => {
  const first = await earlier()
  const { world, host } = first
  const run = await host.coordinator.start({ definition: chain, input: { x: '1' }, reuse: first.run })
  const next = world.open()
  await settled()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(next.delivered).toEqual([])
  expect(world.end(run)?.status).toBe('completed')
})

test.each([
  ['none', 'run_not_found'],
  ['other', 'reuse_other_workflow'],
  ['empty', 'nothing_to_reuse'],
])('a run cannot reuse one that is %s, and nothing is started', async (which, code) => {
  const { world, host } = await earlier()
  const other = await host.start({ ...list(['a']), workflow: 'other' })
  const empty = await host.start(list(['a']))
  const before = world.disk.entities.size
  const reuse = { none: 'none', other, empty }[which] ?? ''

  await expect(host.coordinator.start({ definition: chain, input: { x: '1' }, reuse })).rejects.toMatchObject({ code })
  expect(world.disk.entities.size).toBe(before)
})

/** Tasks whose results are kept for a second. */
function kept(key?: NonNullable<NodeDef['cache']>['key'], interrupted: 'rerun' | 'ask' = 'rerun'): Definition {
  const cache = { for: 1_000, ...(key === undefined ? {} : { key }) }
  const tasks = Object.fromEntries(refs.map((ref) => [ref, task({ interrupted })]))
  return { ...chain, tasks, nodes: chain.nodes.map((node) => ({ ...node, cache })) }
}

test('what is kept is not done again by another run, also of another process, until its time is over', async () => {
  const first = await earlier(kept())
  await first.host.coordinator.whenKept()
  const { world } = first
  const host = world.open()

  const second = await host.start(kept(), { x: '1' })
  await host.work()
  expect(host.delivered).toEqual([])
  expect(world.end(second)?.output).toEqual(world.end(first.run)?.output)
  const completions = world.events(second).filter((event) => event.type === 'task_completed')
  expect(completions.map(({ reused }) => reused?.run)).toEqual([first.run, first.run, first.run])

  await host.start(kept(), { x: '2' })
  await host.work()
  expect(host.delivered).toHaveLength(1)
  await world.clock.advance(1_000)
  await host.start(kept(), { x: '1' })
  await host.work()
  expect(host.delivered.length).toBeGreaterThan(1)
})

test('with a key of its own a result is found by that and by the task, whatever the input', async () => {
  const key = { path: ['input', 'key'] }
  const first = await earlier(kept(key), { x: '1', key: 'k' })
  await first.host.coordinator.whenKept()
  const { host } = first

  await host.start(kept(key), { x: '2', key: 'k' })
  await host.work()
  expect(host.delivered).toHaveLength(3)
  await host.start(kept(key), { x: '1', key: 'other' })
  await host.work()
  expect(host.delivered).toHaveLength(6)
})

test('a failed task is not kept, and a run that went on after a crash keeps what it makes', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(kept(), { x: '1' })
  await host.take()
  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.work(({ node }) => (node === 'b' ? failed('never') : completed(node)))
  await next.coordinator.whenKept()

  const later = await next.start(kept(), { x: '1' })
  const ran: string[] = []
  await next.work(({ node }) => {
    ran.push(node)
    return completed(node)
  })
  expect(ran).toEqual(['b', 'c'])
  expect(world.end(later)?.status).toBe('completed')
})

test('a crash at any record of a run whose results are kept ends as without it', async () => {
  const definition = kept(undefined, 'ask')
  const first = await earlier(definition)
  await first.host.coordinator.whenKept()
  const { world } = first
  const run = await first.host.start(definition, { x: '1' })
  await first.host.work()
  const output = world.end(run)?.output
  const { records } = world.entity(run)
  const whole = [...records]

  for (let cut = 1; cut < whole.length; cut++) {
    records.splice(0, records.length, ...whole)
    world.cut(run, cut)
    const host = world.open()
    await host.coordinator.command(run, { kind: 'recover' })
    await host.work()
    expect({ output: world.end(run)?.output, delivered: host.delivered }).toEqual({ output, delivered: [] })
  }
})

test('a secret stands by its name in the input, and the name of the work tells nothing of it', async () => {
  const definition = { ...kept(), secrets: [{ name: 'TOKEN', optional: false }] }
  const nodes = definition.nodes.map(
    (node): NodeDef => ({
      ...node,
      does: { kind: 'task', task: 'a', input: { map: { at: { lit: 'a' }, token: { path: ['secrets', 'TOKEN'] } } } },
    }),
  )
  const first = await earlier({ ...definition, nodes })
  await first.host.coordinator.whenKept()

  const ordered = first.world.events(first.run).find((event) => event.type === 'task_dispatched')
  expect(ordered?.input).toEqual({ at: 'a', token: { $parts: [{ secret: 'TOKEN', escape: 'none' }] } })
  expect(ordered?.cache).toMatch(/^sha256:/)
})

test('a run sees other env values than the one before: tasks that read them run again', async () => {
  const steps = [
    { ref: 'run', action: 'mock', on_failure: 'abort', config: { map: { url: { path: ['env', 'URL'] } } } },
  ] as const
  const definition = { ...chain, tasks: { ...chain.tasks, b: task({ steps }) } }
  const world = new World()
  world.env = { URL: 'one' }
  const host = world.open()
  const run = await host.start(definition, { x: '1' })
  await host.work()
  const first = { world, host, run }

  expect((await again(first, { definition, reuse: run })).ran).toEqual([])
  world.env = { URL: 'two' }
  expect((await again(first, { definition, reuse: run })).ran).toEqual(['b', 'c'])
})
