import { expect, test } from 'vitest'
import { workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { closureDigest, compilePlan, decide, encodeSnapshot, fits, type RunRecord, rebase } from './index.ts'

const first = workflow({
  tasks: [
    { kind: 'task', id: 'a' },
    { kind: 'task', id: 'b' },
  ],
})
const second = workflow({
  tasks: [
    { kind: 'task', id: 'b' },
    { kind: 'task', id: 'a' },
    { kind: 'task', id: 'c' },
  ],
})
const plan = compilePlan(second, closureDigest(second))
const none = { get: () => undefined, has: () => false }

function migrated() {
  const run = new SimulatedRun(first, { checks: false })
  run.start()
  const moved = run.send({ kind: 'migrate', definition: plan.digest }, { kind: 'pause' })
  return { run, moved }
}

test('a migration is alone in its record: what follows is for the next decision', () => {
  const { moved } = migrated()

  expect(moved.outcomes).toEqual([{ status: 'applied' }])
  expect(moved.record?.events.map(({ type }) => type)).toEqual(['run_migrated'])
})

test('a migration that is not the first command waits for the next decision', () => {
  const run = new SimulatedRun(first, { checks: false })
  run.start()

  const { outcomes } = run.send({ kind: 'pause' }, { kind: 'migrate', definition: plan.digest })

  expect(outcomes).toEqual([{ status: 'applied' }])
  expect(run.state.definition).not.toBe(plan.digest)
})

test('after it the state stands over the new plan, and the task that was out completes there', () => {
  const { run } = migrated()

  const state = rebase(run.plan, plan, run.state)

  expect(state.definition).toBe(plan.digest)
  const [token] = [...state.tokens.values()]
  expect(plan.nodes[token?.node ?? -1]?.ref).toBe('a')
  const command = { kind: 'complete_task', token: token?.id ?? '', attempt: 1, output: 5 } as const
  const made = decide(plan, state, [command], { time: 2_000, blobs: none })
  const record: RunRecord | null = made.status === 'decided' ? made.record : null
  expect(record?.events).toContainEqual(expect.objectContaining({ type: 'token_moved', node: 'c' }))
  expect(encodeSnapshot(plan, state)).not.toEqual([])
})

test('the same revision again is a duplicate; an ended run is refused', () => {
  const { run } = migrated()
  run.state = rebase(run.plan, run.plan, run.state)
  expect(run.send({ kind: 'migrate', definition: plan.digest }).outcomes).toEqual([{ status: 'duplicate' }])
  run.send({ kind: 'cancel' })

  expect(run.send({ kind: 'migrate', definition: run.digest }).outcomes).toMatchObject([
    { status: 'refused', error: { code: 'invalid_transition', message: expect.stringContaining('it is cancelled') } },
  ])
})

test('a revision without the task where the run stands does not fit, and says which', () => {
  const run = new SimulatedRun(first)
  run.start()
  const other = workflow({ tasks: [{ kind: 'task', id: 'x' }] })

  expect(fits(run.plan, compilePlan(other, closureDigest(other)), run.state)).toEqual([
    'it has no task "a", where the run stands',
  ])
  expect(fits(run.plan, plan, run.state)).toEqual([])
})
