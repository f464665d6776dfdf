import { closureDigest, type Definition, type Json } from '@wonder/engine'
import { type Task, workflow } from '@wonder/engine/test'
import type { Chaos } from './chaos.ts'

/** A run with children, people and signals, and what it comes to when all of its tasks complete. */
export type Family = {
  readonly definition: Definition
  readonly workflows: readonly Definition[]
  /** Sent from outside, in this order. */
  readonly signals: readonly { readonly name: string; readonly payload: Json }[]
  readonly output: Json
}

/** What a task of a family gives, wherever it runs. */
export const done = 'done'

/** Parts of everything that a run can wait for, in branches beside one another. */
export function randomFamily(chaos: Chaos): Family {
  const leaf = child(
    'leaf',
    [task('work'), { id: 'nap', kind: 'work', does: { kind: 'sleep', for: { lit: 200 } } }],
    {},
  )
  const middle = child('middle', [each('leaves', chaos.between(0, 3), 'leaf'), approval('sure')], {
    leaf: closureDigest(leaf),
  })
  const parts = [
    { part: [each('group', chaos.between(0, 3), 'middle')] },
    { part: [approval('ask'), task('after')] },
    { part: [waiting('heard', 'go'), task('then')] },
    { part: [sending('tell', 'self'), waiting('told', 'self')] },
    { part: [{ id: 'sleep', kind: 'work', does: { kind: 'sleep', for: { lit: 1_500 } } } satisfies Task] },
    { part: [task('plain')] },
    { part: [alone('one'), alone('other')] },
    { part: [alone('third')] },
  ]
  const chosen = parts.filter(() => chaos.happens(60))
  const branches = (chosen.length === 0 ? parts.slice(0, 1) : chosen).map(
    ({ part }, i): Task => ({ id: `branch_${i}`, kind: 'sequence', do: part }),
  )
  const definition = {
    ...workflow({
      tasks: [{ id: 'all', kind: 'parallel', do: branches }, task('last')],
      outputs: { path: ['tasks', 'last', 'output'] },
    }),
    workflow: 'root',
    workflows: { middle: closureDigest(middle) },
  }
  const signals = branches.some((branch) => JSON.stringify(branch).includes('"heard"'))
    ? [{ name: 'go', payload: 1 }]
    : []
  return { definition, workflows: [leaf, middle], signals, output: done }
}

function child(id: string, tasks: readonly Task[], workflows: { readonly [id: string]: string }): Definition {
  return { ...workflow({ tasks }), workflow: id, workflows }
}

function task(id: string): Task {
  return { id, kind: 'task', retry: { max_attempts: 20, backoff: 'none' } }
}

/** One of these at a time, in all runs of all worlds' processes. */
function alone(id: string): Task {
  return { ...task(id), concurrency: { key: { lit: 'alone' }, limit: 1, when_full: 'queue' } } as Task
}

function approval(id: string): Task {
  return { id, kind: 'work', does: { kind: 'ask', text: { lit: 'Sure?' }, role: { lit: 'maintainer' } } }
}

function waiting(id: string, name: string): Task {
  return { id, kind: 'work', does: { kind: 'wait', signal: { lit: name } } }
}

function sending(id: string, name: string): Task {
  return { id, kind: 'work', does: { kind: 'signal', name: { lit: name }, payload: { lit: 1 } } }
}

function each(id: string, count: number, name: string): Task {
  const order: Task = {
    id: `${id}_order`,
    kind: 'work',
    does: { kind: 'workflow', workflow: name, input: { lit: {} }, close: 'cancel' },
  }
  return {
    id,
    kind: 'each',
    in: { list: { lit: Array.from({ length: count }, (_, i) => i) } },
    workers: 2,
    do: [order],
  }
}
