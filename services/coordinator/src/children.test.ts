import { closureDigest, type Definition, type NodeDef } from '@wonder/engine'
import { expect, test } from 'vitest'
import { asking, list } from '../test/definitions.ts'
import { completed, echo, failed, type Process, settled, World } from '../test/world.ts'

const leaf = list(['x', 'y'])

/** A list of two: another workflow, and a task. */
function above(child: Definition, parts: Partial<Extract<NodeDef['does'], { kind: 'workflow' }>> = {}): Definition {
  const does = { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close: 'cancel', ...parts } as const
  return list(['a', 'b'], {
    workflows: { sub: closureDigest(child) },
    nodes: [
      { ref: 'a', does },
      { ref: 'b', does: { kind: 'task', task: 'mock', input: { lit: { at: 'b' } } } },
    ],
  })
}

function start(host: Process, definition: Definition, ...workflows: readonly Definition[]): Promise<string> {
  return host.coordinator.start({ definition, workflows, input: {} })
}

const statuses = (world: World) => world.runs().map((run) => world.row(run)?.status)

test('a child begins with the tags of its parent, and its row names it', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.coordinator.start({ definition: above(leaf), workflows: [leaf], input: {}, tags: ['t'] })
  await host.work()

  const [, child = ''] = world.runs()
  expect(world.row(child)).toMatchObject({ parent: run, tags: ['t'], status: 'completed' })
  expect(world.row(run)).toMatchObject({ parent: null, status: 'completed' })
  expect(world.end(run)?.output).toEqual({ a: { x: { did: 'x' }, y: { did: 'y' } }, b: { did: 'b' } })
})

test('a parent that waits costs no memory', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, above(leaf), leaf)
  await settled()
  expect(host.coordinator.openRuns).not.toContain(run)
})

test('cancel reaches three levels, and all is settled', async () => {
  const world = new World()
  const host = world.open()
  const middle = above(leaf)
  const run = await start(host, above(middle), middle, leaf)
  await settled()
  expect(statuses(world)).toEqual(['waiting', 'waiting', 'running'])

  await host.coordinator.command(run, { kind: 'cancel', by: 'ann' })
  expect(await host.coordinator.whenResting(run)).toBe('cancelled')

  expect(statuses(world)).toEqual(['cancelled', 'cancelled', 'cancelled'])
  expect(world.runs().map((one) => world.entity(one).wake)).toEqual([null, null, null])
  expect(host.aborted).toHaveLength(1)
})

test('pause and resume reach three levels', async () => {
  const world = new World()
  const host = world.open()
  const middle = above(leaf)
  const run = await start(host, above(middle), middle, leaf)
  const task = await host.take()

  await host.coordinator.command(run, { kind: 'pause' })
  const resting = host.coordinator.whenResting(run)
  await settled()
  await host.complete(task, 1)
  expect([await resting, statuses(world)]).toEqual(['paused', ['paused', 'paused', 'paused']])

  await host.coordinator.command(run, { kind: 'resume' })
  await host.work()
  expect(statuses(world)).toEqual(['completed', 'completed', 'completed'])
})

test('whenResting() of a parent waits for its child, and then for what follows', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, above(leaf), leaf)
  let rested: string | null = null
  const resting = host.coordinator.whenResting(run).then((status) => {
    rested = status
  })
  await host.complete(await host.take(), 1)
  await settled()
  expect(rested).toBe(null)
  await host.work()
  await resting
  expect(rested).toBe('completed')
})

test('whenResting() of a parent whose child waits for a person has the status of the child', async () => {
  const world = new World()
  const first = world.open()
  const run = await start(first, above(asking), asking)
  await first.complete(await first.take(), 1)
  await first.claim(await first.take())

  const host = world.open()
  for (const one of world.runs()) await host.coordinator.command(one, { kind: 'recover' })
  expect(await host.coordinator.whenResting(run)).toBe('blocked_decision')
  expect(world.row(run)?.status).toBe('waiting')

  const [, child = ''] = world.runs()
  await host.coordinator.command(child, { kind: 'decide_interruption', task: 'b', decision: 'rerun' })
  const resting = host.coordinator.whenResting(run)
  await host.work()
  expect(await resting).toBe('completed')
})

test('whenResting() of a run waits for detached children, which it never ends', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, above(leaf, { detached: true }), leaf)
  await settled()
  const tasks = [await host.take(), await host.take()]
  let rested: string | null = null
  const resting = host.coordinator.whenResting(run).then((status) => {
    rested = status
  })
  for (const task of tasks) if (task.run === run) await host.complete(task, 1)
  await settled()
  expect([statuses(world), rested]).toEqual([['completed', 'running'], null])

  for (const task of tasks) if (task.run !== run) await host.complete(task, 1)
  await host.work()
  await resting
  expect([rested, statuses(world)]).toEqual(['completed', ['completed', 'completed']])
})

test('what has ended is not remembered', async () => {
  const world = new World()
  const host = world.open()
  for (let i = 0; i < 3; i++) await start(host, above(leaf), leaf)
  await host.work()
  await settled()
  expect(host.coordinator.openRuns).toEqual([])
  for (const run of world.runs()) expect(await host.coordinator.whenResting(run)).toBe('completed')
})

test('large values cross from the parent to the child and back', async () => {
  const world = new World()
  const host = world.open()
  const text = 'x'.repeat(200_000)
  const child = list(['x'], { outputs: { map: { text: { path: ['input', 'text'] } } } })
  const parent = above(child, { input: { map: { text: { path: ['input', 'text'] } } } })
  const size = { cel: 'size(tasks.a.output.text)' }
  const run = await host.coordinator.start({
    definition: { ...parent, outputs: size },
    workflows: [child],
    input: { text },
  })
  await host.work(() => completed(1))
  expect(world.end(run)?.output).toBe(200_000)
})

test('a child whose input does not fit fails its node, and there is no such run', async () => {
  const world = new World()
  const host = world.open()
  const strict = list(['x'], { input: { type: 'object', required: ['must'] } })
  const run = await start(host, above(strict), strict)
  await settled()
  expect(world.end(run)).toMatchObject({ status: 'failed', error: { details: { error: { code: 'invalid_input' } } } })
  expect(world.runs()).toEqual([run])
  expect(await host.coordinator.whenResting(run)).toBe('failed')
})

test('a child that takes too long is cancelled, and its parent fails', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, above(leaf, { timeout: 5_000 }), leaf)
  await settled()
  world.clock.advance(5_000)
  await settled()
  expect(world.end(run)).toMatchObject({ status: 'failed', error: { code: 'child_timeout' } })
  expect(statuses(world)).toEqual(['failed', 'cancelled'])
})

test('a child that goes on after its parent says nothing to it', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, above(leaf, { close: 'continue' }), leaf)
  await settled()
  await host.coordinator.command(run, { kind: 'cancel' })
  await host.work()
  await settled()
  expect(statuses(world)).toEqual(['cancelled', 'completed'])
  expect(world.runs().map((one) => world.entity(one).wake)).toEqual([null, null])
})

test('an order that is paid twice is one run', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, above(leaf), leaf)
  await settled()
  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.coordinator.command(run, { kind: 'recover' })
  const [, child = ''] = world.runs()
  await next.coordinator.command(child, { kind: 'recover' })
  await next.coordinator.command(child, { kind: 'recover' })
  await next.work()
  expect([world.runs().length, next.delivered.length]).toEqual([2, 3])
})

test('the failure of a child three levels down is told level by level', async () => {
  const world = new World()
  const host = world.open()
  const middle = above(leaf)
  const run = await start(host, above(middle), middle, leaf)
  await host.work(({ node, input }) => (node === 'y' ? failed('never') : echo({ node, input } as never)))
  expect(statuses(world)).toEqual(['failed', 'failed', 'failed'])
  expect(world.end(run)?.error?.message).toBe('Sub-workflow "sub" failed: Sub-workflow "sub" failed: exit code 1')
})
