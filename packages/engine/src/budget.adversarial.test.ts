import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Task, workflow } from '../test/lists.ts'
import { randomRuns } from '../test/random-workflow.ts'
import { type Dispatch, SimulatedRun } from '../test/simulated-run.ts'
import { type BudgetDef, type BudgetName, nextTimer } from './index.ts'
import { plus } from './plus.ts'
import { reservables, type Usage } from './usage.ts'

type Amounts = { [name in (typeof reservables)[number]]: number }

const sometimes = { nil: undefined, freq: 2 }
const amount = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined })
const cents = fc.option(
  fc.integer({ min: 0, max: 50 }).map((value) => value / 100),
  { nil: undefined },
)

const declared = fc.record({ steps: amount, tool_calls: amount, tokens: amount, cost_usd: cents }).map(present)
const limits = fc
  .record({
    steps: fc.option(fc.integer({ min: 0, max: 12 }), sometimes),
    retries: fc.option(fc.integer({ min: 0, max: 3 }), sometimes),
    tool_calls: fc.option(fc.integer({ min: 0, max: 12 }), sometimes),
    tokens: fc.option(fc.integer({ min: 0, max: 15 }), sometimes),
    cost_usd: fc.option(fc.constantFrom(0.05, 0.3, 1), sometimes),
    width: fc.option(fc.integer({ min: 0, max: 4 }), sometimes),
  })
  .map(present)

const task = (id: string): fc.Arbitrary<Task> =>
  fc
    .record({ budget: fc.option(declared, { nil: undefined }), tries: fc.integer({ min: 1, max: 3 }) })
    .map(({ budget, tries }) => ({
      id,
      kind: 'task',
      onError: 'continue',
      retry: { max_attempts: tries },
      ...(budget === undefined ? {} : { budget }),
    }))

const tasks = fc
  .tuple(task('a'), task('b'), task('c'), task('d'), fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 3 }))
  .map(([a, b, c, d, count, workers]): Task[] => [
    a,
    {
      id: 'each',
      kind: 'each',
      in: { list: { lit: Array.from({ length: count }, (_, i) => i) } },
      workers,
      do: [b, c],
    },
    {
      id: 'both',
      kind: 'parallel',
      do: [
        { ...a, id: 'a2' },
        { ...d, id: 'd2' },
      ],
    },
    d,
  ])

const move = fc.record({
  pick: fc.nat(20),
  fails: fc.nat(3),
  used: fc.option(
    fc.record({ steps: fc.nat(3), tool_calls: fc.nat(3), tokens: fc.nat(6), cost_usd: fc.nat(20).map((n) => n / 100) }),
    { nil: undefined },
  ),
  trouble: fc.nat(20),
  raised: limits,
})

test('K7 usage exceeds a budget by at most the unreserved usage of the steps that were running when it was reached', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(tasks, limits, fc.array(move, { minLength: 10, maxLength: 60 }), (list, budget, moves) => {
      const run = new SimulatedRun(workflow({ tasks: list, budget }))
      const watch = new Watch(run, budget)
      run.start()
      watch.look()
      for (const { pick, fails, used, trouble, raised } of moves) {
        if (run.state.ended !== null) break
        if (trouble === 0) run.crash('snapshot')
        if (trouble === 1) run.crash('journal')
        if (trouble <= 2) run.send({ kind: 'recover' })
        if (trouble === 3) run.send({ kind: 'pause' })
        if (trouble === 4) run.send({ kind: 'resume' })
        if (trouble === 5) watch.raise(raised)
        const out = run.out[pick % Math.max(1, run.out.length)]
        if (out !== undefined) watch.settle(out, used, fails === 0)
        else run.send({ kind: 'wake' })
        watch.look()
      }
      seen.set(run.status, (seen.get(run.status) ?? 0) + 1)
      // What was blocked goes on where it stopped, once nothing limits it.
      if (run.state.paused) run.send({ kind: 'resume' })
      watch.raise({ steps: 1e6, retries: 1e6, tool_calls: 1e6, tokens: 1e6, cost_usd: 1e6, width: 1e6 })
      for (let i = 0; i < 300 && run.state.ended === null; i++) {
        const [out] = run.out
        if (out !== undefined) watch.settle(out, undefined, false)
        run.time = Math.max(run.time, nextTimer(run.state) ?? 0)
        run.send({ kind: 'wake' })
      }
      expect(run.status).toBe('completed')
      expect(run.state.usage).toEqual({ ...watch.used, retries: run.state.usage.retries })
    }),
    randomRuns(300),
  )
  expect(seen.get('blocked_budget') ?? 0, 'some are blocked').toBeGreaterThan(20)
  expect(seen.get('completed') ?? 0, 'some are not').toBeGreaterThan(0)
})

/** The naive side: what was used, summed from what was reported, and what may exceed each limit. */
class Watch {
  readonly used: Amounts = { steps: 0, tool_calls: 0, tokens: 0, cost_usd: 0 }
  readonly #run: SimulatedRun
  #limits: BudgetDef
  /** Attempts that were out when a budget was reached, and what they have used beyond their reservation. */
  readonly #reached = new Map<BudgetName, Map<string, number>>()

  constructor(run: SimulatedRun, limits: BudgetDef) {
    this.#run = run
    this.#limits = limits
  }

  settle(out: Dispatch, usage: Usage | undefined, fails: boolean): void {
    const { token, attempt } = out
    const reserved = this.#reservedBy(out)
    const amounts = usage ?? { steps: 1 }
    for (const name of reservables) {
      const unreserved = Math.max(0, plus(amounts[name] ?? 0, -(reserved[name] ?? 0)))
      this.used[name] = plus(this.used[name], amounts[name] ?? 0)
      this.#note(name, { except: token })
      const slack = this.#reached.get(name)
      if (slack?.has(`${token}/${attempt}`)) slack.set(`${token}/${attempt}`, unreserved)
    }
    const more = usage === undefined ? {} : { usage }
    if (fails) {
      const error = { code: 'action_failed', message: 'it broke', retry: 'safe' } as const
      this.#run.send({ kind: 'fail_task', token, attempt, error, ...more })
    } else this.#run.send({ kind: 'complete_task', token, attempt, output: {}, ...more })
  }

  raise(raised: BudgetDef): void {
    const [outcome] = this.#run.send({ kind: 'raise_budget', budget: raised }).outcomes
    if (outcome?.status !== 'applied') return
    this.#limits = { ...this.#limits, ...raised }
    for (const name of reservables) if (raised[name] !== undefined) this.#reached.delete(name)
  }

  /** A budget is reached while what is used and what is reserved come to its limit. */
  #note(name: (typeof reservables)[number], { except }: { readonly except?: string } = {}): void {
    const limit = this.#limits[name] ?? Number.POSITIVE_INFINITY
    const taken = plus(this.used[name], this.#reserved(except)[name])
    if (taken < limit) this.#reached.delete(name)
    else if (!this.#reached.has(name)) {
      this.#reached.set(name, new Map(this.#run.out.map((one) => [`${one.token}/${one.attempt}`, 0])))
    }
  }

  look(): void {
    for (const name of reservables) {
      this.#note(name)
      const limit = this.#limits[name]
      if (limit === undefined) continue
      const slack = [...(this.#reached.get(name)?.values() ?? [])].reduce((sum, part) => plus(sum, part), 0)
      expect(plus(this.used[name], -limit), `K7: ${name}`).toBeLessThanOrEqual(slack + 1e-9)
    }
    const { retries = Number.POSITIVE_INFINITY } = this.#limits
    expect(this.#run.state.usage.retries).toBeLessThanOrEqual(retries)
    this.#checkProgress()
  }

  /** Who waits does so for a reason: nothing that fits is kept back. */
  #checkProgress(): void {
    const { state, plan } = this.#run
    if (state.paused || state.budget === null) return
    const reserved = this.#reserved()
    for (const [id, wait] of state.budget.waiting) {
      const node = plan.nodes[state.tokens.get(id)?.node ?? -1]
      const limit = this.#limits[wait.budget]
      expect(limit, wait.budget).toBeDefined()
      if (wait.budget === 'width' || wait.budget === 'retries' || wait.budget === 'wall_time') continue
      const isFirst = [...state.budget.queues[wait.budget].values()][0] === id
      if (!isFirst) continue
      const taken = plus(this.used[wait.budget], reserved[wait.budget])
      expect(plus(taken, node?.uses[wait.budget] ?? 1e-9), `it could go on: ${wait.budget}`).toBeGreaterThan(limit ?? 0)
    }
  }

  #reservedBy({ token }: Dispatch): Usage {
    const events = this.#run
      .eventsOf('task_dispatched')
      .filter((event) => event.token === token && event.input !== undefined)
    return events.at(-1)?.reserved ?? {}
  }

  #reserved(except?: string): Amounts {
    const sum = { steps: 0, tool_calls: 0, tokens: 0, cost_usd: 0 }
    for (const out of this.#run.out.filter(({ token }) => token !== except)) {
      const amounts = this.#reservedBy(out)
      for (const name of reservables) sum[name] = plus(sum[name], amounts[name] ?? 0)
    }
    return sum
  }
}

function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
