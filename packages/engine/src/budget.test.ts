import { describe, expect, it } from 'vitest'
import { type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { type BudgetDef, nextTimer } from './index.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})
const row = (count: number): Task[] => Array.from({ length: count }, (_, i) => task(`t${i}`))
const branches = (count: number, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id: 'each',
  kind: 'each',
  in: { list: { lit: Array.from({ length: count }, (_, i) => i) } },
  do: [task('b', parts)],
})

function started(tasks: readonly Task[], budget: BudgetDef, parts: Partial<Workflow> = {}): SimulatedRun {
  const run = new SimulatedRun(workflow({ tasks, budget, ...parts }))
  run.start()
  return run
}

const raise = (run: SimulatedRun, budget: BudgetDef) => run.send({ kind: 'raise_budget', budget, by: 'ada' })
const checkpoints = (run: SimulatedRun) => run.eventsOf('checkpoint_emitted').map(({ checkpoint }) => checkpoint)

describe('who waits for a budget', () => {
  it('is served in order: what would fit waits behind what came before and does not', () => {
    const tokens = (id: string, amount: number): Task => ({ ...task(id), budget: { tokens: amount } })
    const all: Task = { id: 'all', kind: 'parallel', do: [tokens('a', 8), tokens('b', 8), tokens('c', 1)] }
    const run = started([all], { tokens: 10 })
    expect(run.refsOut()).toEqual(['a'])
    const { token, attempt } = run.dispatchOf('a')
    run.send({ kind: 'complete_task', token, attempt, output: 1, usage: { tokens: 1 } })
    expect(run.refsOut()).toEqual(['b', 'c'])
  })
})

describe('a limit of steps', () => {
  it('blocks the run at the dispatch that does not fit, and a raise lets it go on there', () => {
    const run = started(row(3), { steps: 2 })
    run.complete('t0')
    run.complete('t1')
    expect([run.status, run.refsOut()]).toEqual(['blocked_budget', []])
    expect(run.eventsOf('budget_reached')).toMatchObject([
      { budget: 'steps', limit: 2, used: 2, reserved: 0, needed: 1 },
    ])
    expect(checkpoints(run)).toMatchObject([
      { type: 'blocked', status: 'blocked_budget', reason_codes: ['budget_exceeded'], budgets: ['steps'] },
    ])
    expect(raise(run, { steps: 3 }).outcomes).toEqual([{ status: 'applied' }])
    run.complete('t2')
    expect([run.status, run.state.usage.steps]).toEqual(['completed', 3])
  })

  it('tells of it in one checkpoint, however many wait, and again after a raise that is not enough', () => {
    const run = started([branches(5)], { steps: 2 })
    run.finish()
    expect(run.status).toBe('blocked_budget')
    expect(run.eventsOf('budget_reached')).toHaveLength(3)
    expect(checkpoints(run)).toHaveLength(1)
    raise(run, { steps: 3 })
    run.finish()
    expect(checkpoints(run)).toHaveLength(2)
    raise(run, { steps: 5 })
    run.finish()
    expect(run.status).toBe('completed')
  })
})

describe('a reservation', () => {
  it('keeps room for what is out; who waits goes on in its order when a result leaves some of it', () => {
    const run = started([branches(4, { budget: { tokens: 400 } })], { tokens: 1_000 })
    expect(run.pathOf(run.out[0]?.token ?? '')).toEqual([0])
    expect([run.out.length, run.status]).toEqual([2, 'running'])
    run.complete('b', {}, { branch: 0, usage: { steps: 1, tokens: 100 } })
    expect(run.out.map(({ token }) => run.pathOf(token))).toEqual([[1], [2]])
    run.complete('b', {}, { branch: 1, usage: { steps: 1, tokens: 100 } })
    run.complete('b', {}, { branch: 2, usage: { steps: 1, tokens: 100 } })
    run.complete('b', {}, { branch: 3, usage: { steps: 1, tokens: 400 } })
    expect([run.status, run.state.usage.tokens, checkpoints(run)]).toEqual(['completed', 700, []])
  })

  it('that nobody made lets tasks of unknown use begin as long as anything is left', () => {
    const run = started(row(3), { tokens: 100 })
    run.complete('t0', {}, { usage: { steps: 1, tokens: 99 } })
    run.complete('t1', {}, { usage: { steps: 1, tokens: 500 } })
    expect([run.status, run.state.usage.tokens]).toEqual(['blocked_budget', 599])
    expect(raise(run, { tokens: 500 }).outcomes).toMatchObject([
      { status: 'refused', error: { code: 'invalid_budget' } },
    ])
    raise(run, { tokens: 600 })
    expect(run.refsOut()).toEqual(['t2'])
  })

  it('counts money without drift', () => {
    const run = started(
      Array.from({ length: 10 }, (_, i) => task(`t${i}`, { budget: { cost_usd: 0.1 } })),
      { cost_usd: 1 },
    )
    for (let i = 0; i < 10; i++) run.complete(`t${i}`, {}, { usage: { steps: 1, cost_usd: 0.1 } })
    expect([run.status, run.state.usage.cost_usd]).toEqual(['completed', 1])
  })
})

describe('other limits', () => {
  it('retries: an attempt after the first that is too many waits', () => {
    const run = started([task('t', { retry: { max_attempts: 3 } })], { retries: 1 })
    run.fail('t')
    expect(run.state.usage.retries).toBe(1)
    run.fail('t')
    expect(run.status).toBe('blocked_budget')
    raise(run, { retries: 2 })
    run.complete('t')
    expect([run.status, run.state.usage]).toMatchObject(['completed', { retries: 2, steps: 3 }])
  })

  it('width: a fan-out that is too wide waits before it opens', () => {
    const run = started([branches(4)], { width: 3 })
    expect([run.status, run.eventsOf('fanned_out')]).toEqual(['blocked_budget', []])
    run.crash('snapshot')
    raise(run, { width: 4 })
    run.finish()
    expect(run.status).toBe('completed')
  })

  it('wall time: the run is held when it is used up, what is out may end, and a raise goes on', () => {
    const run = started(row(2), { wall_time: 10_000 })
    expect(nextTimer(run.state)).toBe(run.time + 8_000)
    run.time += 8_000
    run.send({ kind: 'wake' })
    expect(run.eventsOf('budget_warned')).toMatchObject([{ budget: 'wall_time', limit: 10_000, used: 8_000 }])
    run.time += 2_000
    run.send({ kind: 'wake' })
    expect([run.status, run.refsOut(), nextTimer(run.state)]).toEqual(['running', ['t0'], null])
    run.complete('t0')
    expect([run.status, run.refsOut()]).toEqual(['blocked_budget', []])
    run.time += 1_000_000
    raise(run, { wall_time: 20_000 })
    expect([run.refsOut(), nextTimer(run.state)]).toEqual([['t1'], run.time + 6_000])
  })

  it('wall time: resume lets the run have as much again', () => {
    const run = started(row(2), { wall_time: 10_000 })
    run.time += 10_000
    run.send({ kind: 'wake' })
    run.complete('t0')
    run.send({ kind: 'resume' })
    expect([run.refsOut(), run.state.budget?.limits.wall_time]).toEqual([['t1'], 20_000])
  })

  it('warns once of each', () => {
    const run = started(row(5), { steps: 10, warn_at: 0.3 })
    run.finish()
    expect(run.eventsOf('budget_warned')).toMatchObject([{ budget: 'steps', limit: 10, used: 3 }])
  })
})

describe('what tidies up', () => {
  it('is counted and never waits', () => {
    const run = started(row(3), { steps: 1 }, { finally: [task('last')] })
    run.complete('t0')
    run.send({ kind: 'cancel' })
    run.complete('last')
    expect([run.status, run.state.usage.steps]).toEqual(['cancelled', 2])
  })
})

describe('a child', () => {
  const child = (id: string, budget?: BudgetDef): Task => ({
    id,
    kind: 'work',
    does: { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close: 'cancel' },
    ...(budget === undefined ? {} : { budget }),
  })
  const workflows = { sub: `sha256:${'0'.repeat(64)}` }
  const ordered = (run: SimulatedRun) => run.eventsOf('child_ordered')

  it('is granted what its node declares; the rest comes back with what it has used', () => {
    const both: Task = { id: 'both', kind: 'parallel', do: [child('a', { tokens: 60 }), child('b', { tokens: 60 })] }
    const run = started([both], { tokens: 100 }, { workflows })
    expect(ordered(run)).toMatchObject([{ grant: { tokens: 60 } }])
    const [{ token = '', child: id = '' } = {}] = ordered(run)
    run.crash('snapshot')
    run.send({
      kind: 'complete_child',
      token,
      child: id,
      status: 'completed',
      output: {},
      usage: { tokens: 25, steps: 4 },
    })
    expect([ordered(run).length, run.state.usage]).toMatchObject([2, { tokens: 25, steps: 4 }])
    expect(run.state.budget?.reserved.tokens).toBe(60)
  })

  it('is granted all that is left where nothing is declared, and keeps within it', () => {
    const run = started([task('t'), child('a')], { tokens: 100, steps: 5 }, { workflows })
    run.complete('t', {}, { usage: { steps: 1, tokens: 30 } })
    const [{ grant } = { grant: undefined }] = ordered(run)
    expect(grant).toEqual({ tokens: 70, steps: 4 })
    const sub = new SimulatedRun(workflow({ tasks: row(9), budget: { steps: 6, retries: 1 } }))
    sub.send({
      kind: 'start',
      definition: sub.digest,
      input: {},
      env: {},
      seed: 1,
      parent: { run: 'p', token: '1.1' },
      ...(grant === undefined ? {} : { grant }),
    })
    expect(sub.state.budget?.limits).toEqual({ steps: 4, tokens: 70, retries: 1 })
    for (let i = 0; i < 4; i++) sub.complete(`t${i}`)
    expect(sub.status).toBe('blocked_budget')
    sub.send({ kind: 'cancel' })
    expect(sub.state.debts.get('parent')).toMatchObject({ usage: { steps: 4 } })
  })
})
