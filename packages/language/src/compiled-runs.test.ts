import type { Json } from '@wonder/engine'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { type Play, type Played, runWorkflow } from '../fixtures/run-workflow.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'

async function run(workflow: string, input: Json = {}, play: Play = {}): Promise<Played> {
  const files = { 'wonder.yaml': 'wonder: 1\nname: demo\n', 'workflows/w.yaml': `id: w\n${workflow}` }
  const loaded = await loadProject(memorySource(files))
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n'))
  const definition = loaded.project.workflows.get('w')?.definition
  if (definition === undefined) throw new Error('workflow "w" is missing')
  return runWorkflow(definition, input, play)
}

const shell = (value: string): Json => ({ exit_code: 0, stdout: value, stderr: '', value: null })

describe('a compiled workflow', () => {
  test('does its tasks in order and gives its outputs', async () => {
    const played = await run(
      `input: { n: integer }
tasks:
  - { id: a, shell: [echo, "{{ input.n }}"] }
  - { id: b, collect: { doubled: "{{= input.n * 2 }}", said: "{{ tasks.a.output.stdout }}" } }
outputs: { b: "{{ tasks.b.output }}" }`,
      { n: 4 },
      { a: shell('four') },
    )

    expect(played).toMatchObject({ status: 'completed', output: { b: { doubled: 8, said: 'four' } }, order: ['a'] })
    expect(played.inputs.get('a')).toEqual([{ command: ['echo', '4'] }])
  })

  test.each([
    [true, ['a', 'b'], 'completed'],
    [false, ['b'], 'skipped'],
  ])('skips a task whose if is %s', async (go, order, status) => {
    const played = await run(
      'input: { go: boolean }\ntasks:\n  - { id: a, if: input.go, shell: [ls] }\n  - { id: b, shell: [ls] }\noutputs: { s: "{{ tasks.a.status }}" }',
      { go },
      { a: shell(''), b: shell('') },
    )

    expect(played).toMatchObject({ status: 'completed', order, output: { s: status } })
  })

  test.each([
    ['sequence: [{ id: x, shell: [ls] }]', { exit_code: 0, stdout: 'X', stderr: '', value: null }],
    ['parallel: [{ id: x, shell: [ls] }]', { x: shell('X') }],
    ['each: { in: [1] }\n    do: [{ id: x, shell: [ls] }]', [shell('X')]],
    ['route: [{ do: [{ id: x, shell: [ls] }] }]', { taken: 'otherwise', output: shell('X') }],
  ])('asks the if of a group once, before it begins: %s', async (group, output) => {
    const workflow = `input: { go: boolean }\ntasks:\n  - id: g\n    if: input.go\n    ${group}\n  - { id: after, shell: [ls] }\noutputs: { s: "{{ tasks.g.status }}", o: "{{ tasks.g.output }}" }`
    const play = { x: shell('X'), after: shell('') }

    const went = await run(workflow, { go: true }, play)
    const skipped = await run(workflow, { go: false }, play)

    expect(went).toMatchObject({ status: 'completed', order: ['x', 'after'], output: { s: 'completed', o: output } })
    expect(skipped).toMatchObject({ status: 'completed', order: ['after'], output: { s: 'skipped', o: null } })
  })

  test('runs each over a list with its filter, and keeps the order of the items', async () => {
    const played = await run(
      `tasks:
  - id: g
    each: { in: 1..5, as: n, filter: n != 3, max_workers: 2 }
    do: [{ id: x, shell: [echo, "{{ n }}", "{{ index }}"] }]
outputs: { g: "{{ tasks.g.output }}" }`,
      {},
      { x: (input) => shell((input as { command: string[] }).command.slice(1).join(':')) },
    )

    expect(played.output).toMatchObject({
      g: [{ stdout: '1:0' }, { stdout: '2:1' }, { stdout: '4:2' }, { stdout: '5:3' }],
    })
  })

  test.each([
    ['order: sequential, max_workers: 3', 1],
    ['order: sequential', 1],
    ['order: parallel', 8],
    ['max_workers: 3', 3],
    ['as: n', 8],
  ])('holds as many branches of each as { %s } says', async (words, workers) => {
    const played = await run(
      `tasks:
  - id: g
    each: { in: 1..20, ${words} }
    do: [{ id: x, shell: [echo, "{{ index }}"] }]
outputs: { n: "{{= size(tasks.g.output) }}" }`,
      {},
      { x: shell('') },
    )

    expect(played).toMatchObject({ status: 'completed', output: { n: 20 } })
    expect(played.mostOut).toBe(workers)
  })

  test.each([
    ['wait_all', 'failed'],
    ['fail_fast', 'failed'],
    ['best_effort', 'completed'],
    ['race', 'completed'],
  ])('parallel tasks of which one fails: %s is %s', async (strategy, status) => {
    const played = await run(
      `tasks:
  - id: g
    parallel: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }, { id: c, shell: [ls] }, { id: d, shell: [ls] }]
    strategy: ${strategy}
    max_workers: 2
    on_error: continue
outputs: { status: "{{ tasks.g.status }}" }`,
      {},
      { a: new Error('no') },
    )

    const begun = { wait_all: 4, fail_fast: 2, best_effort: 4, race: 3 }[strategy]
    expect(played).toMatchObject({ status: 'completed', output: { status } })
    expect(played.mostOut).toBe(2)
    expect(played.order).toHaveLength(begun ?? 0)
  })

  test('combines a matrix and leaves out what is excluded', async () => {
    const played = await run(
      `tasks:
  - id: g
    each: { matrix: { os: [mac, linux], node: [20, 24] }, exclude: [{ os: mac, node: 20 }], as: m }
    do: [{ id: x, shell: [echo, "{{ m.os }}{{ m.node }}"] }]`,
      {},
      { x: shell('') },
    )

    expect(played.inputs.get('x')?.map((input) => (input as { command: string[] }).command[1])).toEqual([
      'mac24',
      'linux20',
      'linux24',
    ])
  })

  test.each([
    [5, 0, ['low', 'end']],
    [50, 1, ['mid', 'end']],
    [500, 'otherwise', ['end']],
  ])('takes one arm of a route: %s', async (n, taken, order) => {
    const played = await run(
      `input: { n: integer }
tasks:
  - id: way
    route:
      - { if: input.n < 10, do: [{ id: low, shell: [ls] }] }
      - { if: input.n < 100, do: [{ id: mid, shell: [ls] }] }
      - do: []
  - { id: end, shell: [ls] }
outputs: { taken: "{{ tasks.way.output.taken }}" }`,
      { n },
    )

    expect(played).toMatchObject({ status: 'completed', order, output: { taken } })
  })

  test('fails a route whose value has no case, and lists the cases', async () => {
    const workflow = `input: { kind: string }
tasks:
  - id: way
    route: input.kind
    cases: { big: [{ id: b, shell: [ls] }], small: [] }
outputs: { taken: "{{ tasks.way.output.taken }}" }`

    const small = await run(workflow, { kind: 'small' })
    const odd = await run(workflow, { kind: 'odd' })

    expect(small).toMatchObject({ status: 'completed', output: { taken: 'small' } })
    expect(odd).toMatchObject({
      status: 'failed',
      error: 'Cannot route "way": there is no case "odd"; the cases are big, small',
    })
  })

  test('goes on at next after a task that ran, and in order after one that was skipped', async () => {
    const workflow = `input: { quick: boolean }
tasks:
  - { id: a, if: input.quick, shell: [ls], next: c }
  - { id: b, shell: [ls] }
  - { id: c, shell: [ls] }`

    const quick = await run(workflow, { quick: true })
    const slow = await run(workflow, { quick: false })

    expect(quick).toMatchObject({ status: 'completed', order: ['a', 'c'] })
    expect(slow).toMatchObject({ status: 'completed', order: ['b', 'c'] })
  })

  test.each([
    [undefined, ['a', 'c']],
    [new Error('x'), ['a', 'b', 'c']],
  ])('has one way after success and another after a failure', async (error, order) => {
    const workflow = `tasks:
  - { id: a, shell: [ls], next: c, on_error: { next: b } }
  - { id: b, shell: [ls] }
  - { id: c, shell: [ls] }`

    expect(await run(workflow, {}, { a: error ?? {} })).toMatchObject({ status: 'completed', order })
  })

  test('runs the error list of a task with its error, and goes on after it', async () => {
    const played = await run(
      `tasks:
  - id: a
    shell: [ls]
    on_error:
      - { id: tell, shell: [echo, "{{ error.message }}"] }
      - { id: more, shell: [ls] }
  - { id: b, shell: [ls] }`,
      {},
      { a: new Error('no disk') },
    )

    expect(played).toMatchObject({ status: 'completed', order: ['a', 'tell', 'more', 'b'] })
    expect(played.inputs.get('tell')).toEqual([{ command: ['echo', 'no disk'] }])
  })

  test.each(['continue', '{ next: c }'])('goes on after a failure: on_error: %s', async (onError) => {
    const played = await run(
      `tasks:\n  - { id: a, shell: [ls], on_error: ${onError} }\n  - { id: b, shell: [ls] }\n  - { id: c, shell: [ls] }`,
      {},
      { a: new Error('x') },
    )

    expect(played).toMatchObject({ status: 'completed', order: onError === 'continue' ? ['a', 'b', 'c'] : ['a', 'c'] })
  })

  test.each([
    ['sequence: [{ id: x, shell: [ls] }, { id: y, shell: [ls] }]', ['x', 'tell', 'b']],
    ['parallel: [{ id: x, shell: [ls] }]', ['x', 'tell', 'b']],
    ['route: [{ do: [{ id: x, shell: [ls] }, { id: y, shell: [ls] }] }]', ['x', 'tell', 'b']],
    ['each: { in: [1] }\n    do: [{ id: x, shell: [ls] }]', ['x', 'tell', 'b']],
  ])('answers for a failure anywhere in a group: %s', async (group, order) => {
    const played = await run(
      `tasks:\n  - id: g\n    ${group}\n    on_error: [{ id: tell, shell: [ls] }]\n  - { id: b, shell: [ls] }`,
      {},
      { x: new Error('x') },
    )

    expect(played).toMatchObject({ status: 'completed', order })
  })

  test('gives a guarded route and sequence their values', async () => {
    const played = await run(
      `tasks:
  - { id: s, sequence: [{ id: x, shell: [ls] }], on_error: continue }
  - { id: r, route: [{ do: [{ id: y, shell: [ls] }] }], on_error: continue }
outputs: { s: "{{ tasks.s.output }}", r: "{{ tasks.r.output }}" }`,
      {},
      { x: shell('X'), y: shell('Y') },
    )

    expect(played.output).toEqual({ s: shell('X'), r: { taken: 'otherwise', output: shell('Y') } })
  })

  test('runs the error list of the workflow and then finally, and still fails', async () => {
    const played = await run(
      `tasks: [{ id: a, shell: [ls] }]
on_error: [{ id: tell, shell: [echo, "{{ error.message }}"] }]
finally: [{ id: clean, shell: [ls] }]`,
      {},
      { a: new Error('no disk') },
    )

    expect(played).toMatchObject({ status: 'failed', order: ['a', 'tell', 'clean'] })
    expect(played.inputs.get('tell')).toEqual([{ command: ['echo', 'no disk'] }])
  })

  test('gives null for the output of a task that did not run', async () => {
    const workflow = `input: { go: boolean }
tasks:
  - { id: first, if: input.go, shell: [ls] }
  - { id: stop, if: "!input.go", end: {} }
  - { id: last, render: x, save: x.txt }
outputs: { first: "{{ tasks.first.output.stdout }}", text: "{{ tasks.last.output.text }}", file: "{{ tasks.last.artifact }}" }`

    const early = await run(workflow, { go: false })
    const whole = await run(workflow, { go: true }, { first: shell('F'), last: { text: 'L' } })

    expect(early).toMatchObject({ status: 'completed', output: { first: null, text: null, file: null } })
    expect(whole).toMatchObject({ status: 'completed', output: { first: 'F', text: 'L' } })
  })

  test('ends early, completed or failed', async () => {
    const ended = await run('tasks:\n  - { id: a, if: "true", end: {} }\n  - { id: b, shell: [ls] }')
    const failed = await run(
      'input: { n: integer }\ntasks:\n  - { id: a, if: input.n > 1, fail: "too many: {{ input.n }}" }\n  - { id: b, shell: [ls] }',
      { n: 2 },
    )

    expect(ended).toMatchObject({ status: 'completed', order: [] })
    expect(failed).toMatchObject({ status: 'failed', error: 'too many: 2', order: [] })
  })

  test('sets state, all values at once', async () => {
    const played = await run(
      `state: { a: integer = 1, b: integer = 2, deep: 'object = {}' }
tasks:
  - { id: swap, set: { a: "{{ state.b }}", b: "{{ state.a }}", deep.er: yes } }
outputs: { a: "{{ state.a }}", b: "{{ state.b }}", deep: "{{ state.deep }}" }`,
    )

    expect(played.output).toEqual({ a: 2, b: 1, deep: { er: 'yes' } })
  })

  test('tells of a parallel task that a race has ended that it is skipped', async () => {
    const played = await run(
      `tasks:
  - id: first
    strategy: race
    parallel: [{ id: slow, wait: never }, { id: quick, shell: [ls] }]
  - { id: after, if: tasks.first.children.slow.status == "completed", shell: [ls] }
outputs: { slow: "{{ tasks.first.children.slow }}", quick: "{{ tasks.first.children.quick.status }}" }`,
    )

    expect(played).toMatchObject({
      status: 'completed',
      order: ['quick'],
      output: { slow: { status: 'skipped', output: null }, quick: 'completed' },
    })
  })

  test('keeps the outputs of parallel tasks by their ids, groups within groups', async () => {
    const played = await run(
      `tasks:
  - id: p
    parallel:
      - { id: x, shell: [ls] }
      - { id: s, sequence: [{ id: y, shell: [ls] }, { id: z, collect: { y: "{{ tasks.y.output.stdout }}" } }] }
outputs: { p: "{{ tasks.p.output }}", x: "{{ tasks.p.children.x.status }}" }`,
      {},
      { x: shell('X'), y: shell('Y') },
    )

    expect(played.output).toEqual({ p: { x: shell('X'), s: { y: 'Y' } }, x: 'completed' })
  })
})

describe('a render', () => {
  test('may test what is missing', async () => {
    const played = await run(
      `input: { name: string? , xs: 'object[] = []' }
tasks:
  - { id: a, if: "false", shell: [ls] }
  - id: b
    render: "{{#if input.name}}{{ input.name }}{{/if}} {{ default tasks.a.output.stdout 'none' }} {{#each input.xs}}{{ this.n }}{{/each}}"`,
    )

    expect(played.inputs.get('b')).toMatchObject([
      { data: { input: { name: null, xs: [] }, tasks: { a: { output: { stdout: null } } } } },
    ])
  })
})
