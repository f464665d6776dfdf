import { closureDigest, type Definition, type NodeDef } from '@wonder/engine'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'
import type { CompiledWorkflow } from './project.ts'

type Files = { readonly [path: string]: string }

const child = `id: child
input: { n: integer, mood: string = "glad" }
tasks: [{ id: a, shell: [echo, hello] }]
outputs: { said: "{{ tasks.a.output.stdout }}" }`

async function compiled(files: Files, workflow?: string): Promise<ReadonlyMap<string, CompiledWorkflow>> {
  const project = { 'wonder.yaml': 'wonder: 1\nname: demo\n', ...files }
  const loaded = await loadProject(memorySource(project), workflow === undefined ? {} : { workflow })
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n'))
  return loaded.project.workflows
}

async function definitionOf(workflow: string): Promise<Definition> {
  const all = await compiled({ 'workflows/w.yaml': `id: w\n${workflow}`, 'workflows/child.yaml': child })
  const found = all.get('w')
  if (found === undefined) throw new Error('workflow "w" is missing')
  return found.definition
}

async function nodeOf(ref: string, workflow: string): Promise<NodeDef> {
  const node = (await definitionOf(workflow)).nodes.find((one) => one.ref === ref)
  if (node === undefined) throw new Error(`node "${ref}" is missing`)
  return node
}

const tasks = (...lines: readonly string[]) => `input: { x: string = "1", n: integer = 1 }
tasks:
${lines.map((line) => `  - ${line}`).join('\n')}
`

describe('A task that waits compiles to its node:', () => {
  test.each([
    ['sleep: 5m', { kind: 'sleep', for: { lit: 300_000 } }],
    ['sleep: "{{ input.x }}"', { kind: 'sleep', for: { path: ['input', 'x'] } }],
    ['sleep: { until: "2030-01-31T08:00:00+01:00" }', { kind: 'sleep', until: { lit: '2030-01-31T08:00:00+01:00' } }],
    ['sleep: { until: "{{ input.x }}" }', { kind: 'sleep', until: { path: ['input', 'x'] } }],
    ['wait: paid', { kind: 'wait', signal: { lit: 'paid' } }],
    ['wait: paid, kept: false', { kind: 'wait', signal: { lit: 'paid' }, kept: false }],
    ['wait: paid, kept: true', { kind: 'wait', signal: { lit: 'paid' } }],
    [
      'wait: "paid-{{ input.x }}", until: signal.ok, timeout: 1h, on_timeout: continue',
      {
        kind: 'wait',
        signal: { text: 'paid-{{ input.x }}', sink: 'none' },
        until: 'signal.ok',
        timeout: { lit: 3_600_000 },
        onTimeout: 'continue',
      },
    ],
    [
      'wait: paid, timeout: "{{ input.n }}", on_timeout: { next: late }',
      { kind: 'wait', signal: { lit: 'paid' }, timeout: { path: ['input', 'n'] }, onTimeout: { to: 'late' } },
    ],
    [
      'wait: paid, timeout: 1s, on_timeout: [{ id: b, shell: [ls] }]',
      { kind: 'wait', signal: { lit: 'paid' }, timeout: { lit: 1_000 }, onTimeout: { to: 'b' } },
    ],
    [
      'signal: { name: done, payload: { x: "{{ input.x }}", y: 1 }, run: "{{ input.x }}" }',
      {
        kind: 'signal',
        name: { lit: 'done' },
        payload: { map: { x: { path: ['input', 'x'] }, y: { lit: 1 } } },
        run: { text: '{{ input.x }}', sink: 'none' },
      },
    ],
    ['ask: Go on?', { kind: 'ask', text: { lit: 'Go on?' } }],
    [
      'ask: Go on?, with: { x: 1 }, role: boss, expires: 2d, on_expiry: { role: admin, expires: 1d }',
      {
        kind: 'ask',
        text: { lit: 'Go on?' },
        shows: { lit: { x: 1 } },
        role: { lit: 'boss' },
        expires: { lit: 172_800_000 },
        onExpiry: { role: { lit: 'admin' }, expires: { lit: 86_400_000 } },
      },
    ],
    [
      'ask: Go on?, answers: { ok: boolean, why: string? }',
      {
        kind: 'ask',
        text: { lit: 'Go on?' },
        answers: {
          type: 'object',
          properties: { ok: { type: 'boolean' }, why: { type: 'string' } },
          required: ['ok'],
          additionalProperties: false,
        },
      },
    ],
    [
      'workflow: child, with: { n: "{{ input.n }}" }, timeout: 1m',
      {
        kind: 'workflow',
        workflow: 'child',
        input: { map: { n: { path: ['input', 'n'] }, mood: { lit: 'glad' } } },
        timeout: 60_000,
        close: 'cancel',
      },
    ],
    [
      'workflow: child, with: { n: 1, mood: sad }, detached: true',
      { kind: 'workflow', workflow: 'child', input: { lit: { n: 1, mood: 'sad' } }, close: 'continue', detached: true },
    ],
    [
      'workflow: child, with: { n: 1 }, on_parent_end: continue',
      { kind: 'workflow', workflow: 'child', input: { lit: { n: 1, mood: 'glad' } }, close: 'continue' },
    ],
  ])('%s', async (words, does) => {
    const node = await nodeOf('a', tasks(`{ id: a, ${words} }`, '{ id: late, shell: [ls] }'))

    expect(node.does).toEqual(does)
  })

  test('the processor of a wait is a task of its own, with the signal in scope', async () => {
    const definition = await definitionOf(
      tasks(
        '{ id: a, wait: paid, processor: { render: "{{ signal.who }}", timeout: 5s }, until: processor.text == "x" }',
      ),
    )

    expect(definition.nodes[0]?.does).toMatchObject({
      until: 'processor.text == "x"',
      processor: {
        task: 'a:processor',
        input: { map: { data: { map: { signal: { map: { who: { path: ['signal', 'who'] } } } } } } },
      },
    })
    expect(definition.tasks['a:processor']).toMatchObject({ timeout: 5_000, steps: [{ action: 'render' }] })
  })
})

describe('Beside its work a task has', () => {
  test.each([
    ['concurrency: { limit: 2 }', { concurrency: { key: { lit: 'w.a' }, limit: 2, when_full: 'queue' } }],
    [
      'concurrency: { key: "{{ input.x }}", limit: 1, when_full: cancel_older }',
      { concurrency: { key: { text: '{{ input.x }}', sink: 'none' }, limit: 1, when_full: 'cancel_older' } },
    ],
    ['budget: { tokens: 5, cost_usd: 0.5 }', { budget: { tokens: 5, cost_usd: 0.5 } }],
    ['cache: true', { cache: {} }],
    ['cache: { key: "{{ input.x }}", for: 1h }', { cache: { key: { path: ['input', 'x'] }, for: 3_600_000 } }],
    ['checkpoint: progress', { checkpoint: { type: 'progress', summary: { lit: 'a' } } }],
    ['name: A name, checkpoint: plan', { checkpoint: { type: 'plan', summary: { lit: 'A name' } } }],
    [
      'checkpoint: { type: decision-needed, summary: "{{ tasks.a.output.stdout }}", role: boss, reasons: [late] }',
      {
        checkpoint: {
          type: 'decision-needed',
          summary: { text: '{{ tasks.a.output.stdout }}', sink: 'none' },
          role: { lit: 'boss' },
          reasons: ['late'],
        },
      },
    ],
    ['compensate: [{ id: undo, shell: [rm, "{{ tasks.a.output.stdout }}"] }]', { compensate: 'undo' }],
    ['on_error: block', { onError: 'block' }],
  ])('%s', async (words, carried) => {
    expect(await nodeOf('a', tasks(`{ id: a, shell: [ls], ${words} }`))).toMatchObject(carried)
  })

  test('cache: false is none', async () => {
    expect(await nodeOf('a', tasks('{ id: a, shell: [ls], cache: false }'))).not.toHaveProperty('cache')
  })

  test('codes of errors that are retried, inherited field by field', async () => {
    const { tasks: made } = await definitionOf(`defaults: { retry: { max_attempts: 3, except: [a] } }
tasks:
  - { id: one, shell: [ls], retry: { only: [b] } }
  - { id: two, shell: [ls], retry: { except: [c] } }`)

    expect(made.one?.retry).toMatchObject({ max_attempts: 3, only: ['b'], except: ['a'] })
    expect(made.two?.retry).toMatchObject({ max_attempts: 3, except: ['c'] })
  })
})

describe('A list that undoes a task', () => {
  const workflow = tasks(
    '{ id: a, each: { in: [1, 2], as: n }, do: [{ id: b, shell: [ls], compensate: [{ id: c, shell: [echo, "{{ n }}"] }, { id: d, shell: [ls] }] }] }',
    '{ id: e, sequence: [{ id: f, shell: [ls] }], compensate: [{ id: g, sequence: [{ id: h, shell: [ls] }] }] }',
  )

  test('is reached only from there, and leads nowhere', async () => {
    const { nodes, transitions } = await definitionOf(workflow)

    expect(nodes.flatMap(({ ref, compensate }) => (compensate === undefined ? [] : [[ref, compensate]]))).toEqual([
      ['b', 'c'],
      ['e', 'g:open'],
    ])
    expect(transitions.filter(({ to }) => to === 'c' || to === 'g:open')).toEqual([])
    expect(transitions.filter(({ from }) => from === 'd' || from === 'g')).toEqual([])
    expect(transitions.some(({ from, to }) => from === 'c' && to === 'd')).toBe(true)
  })
})

describe('on_error: block', () => {
  const blocking = async (workflow: string) =>
    (await definitionOf(workflow)).nodes.flatMap(({ ref, onError }) => (onError === 'block' ? [ref] : []))

  test('of a workflow holds for tasks without an answer of their own, and not for what runs while it ends', async () => {
    const workflow = `on_error: block
finally: [{ id: z, shell: [ls] }]
${tasks(
  '{ id: a, shell: [ls], compensate: [{ id: y, shell: [ls] }] }',
  '{ id: b, shell: [ls], on_error: fail }',
  '{ id: c, wait: paid, timeout: 1s }',
  '{ id: d, collect: {} }',
  '{ id: e, sequence: [{ id: f, shell: [ls] }], on_error: continue }',
  '{ id: g, each: { in: [1] }, do: [{ id: h, shell: [ls], on_error: [{ id: i, shell: [ls] }] }] }',
)}`

    expect(await blocking(workflow)).toEqual(['a', 'c', 'i'])
  })

  test('of a group holds for the tasks inside of it', async () => {
    const workflow = tasks(
      '{ id: a, parallel: [{ id: b, shell: [ls] }, { id: c, sequence: [{ id: d, ask: Go? }] }], on_error: block }',
      '{ id: e, shell: [ls] }',
    )

    expect(await blocking(workflow)).toEqual(['b', 'd'])
  })
})

describe('A workflow says of its runs', () => {
  test.each([
    ['timeout: 1h', { timeout: { after: 3_600_000, action: 'fail' } }],
    ['timeout: 1h\non_timeout: block', { timeout: { after: 3_600_000, action: 'block' } }],
    [
      'budget: { wall_time: 1m, steps: 5, width: 3, warn_at: 0.5 }',
      { budget: { wall_time: 60_000, steps: 5, width: 3, warn_at: 0.5 } },
    ],
    ['concurrency: { limit: 1 }', { concurrency: { key: { lit: 'w' }, limit: 1, when_full: 'queue' } }],
    [
      'checkpoints: { on: [plan, completed], every_steps: 5 }',
      { checkpoints: { on: ['plan', 'completed'], every_steps: 5 } },
    ],
    ['nesting: { depth: 3 }', { nesting: { depth: 3, children: 10_000 } }],
  ])('%s', async (words, said) => {
    expect(await definitionOf(`${words}\ntasks: [{ id: a, shell: [ls] }]`)).toMatchObject(said)
  })

  test('how long a join of a graph waits', async () => {
    const { fans } = await definitionOf(`nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }, { id: c, collect: {} }]
transitions:
  - { from: a, to: b, group: g, each: { in: [1, 2] } }
  - { from: b, to: c, join: { group: g, timeout: 5s, on_timeout: proceed } }`)

    expect(fans[0]?.joins).toMatchObject([{ node: 'g', timeout: 5_000, onTimeout: 'proceed' }])
  })

  test.each([
    ['any: true, rest: continue', { require: 'any', rest: 'continue' }],
    ['quorum: 2, rest: cancel', { require: { quorum: 2 } }],
    ['ended: true, strategy: best_effort', { require: 'ended', strategy: 'best_effort' }],
  ])('what a join of a graph waits for, and what becomes of the rest: %s', async (words, said) => {
    const { fans } = await definitionOf(`nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }, { id: c, collect: {} }]
transitions:
  - { from: a, to: b, group: g, each: { in: [1, 2] } }
  - { from: b, to: c, join: { group: g, ${words} } }`)

    expect(fans[0]?.joins).toEqual([{ node: 'g', strategy: 'wait_all', merge: 'collect', ...said }])
  })
})

describe('A workflow that starts others', () => {
  const files = {
    'workflows/child.yaml': child,
    'workflows/middle.yaml': 'id: middle\ntasks: [{ id: a, workflow: child, with: { n: 1 } }]',
    'workflows/w.yaml': `id: w
tasks:
  - { id: a, workflow: middle }
  - { id: b, workflow: child, with: { n: 2 } }
  - { id: c, workflow: child, with: { n: 3 } }`,
    'workflows/other.yaml': 'id: other\ntasks: [{ id: a, shell: [ls] }]',
  }

  test('names them by digest, so that its own digest follows a change of theirs', async () => {
    const before = (await compiled(files)).get('w')
    const after = (await compiled({ ...files, 'workflows/child.yaml': child.replace('echo', 'printf') })).get('w')
    const found = before?.workflows.map(({ id, definition }) => [id, closureDigest(definition)])

    expect(found?.map(([id]) => id)).toEqual(['child', 'middle'])
    expect(before?.definition.workflows).toEqual(Object.fromEntries(found ?? []))
    expect(after && closureDigest(after.definition)).not.toBe(before && closureDigest(before.definition))
  })

  test('is loaded alone with those, and no others', async () => {
    expect([...(await compiled(files, 'w')).keys()].sort()).toEqual(['child', 'middle', 'w'])
  })
})

test('The budget of a project is read for the host, with that of its environment', async () => {
  const source = memorySource({
    'wonder.yaml': `wonder: 1
name: demo
settings: { budget: { tokens: 5, wall_time: 1h } }
environments: { live: { settings: { budget: { tokens: 50 } } } }`,
    'workflows/w.yaml': 'id: w\ntasks: [{ id: a, shell: [ls] }]',
  })

  const [plain, live] = await Promise.all([loadProject(source), loadProject(source, { environment: 'live' })])

  expect(plain.ok && plain.project.settings.budget).toEqual({ tokens: 5, wall_time: 3_600_000 })
  expect(live.ok && live.project.settings.budget).toEqual({ tokens: 50, wall_time: 3_600_000 })
  expect(plain.ok && plain.project.workflows.get('w')?.definition).not.toHaveProperty('budget')
})
