import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Task, type Workflow, workflow } from '../test/lists.ts'
import { randomRuns } from '../test/random-workflow.ts'
import { SharedDesk } from '../test/shared-desk.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { type BudgetDef, compilePlan, forkedState, nextTimer } from './index.ts'
import { wallTime } from './run-status.ts'

const task = (id: string, more: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({ id, kind: 'task', ...more })
const started = (tasks: readonly Task[], projectBudget: BudgetDef, more: Partial<Workflow> = {}): SimulatedRun => {
  const run = new SimulatedRun(workflow({ tasks, projectBudget, ...more }))
  run.start()
  return run
}
const granted = { status: 'granted' } as const
const exceeded = { status: 'exceeded', budget: 'tokens', limit: 100, used: 90, reserved: 0, needed: 40 } as const
const debtsOf = (run: SimulatedRun) => [...run.state.debts.keys()]

describe('a task that needs what its project limits', () => {
  const a = task('a', { budget: { tokens: 40 } })

  it('reserves it before it is ordered, and settles what it has used with its result', () => {
    const run = started([a, task('b')], { tokens: 100, warn_at: 0.5 })
    expect([run.status, run.refsOut()]).toEqual(['waiting', []])
    expect(run.payments.map(({ debt }) => debt)).toEqual([
      {
        kind: 'reserve_budget',
        since: 1_000,
        request: '1.1:1.2',
        project: 'p',
        amounts: { tokens: 40 },
        limits: { tokens: 100 },
        warn_at: 0.5,
        as_of: 1_000,
      },
    ])
    run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: granted })
    expect(run.refsOut()).toEqual(['a'])
    run.complete('a', {}, { usage: { steps: 1, tokens: 33 } })
    expect(run.payments.at(-2)?.debt).toMatchObject({ kind: 'settle_budget', request: '1.1:1.2', used: { tokens: 33 } })
    // Nobody knows what the next one will use: it begins as long as anything is left.
    expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'reserve_budget', amounts: { tokens: 1 } })
  })

  it('waits where there is no room, in blocked_budget with a checkpoint, until it is granted', () => {
    const run = started([a], { tokens: 100 })
    run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: exceeded })
    expect([run.status, debtsOf(run)]).toEqual(['blocked_budget', []])
    expect(run.eventsOf('project_budget_reached')).toMatchObject([{ token: '1.1', budget: 'tokens', used: 90 }])
    expect(run.eventsOf('checkpoint_emitted').map(({ checkpoint }) => checkpoint)).toMatchObject([
      { type: 'blocked', reason_codes: ['project_budget_exceeded'], status: 'blocked_budget', budgets: ['tokens'] },
    ])
    run.crash('snapshot')
    expect(run.send({ kind: 'grant_reservation', request: '1.1:0.9' }).outcomes).toEqual([{ status: 'gone' }])
    expect(run.send({ kind: 'grant_reservation', request: '1.1:1.2' }).outcomes).toEqual([{ status: 'applied' }])
    expect(run.send({ kind: 'grant_reservation', request: '1.1:1.2' }).outcomes).toEqual([{ status: 'duplicate' }])
    run.complete('a')
    expect(run.status).toBe('completed')
  })

  it('settles also when the attempt fails, when it is cancelled, and when it still waits', () => {
    for (const reached of [false, true]) {
      const run = started([a], { tokens: 100, steps: 10 })
      run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: reached ? exceeded : granted })
      run.send({ kind: 'cancel' })
      expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'settle_budget', used: {} })
      expect([run.state.reservations.size, debtsOf(run)]).toEqual([0, ['settle/1.1:1.2']])
    }
    const run = started([task('a', { budget: { tokens: 40 }, retry: { max_attempts: 2 } })], {
      tokens: 100,
      retries: 5,
    })
    run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: granted })
    run.send({
      kind: 'fail_task',
      ...run.dispatchOf('a'),
      error: { code: 'action_failed', message: 'no', retry: 'safe' },
      usage: { steps: 1, tokens: 12 },
    })
    const [, settled, again] = run.payments.map(({ debt }) => debt)
    expect(settled).toMatchObject({ kind: 'settle_budget', used: { tokens: 12 } })
    expect(again).toMatchObject({ kind: 'reserve_budget', amounts: { tokens: 40, retries: 1 } })
  })

  it('is asked for nothing where its project limits something else, or nothing', () => {
    for (const limits of [undefined, { retries: 3 }, { cost_usd: 0.5 }]) {
      const run = new SimulatedRun(
        workflow({
          tasks: [{ id: 's', kind: 'set', values: {} }, task('a', { budget: { cost_usd: 0 } })],
          ...(limits === undefined ? {} : { projectBudget: limits }),
        }),
      )
      run.start()
      run.finish()
      if (limits === undefined || 'retries' in limits) expect([run.status, run.payments]).toEqual(['completed', []])
    }
  })

  it('that tidies up is counted, and goes on also without room', () => {
    const run = started([a], { steps: 5 }, { finally: [task('last')] })
    run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: granted })
    run.complete('a')
    expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'reserve_budget', must: true, amounts: { steps: 1 } })
  })

  it('warns with what the settlement brought', () => {
    const run = started([task('a')], { steps: 5 })
    run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: granted })
    run.complete('a')
    run.send({ kind: 'settle', debt: 'settle/1.1:1.2', warned: [{ budget: 'steps', limit: 5, used: 4 }] })
    expect(run.eventsOf('project_budget_warned')).toMatchObject([{ budget: 'steps', limit: 5, used: 4 }])
  })

  it('gives its permit back while it waits for the budget, and asks for the permit again after it', () => {
    const concurrency = { key: { lit: 'k' }, limit: 1, when_full: 'queue' } as const
    const run = started([task('a', { concurrency, retry: { max_attempts: 2 } })], { steps: 1 })
    expect(debtsOf(run)).toEqual(['reserve/1.1:1.2'])
    run.send({ kind: 'settle', debt: 'reserve/1.1:1.2', reservation: granted })
    const [acquire = ''] = debtsOf(run)
    run.send({ kind: 'settle', debt: acquire, permit: granted })
    run.fail('a')
    const reserve = debtsOf(run).find((debt) => debt.startsWith('reserve/')) ?? ''
    expect(run.state.permits.get('1.1')?.granted).toBe(true)
    run.send({ kind: 'settle', debt: reserve, reservation: { ...exceeded, budget: 'steps' } })
    expect([run.state.permits.size, run.payments.at(-1)?.debt.kind]).toEqual([0, 'release_permit'])
    run.send({ kind: 'grant_reservation', request: reserve.slice('reserve/'.length) })
    expect([run.refsOut(), run.payments.at(-1)?.debt.kind]).toEqual([[], 'acquire_permit'])
  })
})

describe('wall time of a project', () => {
  it('is looked at before a run begins, and settled at its end', () => {
    const run = started([task('a')], { wall_time: 60_000 })
    expect([run.status, run.refsOut(), debtsOf(run)]).toEqual(['waiting', [], ['reserve/']])
    run.send({ kind: 'settle', debt: 'reserve/', reservation: { ...exceeded, budget: 'wall_time' } })
    expect([run.status, nextTimer(run.state)]).toEqual(['blocked_budget', null])
    expect(run.send({ kind: 'resume' }).outcomes).toMatchObject([
      { status: 'refused', error: { code: 'budget_exceeded' } },
    ])
    run.time += 5_000
    run.send({ kind: 'pause' })
    run.send({ kind: 'resume' })
    expect([run.status, run.refsOut()]).toEqual(['blocked_budget', []])
    run.crash('snapshot')
    run.send({ kind: 'grant_reservation', request: '' })
    expect(run.refsOut()).toEqual(['a'])
    run.time += 7_000
    run.complete('a')
    expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'settle_budget', used: { wall_time: 7_000 } })
    expect(wallTime(run.state, run.time)).toBe(7_000)
  })

  it('that is used up does not keep a run from being cancelled', () => {
    const run = started([task('a')], { wall_time: 60_000 }, { finally: [task('last')] })
    run.send({ kind: 'settle', debt: 'reserve/', reservation: { ...exceeded, budget: 'wall_time' } })
    run.send({ kind: 'cancel' })
    expect([run.status, run.payments.at(-1)?.debt]).toMatchObject(['cancelled', { kind: 'settle_budget', used: {} }])
  })
})

describe('a fork', () => {
  const concurrency = { key: { lit: 'k' }, limit: 1, when_full: 'queue' } as const
  const forkOf = (run: SimulatedRun): SimulatedRun => {
    const forked = forkedState(run.plan, run.state, { to: compilePlan(run.definition, run.digest) })
    if (!forked.ok) throw new Error(forked.error.message)
    const fork = new SimulatedRun(run.definition)
    fork.send({ kind: 'fork', from: 'r', record: run.state.number, definition: run.digest, state: forked.state })
    return fork
  }

  it('asks for the permit of the run again, and orders what was out, and keeps its timers, once it has it', () => {
    const run = new SimulatedRun(
      workflow({
        concurrency,
        tasks: [
          {
            id: 'both',
            kind: 'parallel',
            do: [task('a'), { id: 'rest', kind: 'work', does: { kind: 'sleep', for: { lit: 60_000 } } }],
          },
        ],
      }),
    )
    run.start()
    run.send({ kind: 'settle', debt: 'acquire/', permit: granted })
    expect(run.refsOut()).toEqual(['a'])

    const fork = forkOf(run)
    expect([fork.status, fork.refsOut(), debtsOf(fork), nextTimer(fork.state)]).toEqual([
      'waiting',
      [],
      ['acquire/'],
      null,
    ])
    fork.send({ kind: 'settle', debt: 'acquire/', permit: { status: 'queued' } })
    fork.crash('snapshot')
    fork.send({ kind: 'recover' })
    expect(fork.refsOut()).toEqual([])
    fork.send({ kind: 'grant_permit', request: '' })
    expect([fork.refsOut(), nextTimer(fork.state), fork.state.usage.retries]).toEqual([['a'], 61_000, 0])
    fork.finish()
    expect([fork.status, debtsOf(fork)]).toEqual(['completed', ['release/k/']])
  })

  it('reserves again what the other run had reserved', () => {
    const run = started([task('a')], { steps: 5, wall_time: 60_000 })
    run.send({ kind: 'settle', debt: 'reserve/', reservation: granted })
    run.send({ kind: 'settle', debt: debtsOf(run)[0] ?? '', reservation: granted })
    expect(run.refsOut()).toEqual(['a'])
    const fork = forkOf(run)
    expect([fork.refsOut(), debtsOf(fork)]).toEqual([[], ['reserve/']])
    fork.send({ kind: 'settle', debt: 'reserve/', reservation: granted })
    fork.send({ kind: 'settle', debt: debtsOf(fork)[0] ?? '', reservation: granted })
    expect(fork.refsOut()).toEqual(['a'])
  })
})

test('K7 holds across runs, permits and budgets never wait for each other, and in the end nothing is held', () => {
  const concurrency = { key: { lit: 'k' }, limit: 1, when_full: 'queue' } as const
  const some = (id: string) =>
    fc.record({ shares: fc.boolean(), declares: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }) }).map(
      ({ shares, declares }): Task =>
        task(id, {
          onError: 'continue',
          retry: { max_attempts: 3 },
          ...(shares ? { concurrency } : {}),
          ...(declares === undefined ? {} : { budget: { tokens: declares } }),
        }),
    )
  const tasks = fc
    .tuple(some('a'), some('b'), some('c'), some('d'))
    .map(([a, b, c, d]): readonly Task[] => [
      { id: 'both', kind: 'parallel', do: [a, { id: 'row', kind: 'sequence', do: [b, c] }] },
      d,
    ])
  const step = fc.record({
    what: fc.constantFrom('pay', 'pay', 'pay', 'tell', 'complete', 'complete', 'fail', 'crash', 'pause', 'cancel'),
    run: fc.nat(2),
    pick: fc.nat(20),
    tokens: fc.nat(6),
  })
  const limits = fc.record({
    steps: fc.integer({ min: 0, max: 12 }),
    tokens: fc.integer({ min: 0, max: 12 }),
    retries: fc.integer({ min: 0, max: 2 }),
  })
  let blocked = 0
  fc.assert(
    fc.property(
      tasks,
      limits,
      fc.option(fc.integer({ min: 1, max: 6 })),
      fc.integer({ min: 1, max: 2 }),
      fc.array(step, { maxLength: 120 }),
      (list, project, own, permits, steps) => {
        const definition = workflow({
          tasks: list,
          projectBudget: project,
          ...(own === null ? {} : { budget: { steps: own } }),
        })
        const runs = [0, 1, 2].map(() => new SimulatedRun(definition))
        const desk = new SharedDesk(runs, { limits: project, permits })
        const truth: { [name: string]: number } = { steps: 0, tokens: 0 }
        /** What attempts used beyond what they had reserved. */
        const beyond: { [name: string]: number } = { steps: 0, tokens: 0 }
        const end = (at: number, fails: boolean, tokens: number, pick = 0) => {
          const run = runs[at]
          const out = run?.out[pick % Math.max(1, run.out.length)]
          if (run === undefined || out === undefined) return false
          const usage = { steps: 1, tokens }
          const { request = '' } = run.state.reservations.get(out.token) ?? {}
          const reserved = desk.reserved.get(`${at} ${request}`) ?? {}
          for (const [name, amount] of Object.entries(usage)) {
            truth[name] = (truth[name] ?? 0) + amount
            beyond[name] = (beyond[name] ?? 0) + Math.max(0, amount - (reserved[name] ?? 0))
          }
          const error = { code: 'action_failed', message: 'no', retry: 'safe' } as const
          run.send(
            fails ? { kind: 'fail_task', ...out, error, usage } : { kind: 'complete_task', ...out, output: {}, usage },
          )
          return true
        }
        const check = () => {
          for (const [at, run] of runs.entries()) {
            for (const { token } of run.out) {
              const { request = '', granted: is } = run.state.reservations.get(token) ?? {}
              expect([is, desk.reserved.has(`${at} ${request}`)], 'it is out without its reservation').toEqual([
                true,
                true,
              ])
            }
            for (const { id, wait } of run.state.tokens.values())
              if (wait === 'budget')
                expect(run.state.permits.has(id), 'it waits for a budget with a permit').toBe(false)
          }
          for (const name of ['steps', 'tokens'] as const) {
            const over = (desk.used[name] ?? 0) + desk.sumReserved(name) - (desk.limits[name] ?? 0)
            expect(over, `K7: ${name}`).toBeLessThanOrEqual(beyond[name] ?? 0)
          }
          expect(desk.holders.length).toBeLessThanOrEqual(permits)
        }
        for (const run of runs) run.start()
        for (const { what, run: at, pick, tokens } of steps) {
          const run = runs[at] as SimulatedRun
          if (what === 'pay') desk.pay(at)
          if (what === 'tell') desk.tell()
          if (what === 'complete' || what === 'fail') end(at, what === 'fail', tokens, pick)
          if (what === 'crash') {
            run.crash(pick % 2 === 0 ? 'journal' : 'snapshot')
            run.send({ kind: 'recover' })
          }
          if (what === 'pause') run.send({ kind: run.state.paused ? 'resume' : 'pause' })
          if (what === 'cancel' && pick === 0) run.send({ kind: 'cancel' })
          check()
        }
        for (const run of runs) if (run.state.paused) run.send({ kind: 'resume' })
        // Whatever can go on goes on; then nobody may be left who fits.
        const settle = () => {
          for (let round = 0; round < 2_000; round++) {
            let moved = desk.tell()
            for (const at of runs.keys()) moved = desk.pay(at) || end(at, false, 1) || moved
            for (const run of runs) {
              const timer = nextTimer(run.state)
              if (timer === null) continue
              run.time = Math.max(run.time, timer)
              if (run.send({ kind: 'wake' }).record !== null) moved = true
            }
            check()
            if (!moved) return
          }
          throw new Error('it goes on without end')
        }
        settle()
        if (desk.waiting.length > 0) blocked += 1
        for (const run of runs) {
          const { waiting, ended, debts } = run.state
          expect(ended !== null || waiting.budget > 0 || waiting.permit > 0, run.status).toBe(true)
          expect(debts.size).toBe(0)
        }
        // With room for all of them everything ends.
        desk.limits = { steps: 1e6, tokens: 1e6, retries: 1e6 }
        desk.fill()
        for (const run of runs) run.send({ kind: 'raise_budget', budget: { steps: 1e6 } })
        settle()
        expect(runs.map(({ state }) => state.ended !== null)).toEqual([true, true, true])
        expect([desk.holders, desk.reserved.size, desk.waiting]).toEqual([[], 0, []])
        for (const name of ['steps', 'tokens']) expect(desk.used[name] ?? 0).toBe(truth[name])
      },
    ),
    randomRuns(120),
  )
  expect(blocked, 'some waited for the project').toBeGreaterThan(20)
})
