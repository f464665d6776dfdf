/** What a decision costs, in µs; run by node directly. Figures are medians of five rounds after one to warm up. */
import { definitionOf } from '../test/definition-of.ts'
import type { Command, Json, NodeDef, TransitionDef } from './index.ts'
import { compilePlan, createRunState, decide, encodeRecord, type Plan, type RunState } from './index.ts'

const steps = 10
const runs = 2_000
const branches = 10_000
const blobs = new Map<string, Json>()

const base = definitionOf({
  start: 's0',
  tasks: {
    t: {
      steps: [{ ref: 'run', action: 'mock', on_failure: 'abort' }],
      timeout: 60_000,
      retry: { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 },
      interrupted: 'rerun',
    },
  },
})

/** Ten tasks in a row; each maps the output of the one before, behind a condition on it. */
function linear(): Plan {
  const nodes = Array.from({ length: steps }, (_, i): NodeDef => {
    const input = i === 0 ? { lit: 0 } : { map: { n: { path: ['tasks', `s${i - 1}`, 'output', 'n'] } } }
    const condition = i === 0 ? {} : { when: `tasks.s${i - 1}.output.n >= 0` }
    return { ref: `s${i}`, does: { kind: 'task', task: 't', input }, ...condition }
  })
  const transitions = nodes.slice(1).map((node, i): TransitionDef => ({ ref: `t${i}`, from: `s${i}`, to: node.ref }))
  return compilePlan({ ...base, nodes, transitions }, 'sha256:0')
}

/** A fan-out over a range; each branch has one task with its item as input. */
function fanOut(workers: number | undefined): Plan {
  return compilePlan(
    {
      ...base,
      start: 'open',
      nodes: [
        { ref: 'open', does: { kind: 'open' } },
        { ref: 'i', does: { kind: 'task', task: 't', input: { path: ['item'] } } },
        { ref: 'e', does: { kind: 'join', fan: 'e' } },
      ],
      transitions: [
        { ref: 'in', from: 'open', to: 'i', fan: 'e' },
        { ref: 'out', from: 'i', to: 'e', join: { fan: 'e', take: 'last' } },
      ],
      fans: [
        {
          ref: 'e',
          node: 'open',
          ...(workers === undefined ? {} : { workers }),
          each: { items: { list: { lit: `1..${branches}` } }, as: 'item' },
          joins: [{ node: 'e', strategy: 'wait_all', merge: 'collect' }],
        },
      ],
    },
    'sha256:0',
  )
}

let bytes = 0
let time = 0

function send(plan: Plan, state: RunState, commands: readonly Command[]) {
  time += 1
  const result = decide(plan, state, commands, { time, blobs })
  if (result.status !== 'decided') throw new Error('a value is missing')
  if (result.record !== null) bytes += encodeRecord(result.record).length
  return result
}

const start: Command = { kind: 'start', definition: 'sha256:0', input: {}, env: {}, seed: 1 }

/** Starts are made before the clock runs: what is counted are steps. */
function linearRound(plan: Plan): number {
  const states = Array.from({ length: runs }, () => createRunState('r'))
  for (const state of states) send(plan, state, [start])
  const begun = performance.now()
  for (const state of states) {
    for (let attempt = 1; attempt <= steps; attempt++) {
      send(plan, state, [{ kind: 'complete_task', token: '1.1', attempt, output: { n: attempt } }])
    }
  }
  if (states.some((state) => state.ended?.status !== 'completed')) throw new Error('a run has not completed')
  return ((performance.now() - begun) * 1_000) / (runs * steps)
}

/** From the start to the end, `together` results a decision. */
function fanOutRound(plan: Plan, together: number): number {
  const state = createRunState('r')
  const begun = performance.now()
  let { more, effects } = send(plan, state, [start])
  const out: { readonly token: string; readonly attempt: number }[] = []
  for (let next = 0; state.ended === null; ) {
    for (const effect of effects) if (effect.type === 'dispatch') out.push(effect)
    const commands: Command[] = more ? [{ kind: 'wake' }] : []
    for (; commands.length < together && next < out.length; next++) {
      const { token, attempt } = out[next] as { token: string; attempt: number }
      commands.push({ kind: 'complete_task', token, attempt, output: next })
    }
    ;({ more, effects } = send(plan, state, commands))
  }
  return ((performance.now() - begun) * 1_000) / branches
}

function report(what: string, round: () => number): void {
  round()
  const figures = Array.from({ length: 5 }, round).toSorted((a, b) => a - b)
  const [best = 0, , median = 0] = figures
  console.log(`${what.padEnd(52)} ${median.toFixed(2).padStart(7)} µs  (best ${best.toFixed(2)})`)
}

const linearPlan = linear()
report('linear step, mapping and condition, decide + encode', () => linearRound(linearPlan))
for (const [name, plan, together] of [
  ['8 workers, one result a decision', fanOut(8), 1],
  ['8 workers, 8 results a decision', fanOut(8), 8],
  ['unlimited, one result a decision', fanOut(undefined), 1],
  ['unlimited, 256 results a decision', fanOut(undefined), 256],
] as const) {
  report(`branch of ${branches}, ${name}`, () => fanOutRound(plan, together))
}
console.log(`${bytes} units encoded`)
