import type { Definition } from '@wonder/engine'
import { closureDigest } from '@wonder/engine'
import { expect, test } from 'vitest'
import { each, list } from '../test/definitions.ts'
import { echo, failed, type Process, settled, World } from '../test/world.ts'

const child = list(['x', 'y'])
const workflows = { sub: closureDigest(child) }

function parentOf(parts: { readonly close?: 'cancel' | 'continue'; readonly detached?: boolean } = {}): Definition {
  const { close = 'cancel', ...rest } = parts
  const does = { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close, ...rest } as const
  return list(['a', 'b'], {
    workflows,
    nodes: [
      { ref: 'a', does },
      { ref: 'b', does: { kind: 'task', task: 'mock', input: { lit: { at: 'b' } } } },
    ],
  })
}

/** Three children at a time, beside each other. */
const many: Definition = (() => {
  const definition = each()
  const nodes = definition.nodes.map((node) =>
    node.does.kind === 'task'
      ? { ...node, does: { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close: 'cancel' } as const }
      : node,
  )
  return { ...definition, nodes, workflows }
})()

function start(host: Process, definition: Definition, input = {}): Promise<string> {
  return host.coordinator.start({ definition, workflows: [child], input })
}

/** Works until all that was begun has ended and owes nothing. */
async function toTheEnd(world: World, host: Process): Promise<void> {
  for (let rounds = 0; ; rounds++) {
    await host.work()
    await settled()
    const open = world.runs().filter((run) => world.end(run) === null || world.entity(run).wake !== null)
    if (open.length === 0) return
    if (rounds > 60) throw new Error(`these do not end: ${open.join(', ')}`)
    world.clock.advance(1_000)
  }
}

/** Ids that the parent ordered, with how often each was begun. */
function begun(world: World): readonly string[] {
  return world
    .runs()
    .flatMap((run) => world.events(run).flatMap((event) => (event.type === 'run_started' ? [run] : [])))
}

const scenarios = [
  { name: 'a parent and a child', definition: parentOf(), input: {}, children: 1 },
  { name: 'a detached child', definition: parentOf({ detached: true }), input: {}, children: 1 },
  { name: 'children beside each other', definition: many, input: { items: [0, 1, 2] }, children: 3 },
] as const

test.for(scenarios)(
  '$name: killed before any append, or after it, all end as they would have, each begun once',
  async (scenario) => {
    const { definition, input, children } = scenario
    const whole = new World()
    const first = whole.open()
    const run = await start(first, definition, input)
    await toTheEnd(whole, first)
    const appends = first.store.appends.length
    const result = whole.end(run)
    expect(result?.status).toBe('completed')
    expect(begun(whole)).toHaveLength(children + 1)

    for (const when of ['before', 'after'] as const) {
      for (let at = 1; at < appends; at++) {
        const world = new World()
        const host = world.open()
        const id = await start(host, definition, input)
        host.store.killAt(at, when)
        await host.work().catch(() => undefined)
        await settled()
        const next = world.open()
        for (const one of [...world.runs()].sort(() => (at % 2 === 0 ? 1 : -1)))
          if (world.end(one) === null) await next.coordinator.command(one, { kind: 'recover' })
        await toTheEnd(world, next)

        expect(world.end(id)?.output, `killed ${when} append ${at}`).toEqual(result?.output)
        expect(begun(world)).toHaveLength(children + 1)
        for (const one of world.runs()) expect(world.end(one)?.status).toBe('completed')
      }
    }
  },
)

test('a child whose parent is cancelled is cancelled, whatever crashes between', async () => {
  for (let at = 0; at < 12; at++) {
    const world = new World()
    const host = world.open()
    const run = await start(host, many, { items: [0, 1, 2] })
    await settled()
    host.store.killAt(host.store.appends.length + at, at % 2 === 0 ? 'before' : 'after')
    await host.coordinator.command(run, { kind: 'cancel' }).catch(() => undefined)
    await settled()
    const next = world.open()
    for (const one of world.runs())
      if (world.end(one) === null) await next.coordinator.command(one, { kind: 'recover' })
    if (world.end(run) === null) await next.coordinator.command(run, { kind: 'cancel' })
    await settled()
    world.clock.advance(10_000)
    await toTheEnd(world, next)

    expect(world.runs().map((one) => world.end(one)?.status)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
    ])
  }
})

test('the failure of a child says where it comes from', async () => {
  const world = new World()
  const host = world.open()
  const run = await start(host, parentOf())
  await host.work(({ node }) => (node === 'y' ? failed('never') : echo({ input: { at: node } } as never)))
  await settled()
  expect(world.end(run)).toMatchObject({
    status: 'failed',
    error: { code: 'child_failed', details: { workflow: 'sub' } },
  })
})
