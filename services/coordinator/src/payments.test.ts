import type { Definition, Json, NodeWork } from '@wonder/engine'
import { expect, test } from 'vitest'
import { list } from '../test/definitions.ts'
import { settled, World } from '../test/world.ts'

/** Nodes of the kernel, one after the other. */
function chain(works: { readonly [ref: string]: NodeWork }, parts: Partial<Definition> = {}): Definition {
  const refs = Object.keys(works)
  const nodes = refs.map((ref) => ({ ref, does: works[ref] as NodeWork }))
  return list(refs, { nodes, ...parts })
}

const waits = chain({ go: { kind: 'wait', signal: { lit: 'go' } } })
const tells = (payload: Json): Definition =>
  chain({ tell: { kind: 'signal', name: { lit: 'go' }, run: { path: ['input', 'to'] }, payload: { lit: payload } } })

test('a signal reaches another run, and its sender goes on after that', async () => {
  const world = new World()
  const host = world.open()
  const to = await host.start(waits)

  const from = await host.start(tells({ n: 1 }), { to })
  expect(await host.coordinator.whenResting(from)).toBe('completed')

  expect(world.end(to)?.output).toEqual({ go: { n: 1 } })
  const [received] = world.events(to).filter((event) => event.type === 'signal_received')
  expect(received).toMatchObject({ by: `run:${from}`, key: `${from}/1.1/1` })
  expect(world.entity(from).wake).toBe(null)
})

test('a large payload arrives whole', async () => {
  const world = new World()
  const host = world.open()
  const to = await host.start(waits)
  const text = 'x'.repeat(200_000)

  const from = await host.start(tells({ text }), { to })
  await host.coordinator.whenResting(from)

  expect(world.end(to)?.status).toBe('completed')
  const value = await world.blobs.get(`runs/${to}/${blobOf(world, to)}`)
  expect(new TextDecoder().decode(value ?? new Uint8Array())).toContain(text)
})

test('a signal is delivered once, although the sender crashed before it knew', async () => {
  const world = new World()
  const host = world.open()
  const to = await host.start(waits)
  const from = await host.start(tells(1), { to })
  await host.coordinator.whenResting(from)
  // The sender does not know that it has arrived.
  world.cut(from, 1)

  const next = world.open()
  expect((await next.coordinator.command(from, { kind: 'recover' })).status).toBe('applied')
  expect(await next.coordinator.whenResting(from)).toBe('completed')

  expect(world.events(to).filter((event) => event.type === 'signal_received')).toHaveLength(1)
})

test('a signal to a run that is not there, or that has ended, fails its task', async () => {
  const world = new World()
  const host = world.open()
  const nowhere = await host.start(tells(1), { to: 'nowhere' })
  await host.coordinator.whenResting(nowhere)
  expect(world.end(nowhere)?.error?.code).toBe('run_not_found')

  const ended = await host.start(chain({ done: { kind: 'end' } }))
  const from = await host.start(tells(1), { to: ended })
  await host.coordinator.whenResting(from)
  expect(world.end(from)?.error?.code).toBe('invalid_transition')
})

test('signals that come with the start are in the first record', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.coordinator.start({ definition: waits, input: {}, signals: [{ name: 'go', payload: 3 }] })

  expect(world.entity(run).records).toHaveLength(1)
  expect(world.end(run)?.output).toEqual({ go: 3 })
  await expect(
    host.coordinator.start({ definition: waits, input: {}, signals: [{ name: '', payload: 3 }] }),
  ).rejects.toMatchObject({ code: 'invalid_value' })
})

test('a run that waits for a person or a signal is not in memory', async () => {
  const world = new World()
  const host = world.open()
  await host.start(waits)
  const asks = await host.start(chain({ owner: { kind: 'ask', text: { lit: 'Go on?' } } }))
  await settled()

  expect(host.coordinator.openRuns).toEqual([])
  expect(await host.coordinator.whenResting(asks)).toBe('blocked_decision')
  expect((await host.coordinator.command(asks, { kind: 'answer', decision: 'approve', roles: [] })).status).toBe(
    'applied',
  )
  expect(world.end(asks)?.status).toBe('completed')
})

function blobOf(world: World, run: string): string {
  const text = JSON.stringify(world.events(run))
  return /sha256:[0-9a-f]{64}/.exec(text.slice(text.indexOf('$blob')))?.[0] ?? ''
}
