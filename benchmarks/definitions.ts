import type { Definition, NodeDef, TaskDef } from '@wonder/engine'

/** A task of one step whose fields are the task's input, as lists compile to; it answers with `output` of it. */
const echo: TaskDef = {
  steps: [{ ref: 'run', action: 'mock', on_failure: 'abort' }],
  timeout: 60_000,
  retry: { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 },
  interrupted: 'rerun',
}

type Parts = Pick<Definition, 'workflow' | 'nodes' | 'transitions' | 'start'> & Partial<Definition>

function definition(parts: Parts): Definition {
  return {
    format: 1,
    project: 'bench',
    input: { type: 'object' },
    state: { schema: {}, initial: {} },
    env: [],
    secrets: [],
    fans: [],
    tasks: { echo },
    tools: {},
    texts: {},
    network: { allow: [] },
    outline: [],
    ...parts,
  }
}

/** Tasks one after another, each with a condition and a mapping of what the one before answered. Input: `go`, `value`. */
export function linear(steps: number): Definition {
  const ref = (index: number) => `s${index}`
  const nodes = Array.from({ length: steps }, (_, index): NodeDef => {
    const before = index === 0 ? ['input', 'value'] : ['tasks', ref(index - 1), 'output', 'value']
    return {
      ref: ref(index),
      when: 'input.go == true',
      does: {
        kind: 'task',
        task: 'echo',
        input: { map: { output: { map: { value: { path: before }, step: { lit: index } } } } },
      },
    }
  })
  const transitions = nodes.slice(1).map((_, index) => ({ ref: `t${index}`, from: ref(index), to: ref(index + 1) }))
  return definition({ workflow: 'linear', nodes, transitions, start: ref(0) })
}

/** A task that is run again and again, `rounds` times, with the output of the round before. */
export function loop(rounds: number): Definition {
  return definition({
    workflow: 'loop',
    nodes: [
      {
        ref: 'work',
        does: {
          kind: 'task',
          task: 'echo',
          input: { map: { output: { map: { value: { path: ['input', 'value'] } } } } },
        },
      },
    ],
    transitions: [{ ref: 'again', from: 'work', to: 'work', max_iterations: rounds - 1 }],
    start: 'work',
  })
}

/** One task for each of `input.items`, and the list of what they answered. */
export function eachItem(workers: number | null): Definition {
  return definition({
    workflow: 'each',
    nodes: [
      { ref: 'items:open', does: { kind: 'open' } },
      {
        ref: 'work',
        when: 'item >= 0',
        does: { kind: 'task', task: 'echo', input: { map: { output: { map: { item: { path: ['item'] } } } } } },
      },
      { ref: 'items', does: { kind: 'join', fan: 'items' } },
    ],
    transitions: [
      { ref: 'in', from: 'items:open', to: 'work', fan: 'items' },
      { ref: 'out', from: 'work', to: 'items', join: { fan: 'items', take: 'last' } },
    ],
    fans: [
      {
        ref: 'items',
        node: 'items:open',
        ...(workers === null ? {} : { workers }),
        each: { items: { list: { path: ['input', 'items'] } }, as: 'item' },
        joins: [{ node: 'items', strategy: 'wait_all', merge: 'collect' }],
      },
    ],
    start: 'items:open',
  })
}

/** Input of `linear`. */
export const linearInput = { go: true, value: 'a text of some length, as results are: 64 characters, more or less' }

/** Input of `eachItem`. */
export function itemsInput(count: number): { readonly items: number[] } {
  return { items: Array.from({ length: count }, (_, item) => item) }
}

/** Sleeps until the input's `at`, epoch ms. */
export const sleeping: Definition = definition({
  workflow: 'sleeping',
  nodes: [{ ref: 'nap', does: { kind: 'sleep', until: { path: ['input', 'at'] } } }],
  transitions: [],
  start: 'nap',
})

/** Waits for the signal `go`. */
export const waiting: Definition = definition({
  workflow: 'waiting',
  nodes: [{ ref: 'go', does: { kind: 'wait', signal: { lit: 'go' } } }],
  transitions: [],
  start: 'go',
})
