import type { Definition, NodeDef, RetryDef, Strategy, TaskDef } from '@wonder/engine'
import { definitionOf } from '@wonder/engine/test'

const once: RetryDef = { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 }

/** Three tries, a second apart, then two. */
export const backoff: RetryDef = {
  max_attempts: 3,
  backoff: 'exponential',
  initial_delay: 1_000,
  max_delay: 10_000,
  jitter: 0,
}

export function task(parts: Partial<TaskDef> = {}): TaskDef {
  return {
    steps: [{ ref: 'run', action: 'mock', on_failure: 'abort' }],
    timeout: 60_000,
    retry: once,
    interrupted: 'rerun',
    ...parts,
  }
}

function definition(parts: Partial<Definition>): Definition {
  return definitionOf({ tasks: { mock: task() }, ...parts })
}

/** A node that runs the task `mock`, or the one that is named. */
function node(ref: string, name = 'mock'): NodeDef {
  return { ref, does: { kind: 'task', task: name, input: { lit: { at: ref } } } }
}

/** Tasks one after the other; outputs are those of all of them, by ref. */
export function list(refs: readonly string[], parts: Partial<Definition> = {}): Definition {
  return definition({
    nodes: refs.map((ref) => node(ref)),
    start: refs[0] ?? '',
    transitions: refs.slice(1).map((to, i) => ({ ref: `t${i}`, from: refs[i] ?? '', to })),
    outputs: { map: Object.fromEntries(refs.map((ref) => [ref, { path: ['tasks', ref, 'output'] }])) },
    ...parts,
  })
}

/** One task that follows its retry policy. */
export const retrying: Definition = list(['a'], { tasks: { mock: task({ retry: backoff }) } })

/** Its second task is not run again after a crash unless a person says so. */
export const asking: Definition = list(['a', 'b', 'c'], {
  nodes: [node('a'), node('b', 'ask'), node('c')],
  tasks: { mock: task(), ask: task({ interrupted: 'ask' }) },
})

/** A task for each item of `input.items`. */
export function each(parts: { readonly workers?: number; readonly strategy?: Strategy } = {}): Definition {
  const { workers, strategy = 'wait_all' } = parts
  return definition({
    start: 'e:open',
    nodes: [
      { ref: 'e:open', does: { kind: 'open' } },
      { ref: 'item', does: { kind: 'task', task: 'mock', input: { map: { at: { path: ['x'] } } } } },
      { ref: 'e', does: { kind: 'join', fan: 'e' } },
    ],
    fans: [
      {
        ref: 'e',
        node: 'e:open',
        ...(workers === undefined ? {} : { workers }),
        each: { items: { list: { path: ['input', 'items'] } }, as: 'x' },
        joins: [{ node: 'e', strategy, merge: 'collect' }],
      },
    ],
    transitions: [
      { ref: 'start', from: 'e:open', to: 'item', fan: 'e' },
      { ref: 'arrive', from: 'item', to: 'e', join: { fan: 'e', take: 'last' } },
    ],
    outputs: { map: { e: { path: ['tasks', 'e', 'output'] } } },
  })
}

/** Goes over `input.items` without any task. */
export const counting: Definition = {
  ...each(),
  nodes: [
    { ref: 'e:open', does: { kind: 'open' } },
    { ref: 'item', does: { kind: 'collect', value: { path: ['x'] } } },
    { ref: 'e', does: { kind: 'join', fan: 'e' } },
  ],
}
