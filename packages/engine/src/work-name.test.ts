import { describe, expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import type { Definition, NodeWork, StepDef, TaskDef, ToolDef } from './definition.ts'
import { compilePlan } from './plan.ts'
import { tasksReadEnv, workName } from './work-name.ts'

const tool: ToolDef = { file: 'tools/t.ts', bundle: 'sha256:1', input: {}, output: {}, permissions: {} }

function step(parts: Partial<StepDef> = {}): StepDef {
  return { ref: 'run', action: 'tool', on_failure: 'abort', ...parts }
}

function task(parts: Partial<TaskDef> = {}): TaskDef {
  const retry = { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 } as const
  return { steps: [step()], timeout: 1, retry, interrupted: 'rerun', ...parts }
}

const calls: NodeWork = { kind: 'task', task: 't', input: { map: { tool: { lit: 't' }, input: { lit: {} } } } }

function definition(parts: Partial<Definition> = {}): Definition {
  return definitionOf({ nodes: [{ ref: 'a', does: calls }], tasks: { t: task() }, tools: { t: tool }, ...parts })
}

const order = { input: { b: 1, a: [2] }, save: null, env: null }

function nameOf(parts: Partial<Definition> = {}, given: Partial<typeof order> | { readonly env: string } = {}) {
  const plan = compilePlan(definition(parts), 'sha256:test')
  const [node] = plan.nodes
  if (node === undefined) throw new Error('no node')
  return workName(plan, node, { ...order, ...given })
}

const plain = nameOf()

describe('workName()', () => {
  test('is the same for the same work, whatever the order of members and the place of the task', () => {
    expect(plain).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(nameOf({}, { input: { a: [2], b: 1 } })).toBe(plain)
    expect(nameOf({ nodes: [{ ref: 'other', does: calls }], start: 'other', workflow: 'other' })).toBe(plain)
    expect(nameOf({ tasks: { t: task({ timeout: 9, interrupted: 'ask' }) } })).toBe(plain)
    expect(nameOf({ tools: { t: tool, unused: { ...tool, bundle: 'sha256:2' } } })).toBe(plain)
  })

  test.each<[string, Partial<Definition>]>([
    ['code of its tool', { tools: { t: { ...tool, bundle: 'sha256:2' } } }],
    ['permissions of its tool', { tools: { t: { ...tool, permissions: { net: ['example.com'] } } } }],
    ['steps', { tasks: { t: task({ steps: [step({ action: 'mock' })] }) } }],
    ['result', { tasks: { t: task({ result: { lit: 1 } }) } }],
    ['output schema', { tasks: { t: task({ output: { type: 'object' } }) } }],
    ['artifacts', { tasks: { t: task({ artifacts: ['*.md'] }) } }],
    ['hosts that it may reach', { network: { allow: ['example.com'] } }],
  ])('is another one with another %s', (_, parts) => {
    expect(nameOf(parts)).not.toBe(plain)
  })

  test('is another one with another input, or another artifact', () => {
    expect(nameOf({}, { input: { b: 2, a: [2] } })).not.toBe(plain)
    expect(nameOf({}, { input: { b: 1, a: [] } })).not.toBe(plain)
  })

  test('hosts count only where a step could reach one', () => {
    const parts = { tasks: { t: task({ steps: [step({ action: 'shell' })] }) } }
    expect(nameOf({ ...parts, network: { allow: ['example.com'] } })).toBe(nameOf(parts))
  })

  test('env values count where the task reads them', () => {
    const reading = { tasks: { t: task({ steps: [step({ config: { text: '{{ env.URL }}', sink: 'none' } })] }) } }
    const permitted = { tools: { t: { ...tool, permissions: { env: ['URL'] } } } }

    expect(nameOf({}, { env: 'sha256:1' })).toBe(plain)
    expect(nameOf(reading, { env: 'sha256:1' })).not.toBe(nameOf(reading, { env: 'sha256:2' }))
    expect(nameOf(permitted, { env: 'sha256:1' })).not.toBe(nameOf(permitted, { env: 'sha256:2' }))
    expect([reading, permitted, {}].map((parts) => tasksReadEnv(definition(parts)))).toEqual([true, true, false])
  })

  test('is null for a task whose steps read `run`, for what is no task, and for half a character', () => {
    expect(nameOf({ tasks: { t: task({ steps: [step({ config: { path: ['run', 'id'] } })] }) } })).toBeNull()
    expect(nameOf({ nodes: [{ ref: 'a', does: { kind: 'sleep', for: { lit: 1 } } }] })).toBeNull()
    expect(nameOf({}, { input: { b: '\ud800' } as never })).toBeNull()
  })

  test('a word in a text that is no reference reads nothing', () => {
    const steps = [step({ action: 'shell', config: { text: 'npm run env', sink: 'none' } })]
    expect(nameOf({ tasks: { t: task({ steps }) } })).not.toBeNull()
  })
})
