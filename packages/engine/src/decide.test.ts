import { expect, test } from 'vitest'
import type { Definition, NodeDef, TaskDef } from './definition.ts'
import {
  type Command,
  compilePlan,
  createRunState,
  decide,
  decodeSnapshot,
  encodeSnapshot,
  evolveRecord,
  type Json,
  type RunRecord,
  type RunState,
  runStatus,
  validateDefinition,
} from './index.ts'

const task: TaskDef = {
  steps: [{ ref: 'run', action: 'mock', on_failure: 'abort' }],
  timeout: 60_000,
  retry: { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 },
  interrupted: 'rerun',
}
const mock = (ref: string, input: Json = {}): NodeDef => ({
  ref,
  does: { kind: 'task', task: 'mock', input: { lit: input } },
})

function definition(parts: Partial<Definition>): Definition {
  return {
    format: 1,
    project: 'p',
    workflow: 'w',
    input: { type: 'object' },
    state: { schema: {}, initial: {} },
    env: [],
    secrets: [],
    nodes: [],
    transitions: [],
    fans: [],
    start: 'a',
    tasks: { mock: task },
    tools: {},
    texts: {},
    network: { allow: [] },
    outline: [],
    ...parts,
  }
}

class Bench {
  plan
  state: RunState
  records: RunRecord[] = []
  time = 1000
  blobs = new Map<string, Json>()
  out: { token: string; attempt: number; dispatch: number }[] = []
  constructor(def: Definition) {
    validateDefinition(def)
    this.plan = compilePlan(def, 'sha256:x')
    this.state = createRunState('r')
  }
  send(...commands: Command[]) {
    const result = decide(this.plan, this.state, commands, { time: this.time, blobs: this.blobs })
    if (result.status === 'needs') throw new Error('needs')
    for (const l of result.large) this.blobs.set(l.digest, l.value)
    if (result.record) this.records.push(result.record)
    for (const e of result.effects) {
      if (e.type === 'dispatch') this.out.push(e)
      else this.out = this.out.filter((o) => o.token !== e.token)
    }
    const copy = createRunState('r')
    for (const r of this.records) evolveRecord(this.plan, copy, JSON.parse(JSON.stringify(r)))
    expect(encodeSnapshot(this.plan, copy)).toEqual(encodeSnapshot(this.plan, this.state))
    expect(encodeSnapshot(this.plan, decodeSnapshot(this.plan, 'r', encodeSnapshot(this.plan, this.state)))).toEqual(
      encodeSnapshot(this.plan, this.state),
    )
    return result
  }
  start(input: Json = {}) {
    return this.send({ kind: 'start', definition: 'sha256:x', input, env: {}, seed: 1 })
  }
}

test('a list of two tasks runs to its outputs', () => {
  const bench = new Bench(
    definition({
      nodes: [mock('a'), mock('b')],
      transitions: [{ ref: 't', from: 'a', to: 'b' }],
      outputs: { map: { x: { path: ['tasks', 'a', 'output', 'n'] }, y: { cel: 'tasks.b.output.n + 1' } } },
    }),
  )
  bench.start()
  bench.send({ kind: 'complete_task', ...(bench.out[0] as { token: string; attempt: number }), output: { n: 1 } })
  bench.send({ kind: 'complete_task', ...(bench.out[1] as { token: string; attempt: number }), output: { n: 2 } })
  expect(bench.state.ended).toEqual({ status: 'completed', output: { x: 1, y: 3 } })
  expect(runStatus(bench.state)).toBe('completed')
  console.log(JSON.stringify(bench.records, null, 1))
})

test('an each goes over a list with workers', () => {
  const bench = new Bench(
    definition({
      start: 'e:open',
      nodes: [
        { ref: 'e:open', does: { kind: 'open' } },
        {
          ref: 'i',
          does: {
            kind: 'task',
            task: 'mock',
            input: { map: { v: { path: ['x'] }, k: { text: 'n{{ index }}', sink: 'none' } } },
          },
        },
        { ref: 'e', does: { kind: 'join', fan: 'e' } },
      ],
      fans: [
        {
          ref: 'e',
          node: 'e:open',
          workers: 2,
          each: { items: { list: { path: ['input', 'list'] } }, as: 'x' },
          join: { node: 'e', strategy: 'wait_all', merge: 'collect' },
        },
      ],
      transitions: [
        { ref: 't1', from: 'e:open', to: 'i', fan: 'e' },
        { ref: 't2', from: 'i', to: 'e', join: { fan: 'e', take: 'last' } },
      ],
      outputs: { path: ['tasks', 'e', 'output'] },
    }),
  )
  bench.start({ list: [10, 20, 30] })
  expect(bench.out.length).toBe(2)
  bench.send({ kind: 'complete_task', ...(bench.out[1] as { token: string; attempt: number }), output: 'second' })
  expect(bench.out.length).toBe(3)
  bench.send(
    { kind: 'complete_task', ...(bench.out[2] as { token: string; attempt: number }), output: 'third' },
    { kind: 'complete_task', ...(bench.out[0] as { token: string; attempt: number }), output: 'first' },
  )
  expect(bench.state.ended).toEqual({ status: 'completed', output: ['first', 'second', 'third'] })
})
