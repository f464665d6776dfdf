import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import type { Strategy } from './definition.ts'
import {
  type Command,
  compilePlan,
  createRunState,
  type Definition,
  decide,
  type Effect,
  type RunRecord,
  runStatus,
} from './index.ts'
import type { RunItem } from './run-item.ts'
import { RunView } from './run-view.ts'

const strategies: readonly Strategy[] = ['wait_all', 'fail_fast', 'best_effort', 'race']
const active: readonly string[] = ['running', 'waiting', 'retrying', 'interrupted']
const asked = ['first', 'a', 'b', 'tidy']

test('A view agrees with the kernel on status, live branches and outcome, whatever happens in whatever order', () => {
  const move = fc.record({ kind: fc.nat(9), pick: fc.nat(20) })
  fc.assert(
    fc.property(fc.constantFrom(...strategies), fc.array(move, { maxLength: 120 }), (strategy, moves) => {
      const bench = new Bench(nested(strategy))
      bench.send({ kind: 'start', definition: 'd', input: {}, env: {}, seed: 1 })

      for (const { kind, pick } of moves) bench.move(kind, pick)
      bench.finish()

      expect(bench.view.status).toBe(bench.state.ended?.status)
      expect(bench.view.output).toEqual(bench.state.ended?.output)
      expect(bench.view.error).toEqual(bench.state.ended?.error ?? null)
      for (const { id, status, fan } of flat(bench.view.items)) {
        expect(active, id).not.toContain(status)
        expect(fan?.running ?? 0).toBe(0)
      }
    }),
    { numRuns: 500 },
  )
})

type Dispatch = Effect & { type: 'dispatch' }

/** A kernel without a host: tasks end when the test says so. */
class Bench {
  readonly state = createRunState('r')
  readonly view: RunView
  readonly #definition: Definition
  readonly #plan
  readonly #out = new Map<string, Dispatch>()
  #time = 0

  constructor(definition: Definition) {
    this.#definition = definition
    this.#plan = compilePlan(definition, 'd')
    this.view = new RunView(definition)
  }

  send(command: Command): void {
    this.#time += 10
    const result = decide(this.#plan, this.state, [command], { time: this.#time, blobs: new Map() })
    if (result.status === 'needs') throw new Error('no value is large here')
    if (result.record) this.view.apply(JSON.parse(JSON.stringify(result.record)) as RunRecord)
    for (const effect of result.effects) {
      if (effect.type === 'dispatch') this.#out.set(effect.token, effect)
      else if (effect.type === 'abort') this.#out.delete(effect.token)
    }
    this.#compare()
  }

  move(kind: number, pick: number): void {
    const task = [...this.#out.values()][pick % Math.max(1, this.#out.size)]
    if (kind <= 3) this.#end(task, { kind: 'complete_task', output: pick })
    else if (kind <= 5) {
      const retry = kind === 4 ? 'never' : 'safe'
      this.#end(task, { kind: 'fail_task', error: { code: 'tool_failed', message: 'no', retry } })
    } else if (kind === 6) this.send({ kind: 'wake' })
    else if (kind === 7) this.send({ kind: pick < 3 ? 'pause' : 'resume' })
    else if (kind === 9 && pick === 0) this.send({ kind: 'cancel' })
    else if (kind === 8 && task !== undefined) {
      const { token, attempt, dispatch } = task
      this.send({ kind: 'begin_task', token, attempt, dispatch })
      if (pick % 2 === 0) this.send({ kind: 'recover' })
      if (pick % 3 === 0) this.#decide(pick % 4 === 0 ? 'fail' : 'rerun')
    }
  }

  /** Lets all that is left succeed. */
  finish(): void {
    for (let round = 0; round < 200 && this.state.ended === null; round++) {
      this.send({ kind: 'resume' })
      this.#decide('rerun')
      this.send({ kind: 'wake' })
      for (const task of [...this.#out.values()]) this.#end(task, { kind: 'complete_task', output: 1 })
    }
  }

  #decide(decision: 'rerun' | 'fail'): void {
    for (const task of asked) this.send({ kind: 'decide_interruption', task, decision })
  }

  #end(
    task: Dispatch | undefined,
    result:
      | Omit<Command & { kind: 'complete_task' }, 'token' | 'attempt'>
      | Omit<Command & { kind: 'fail_task' }, 'token' | 'attempt'>,
  ): void {
    if (task === undefined) return
    this.#out.delete(task.token)
    this.send({ ...result, token: task.token, attempt: task.attempt })
  }

  #compare(): void {
    expect(this.view.status).toBe(runStatus(this.state))
    for (const { id, fan, counts } of flat(this.view.items)) {
      for (const count of Object.values(counts ?? {})) expect(count, id).toBeGreaterThanOrEqual(0)
      if (fan === undefined) continue
      const live = [...this.state.fanouts.values()].filter((open) => this.#definition.fans[open.fan]?.ref === id)
      expect(fan.running, id).toBe(live.reduce((sum, open) => sum + open.branches.size, 0))
      expect(fan.done + fan.failed + fan.running).toBeLessThanOrEqual(fan.total)
    }
  }
}

function flat(items: readonly RunItem[]): RunItem[] {
  return items.flatMap((item) => [item, ...flat(item.children)])
}

/** An each over sequences of parallels, with a condition, a tolerated failure and a `finally`. */
function nested(strategy: Strategy): Definition {
  const work = { kind: 'task', task: 'mock', input: { lit: {} } } as const
  return definitionOf({
    start: 'first',
    nodes: [
      { ref: 'first', does: work },
      { ref: 'e:open', does: { kind: 'open' } },
      { ref: 's:open', does: { kind: 'open' } },
      { ref: 'p:open', does: { kind: 'open' } },
      { ref: 'a', does: work, when: 'index != 2' },
      { ref: 'b', does: work, onError: 'continue' },
      { ref: 'p', does: { kind: 'join', fan: 'p' } },
      { ref: 's', does: { kind: 'last' } },
      { ref: 'e', does: { kind: 'join', fan: 'e' } },
      { ref: 'value', does: { kind: 'collect', value: { lit: 1 } } },
      { ref: 'tidy', does: work },
    ],
    fans: [
      {
        ref: 'e',
        node: 'e:open',
        workers: 3,
        each: { items: { list: { lit: [1, 2, 3, 4, 5] } }, as: 'item' },
        joins: [{ node: 'e', strategy, merge: 'collect' }],
      },
      { ref: 'p', node: 'p:open', joins: [{ node: 'p', strategy, merge: 'keyed_by_branch' }] },
    ],
    transitions: [
      { ref: 't1', from: 'first', to: 'e:open' },
      { ref: 't2', from: 'e:open', to: 's:open', fan: 'e' },
      { ref: 't3', from: 's:open', to: 'p:open' },
      { ref: 't4', from: 'p:open', to: 'a', fan: 'p', branch: 'a' },
      { ref: 't5', from: 'p:open', to: 'b', fan: 'p', branch: 'b' },
      { ref: 't6', from: 'a', to: 'p', join: { fan: 'p', take: { node: 'a' } } },
      { ref: 't7', from: 'b', to: 'p', join: { fan: 'p', take: { node: 'b' } } },
      { ref: 't8', from: 'p', to: 's' },
      { ref: 't9', from: 's', to: 'e', join: { fan: 'e', take: 'last' } },
      { ref: 't10', from: 'e', to: 'value' },
    ],
    finally: 'tidy',
    tasks: {
      mock: {
        steps: [{ ref: 'run', action: 'mock', on_failure: 'abort' }],
        timeout: 1000,
        retry: { max_attempts: 2, backoff: 'none', initial_delay: 5, max_delay: 5, jitter: 0 },
        interrupted: 'ask',
      },
    },
    outline: [
      { id: 'first', kind: 'tool', node: 'first' },
      {
        id: 'e',
        kind: 'each',
        node: 'e',
        open: 'e:open',
        fan: 'e',
        children: [
          {
            id: 's',
            kind: 'sequence',
            node: 's',
            open: 's:open',
            children: [
              {
                id: 'p',
                kind: 'parallel',
                node: 'p',
                open: 'p:open',
                fan: 'p',
                children: [
                  { id: 'a', kind: 'tool', node: 'a' },
                  { id: 'b', kind: 'tool', node: 'b' },
                ],
              },
            ],
          },
        ],
      },
      { id: 'value', kind: 'collect', node: 'value' },
      { id: 'tidy', kind: 'tool', node: 'tidy' },
    ],
  })
}
