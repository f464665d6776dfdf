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

const argument = (input: Json): string => (input as { command: string[] }).command[1] ?? ''
const said = (input: Json): Json => ({ exit_code: 0, stdout: argument(input), stderr: '', value: null })

describe('a loop', () => {
  const counting = (max: number, more = '') => `input: { n: integer }
state: { n: integer = 0 }
tasks:
  - id: again
    loop:
      do:
        - { id: count, set: { n: "{{= state.n + 1 }}" } }
        - { id: say, shell: [echo, "{{ state.n }}"] }
      until: tasks.say.output.stdout == string(input.n)
      max: ${max}
    ${more}
  - { id: after, shell: [ls] }
outputs: { last: "{{ tasks.again.output.stdout }}", status: "{{ tasks.again.status }}", n: "{{ state.n }}" }`

  test.each([1, 3, 5])('goes round until its condition holds: %s times of at most 5', async (n) => {
    const played = await run(counting(5), { n }, { say: said })

    expect(played).toMatchObject({ status: 'completed', output: { last: String(n), status: 'completed', n } })
    expect(played.order).toEqual([...Array.from({ length: n }, () => 'say'), 'after'])
  })

  test.each([
    [1, 'Loop "again" was not done after 1 round'],
    [4, 'Loop "again" was not done after 4 rounds'],
  ])('fails after %s rounds when the condition still does not hold', async (max, error) => {
    const played = await run(counting(max), { n: 9 }, { say: said })

    expect(played).toMatchObject({ status: 'failed', error })
    expect(played.order).toHaveLength(max)
    expect(played.state.ended).toMatchObject({ error: { code: 'loop_limit_reached' } })
  })

  test.each([
    ['on_error: continue', ['say', 'say', 'after']],
    ['on_error: [{ id: tell, shell: [echo, "{{ error.code }}"] }]', ['say', 'say', 'tell', 'after']],
    ['on_error: { next: after }', ['say', 'say', 'after']],
  ])('has its limit answered for: %s', async (more, order) => {
    const played = await run(counting(2, more), { n: 9 }, { say: said })

    expect(played).toMatchObject({ status: 'completed', order, output: { status: 'failed' } })
    if (order.includes('tell')) expect(played.inputs.get('tell')).toEqual([{ command: ['echo', 'loop_limit_reached'] }])
  })

  test('reads what a round before gave, and says what holds in the first', async () => {
    const played = await run(
      `tasks:
  - id: again
    loop:
      do:
        - { id: write, shell: [echo, "{{ default tasks.review.output.stdout 'new' }}"] }
        - { id: review, shell: [echo, "{{ tasks.write.output.stdout }}!"] }
      until: tasks.review.output.stdout == "new!!"
      max: 5`,
      {},
      { write: said, review: said },
    )

    expect(played).toMatchObject({ status: 'completed', order: ['write', 'review', 'write', 'review'] })
    expect(played.inputs.get('write')?.map(argument)).toEqual(['new', 'new!'])
  })

  test('inside a loop counts its rounds anew', async () => {
    const played = await run(
      `state: { inner: integer = 0, outer: integer = 0 }
tasks:
  - id: outside
    loop:
      do:
        - { id: zero, set: { inner: 0, outer: "{{= state.outer + 1 }}" } }
        - id: inside
          loop:
            do: [{ id: up, set: { inner: "{{= state.inner + 1 }}" } }, { id: work, shell: [ls] }]
            until: state.inner == 3
            max: 3
      until: state.outer == 4
      max: 4`,
    )

    expect(played.status).toBe('completed')
    expect(played.order).toHaveLength(12)
  })

  test('works in every branch of each, with an if, and with a failure of its tasks answered for', async () => {
    const played = await run(
      `tasks:
  - id: all
    each: { in: 1..3, as: n }
    strategy: best_effort
    do:
      - id: try_it
        if: n != 2
        loop: { do: [{ id: work, shell: [echo, "{{ n }}"] }], until: "tasks.work.output.stdout != '9'", max: 2 }
        on_error: continue
      - { id: told, collect: { n: "{{ n }}", status: "{{ tasks.try_it.status }}" } }
outputs: { all: "{{ tasks.all.output }}" }`,
      {},
      { work: (input) => (argument(input) === '3' ? new Error('no') : said(input)) },
    )

    expect(played.output).toEqual({
      all: [
        { n: 1, status: 'completed' },
        { n: 2, status: 'skipped' },
        { n: 3, status: 'failed' },
      ],
    })
  })
})

describe('a graph', () => {
  test('goes over items in branches and joins them under the name of the group', async () => {
    const played = await run(
      `input: { items: "integer[]" }
nodes:
  - { id: fetch, collect: { items: "{{ input.items }}" } }
  - { id: check, shell: [echo, "{{ item }}:{{ index }}"] }
  - { id: sum, collect: { n: "{{= size(tasks.items.output) }}", stats: "{{ tasks.items.stats }}" } }
transitions:
  - { from: fetch, to: check, each: { in: "{{ tasks.fetch.output.items }}" }, group: items, max_workers: 4 }
  - { from: check, to: sum, join: { group: items, all: true, merge: collect, strategy: best_effort } }
outputs: { sum: "{{ tasks.sum.output }}", items: "{{ tasks.items.output }}" }`,
      { items: [5, 6, 7] },
      { check: said },
    )

    expect(played).toMatchObject({
      status: 'completed',
      order: ['check', 'check', 'check'],
      output: {
        sum: { n: 3, stats: { total: 3, succeeded: 3 } },
        items: [{ stdout: '5:0' }, { stdout: '6:1' }, { stdout: '7:2' }],
      },
    })
  })

  test.each([[[]], [[1]]])('joins %j items', async (items) => {
    const played = await run(
      `input: { items: "integer[]" }
nodes: [{ id: a, shell: [ls] }, { id: b, shell: [echo, "{{ n }}"] }, { id: c, shell: [ls] }]
transitions:
  - { from: a, to: b, each: { in: "{{ input.items }}", as: n }, group: g }
  - { from: b, to: c, join: { group: g } }
outputs: { g: "{{ tasks.g.output }}" }`,
      { items },
      { b: said },
    )

    expect(played).toMatchObject({ status: 'completed', order: ['a', ...items.map(() => 'b'), 'c'] })
    expect((played.output as { g: unknown[] }).g).toHaveLength(items.length)
  })

  test('names branches that differ after their nodes', async () => {
    const played = await run(
      `nodes:
  - { id: start, shell: [ls] }
  - { id: left, collect: { v: 1 } }
  - { id: right, collect: { v: 2 } }
  - { id: both, collect: { all: "{{ tasks.sides.output }}" } }
transitions:
  - { from: start, to: left, group: sides }
  - { from: start, to: right, group: sides }
  - { from: left, to: both, join: { group: sides } }
  - { from: right, to: both, join: { group: sides } }
outputs: { all: "{{ tasks.both.output.all }}" }`,
    )

    expect(played).toMatchObject({ status: 'completed', output: { all: { left: { v: 1 }, right: { v: 2 } } } })
  })

  test.each([
    ['any: true', 1],
    ['quorum: 2', 2],
    ['all: true', 3],
  ])('waits for %s of three spawned branches', async (require, arrived) => {
    const played = await run(
      `nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }, { id: c, shell: [ls] }]
transitions:
  - { from: a, to: b, spawn: 3, group: g }
  - { from: b, to: c, join: { group: g, ${require} } }
outputs: { stats: "{{ tasks.g.stats }}" }`,
    )

    expect(played).toMatchObject({ status: 'completed', output: { stats: { total: 3, succeeded: arrived } } })
    expect(played.order.filter((task) => task === 'c')).toHaveLength(1)
  })

  test('fails a quorum that can no longer come about', async () => {
    const played = await run(
      `nodes: [{ id: a, shell: [ls] }, { id: b, shell: [echo, "{{ n }}"] }, { id: c, shell: [ls] }]
transitions:
  - { from: a, to: b, each: { in: [1, 2, 3], as: n }, group: g }
  - { from: b, to: c, join: { group: g, quorum: 2 } }`,
      {},
      { b: (input) => (argument(input) === '1' ? {} : new Error('no')) },
    )

    expect(played).toMatchObject({ status: 'failed' })
    expect(played.state.ended).toMatchObject({ error: { code: 'join_unreachable' } })
  })

  test.each([
    [1, true, { 'b.0': { at: 'b' }, c: { at: 'c' } }],
    [2, false, { 'b.0': { at: 'b' }, 'b.1': { at: 'b' } }],
    [0, true, { c: { at: 'c' } }],
  ])('has keys named after its branches when b is made %s times and c is %s', async (n, also, output) => {
    const played = await run(
      `input: { n: integer, also: boolean }
nodes:
  - { id: a, shell: [ls] }
  - { id: b, collect: { at: b } }
  - { id: c, collect: { at: c } }
  - { id: d, collect: { all: "{{ tasks.g.output }}" } }
transitions:
  - { from: a, to: b, group: g, spawn: "{{ input.n }}" }
  - { from: a, to: c, group: g, if: input.also }
  - { from: b, to: d, join: { group: g, merge: keyed_by_branch } }
  - { from: c, to: d, join: { group: g, merge: keyed_by_branch } }
outputs: { all: "{{ tasks.d.output.all }}" }`,
      { n, also },
    )

    expect(played).toMatchObject({ status: 'completed' })
    expect(played.output).toEqual({ all: output })
  })

  test('spawns as many branches as an expression says', async () => {
    const played = await run(
      `input: { n: integer }
nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }]
transitions: [{ from: a, to: b, spawn: "{{ input.n }}" }]`,
      { n: 4 },
    )

    expect(played).toMatchObject({ status: 'completed', order: ['a', 'b', 'b', 'b', 'b'] })
  })

  test('has several joins of one group, each with its name', async () => {
    const played = await run(
      `nodes:
  - { id: a, shell: [ls] }
  - { id: b, collect: { n: "{{ n }}" } }
  - { id: odd, collect: { all: "{{ tasks.g.output }}" } }
  - { id: even, collect: { all: "{{ tasks.g_even.output }}" } }
transitions:
  - { from: a, to: b, each: { in: 1..5, as: n }, group: g }
  - { from: b, to: odd, if: n % 2 == 1, join: { group: g, merge: append } }
  - { from: b, to: even, if: n % 2 == 0, join: { group: g, merge: append } }
outputs: { odd: "{{ tasks.odd.output.all }}", even: "{{ tasks.even.output.all }}" }`,
    )

    expect(played).toMatchObject({
      status: 'completed',
      output: { odd: [{ n: 1 }, { n: 3 }, { n: 5 }], even: [{ n: 2 }, { n: 4 }] },
    })
  })

  test('joins again in every round of a cycle, and stops at the limit', async () => {
    const played = await run(
      `state: { round: integer = 0 }
nodes:
  - { id: begin, set: { round: "{{= state.round + 1 }}" } }
  - { id: work, shell: [echo, "{{ state.round }}.{{ n }}"] }
  - { id: sum, collect: { all: "{{ tasks.g.output }}" } }
transitions:
  - { from: begin, to: work, each: { in: 1..2, as: n }, group: g }
  - { from: work, to: sum, join: { group: g } }
  - { from: sum, to: begin, max_iterations: 2 }
outputs: { all: "{{ tasks.sum.output.all }}", rounds: "{{ state.round }}" }`,
      {},
      { work: said },
    )

    expect(played).toMatchObject({
      status: 'completed',
      output: { rounds: 3, all: [{ stdout: '3.1' }, { stdout: '3.2' }] },
    })
    expect(played.order).toHaveLength(6)
  })

  test('limits the way from a join', async () => {
    const played = await run(
      `nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }]
transitions:
  - { from: a, to: b, spawn: 2, group: g }
  - { from: b, to: a, join: { group: g }, max_iterations: 2 }`,
    )

    expect(played.status).toBe('completed')
    expect(played.order.filter((task) => task === 'a')).toHaveLength(3)
  })

  test('counts the rounds of each branch by itself', async () => {
    const played = await run(
      `nodes: [{ id: a, shell: [ls] }, { id: b, shell: [echo, "{{ n }}"] }, { id: c, shell: [ls] }]
transitions:
  - { from: a, to: b, each: { in: 1..3, as: n }, group: g }
  - { from: b, to: b, if: n > 1, max_iterations: 2 }
  - { from: b, to: c, priority: 1, join: { group: g } }`,
      {},
      { b: said },
    )

    expect(played.status).toBe('completed')
    expect(played.inputs.get('b')?.map(argument).sort()).toEqual(['1', '2', '2', '2', '3', '3', '3'])
  })

  test('nests fan-outs three deep', async () => {
    const played = await run(
      `nodes:
  - { id: a, shell: [ls] }
  - { id: b, collect: { x: "{{ x }}" } }
  - { id: c, collect: { y: "{{ y }}" } }
  - { id: d, collect: { sum: "{{= tasks.b.output.x + tasks.c.output.y + z }}" } }
  - { id: e, collect: { of: "{{ tasks.zs.output }}", x: "{{ x }}" } }
  - { id: f, collect: { of: "{{ tasks.ys.output }}" } }
  - { id: g, collect: { of: "{{ tasks.xs.output }}" } }
transitions:
  - { from: a, to: b, each: { in: [100, 200], as: x }, group: xs }
  - { from: b, to: c, each: { in: [10, 20], as: y }, group: ys }
  - { from: c, to: d, each: { in: [1, 2], as: z }, group: zs }
  - { from: d, to: e, join: { group: zs } }
  - { from: e, to: f, join: { group: ys } }
  - { from: f, to: g, join: { group: xs } }
outputs: { all: "{{ tasks.g.output.of }}" }`,
    )

    const inner = (x: number, y: number) => ({ x, of: [{ sum: x + y + 1 }, { sum: x + y + 2 }] })
    const middle = (x: number) => ({ of: [inner(x, 10), inner(x, 20)] })
    expect(played.output).toEqual({ all: [middle(100), middle(200)] })
  })

  test('leaves two fan-outs at once through the outer join', async () => {
    const played = await run(
      `nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }, { id: c, shell: [ls] }, { id: d, shell: [ls] }]
transitions:
  - { from: a, to: b, each: { in: [1, 2], as: x }, group: outer }
  - { from: b, to: c, each: { in: [1, 2], as: y }, group: inner }
  - { from: c, to: d, join: { group: outer } }`,
    )

    expect(played.status).toBe('completed')
    expect(played.order.filter((task) => task === 'd')).toHaveLength(1)
  })

  test('goes on where a branch ends early, splits or fails', async () => {
    const played = await run(
      `nodes:
  - { id: a, shell: [ls] }
  - { id: b, shell: [echo, "{{ n }}"] }
  - { id: left, shell: [ls] }
  - { id: right, shell: [ls] }
  - { id: end_of_it, collect: { n: "{{ tasks.g.output }}", stats: "{{ tasks.g.stats }}" } }
transitions:
  - { from: a, to: b, each: { in: 1..4, as: n }, group: g }
  - { from: b, to: left, if: n == 2 }
  - { from: b, to: right, if: n == 2 }
  - { from: b, to: end_of_it, if: n == 4, join: { group: g, strategy: best_effort } }
  - { from: left, to: end_of_it, join: { group: g } }
outputs: { end: "{{ tasks.end_of_it.output }}" }`,
      {},
      { b: (input) => (argument(input) === '3' ? new Error('no') : said(input)), left: { left: true } },
    )

    expect(played).toMatchObject({
      status: 'completed',
      output: {
        end: { n: [null, { left: true }, null, { stdout: '4' }], stats: { total: 4, succeeded: 2, failed: 1 } },
      },
    })
  })

  test.each([
    [5, ['a', 'low']],
    [15, ['a', 'mid', 'also']],
    [50, ['a', 'high']],
  ])('takes all transitions of the first tier with a match: %s', async (n, order) => {
    const played = await run(
      `input: { n: integer }
nodes: [{ id: a, shell: [ls] }, { id: low, shell: [ls] }, { id: mid, shell: [ls] }, { id: also, shell: [ls] }, { id: high, shell: [ls] }]
transitions:
  - { from: a, to: high, priority: 3 }
  - { from: a, to: low, if: input.n < 10, priority: 1 }
  - { from: a, to: mid, if: input.n < 20, priority: 2 }
  - { from: a, to: also, if: input.n > 12 && input.n < 20, priority: 2 }`,
      { n },
    )

    expect(played.status).toBe('completed')
    expect([...played.order].sort()).toEqual([...order].sort())
  })

  test('begins where start says, and may lead a failure elsewhere', async () => {
    const played = await run(
      `start: b
nodes:
  - { id: mend, shell: [ls] }
  - { id: b, shell: [ls], on_error: { next: mend } }
  - { id: c, shell: [ls], on_error: [{ id: tell, shell: [echo, "{{ error.message }}"] }] }
  - { id: d, shell: [ls], on_error: continue }
transitions:
  - { from: b, to: d }
  - { from: mend, to: c }
  - { from: c, to: d }
outputs: { d: "{{ tasks.d.status }}", c: "{{ tasks.c.status }}" }`,
      {},
      { b: new Error('b'), c: new Error('c'), d: new Error('d') },
    )

    expect(played).toMatchObject({
      status: 'completed',
      order: ['b', 'mend', 'c', 'tell', 'd'],
      output: { d: 'failed', c: 'failed' },
    })
    expect(played.inputs.get('tell')).toEqual([{ command: ['echo', 'c'] }])
  })

  test('has nodes that are lists and groups', async () => {
    const played = await run(
      `nodes:
  - { id: list, sequence: [{ id: one, shell: [ls] }, { id: two, shell: [echo, "x"] }] }
  - { id: many, if: "tasks.list.output.stdout == 'x'", each: { in: 1..2 }, do: [{ id: item_of, shell: [echo, "{{ item }}"] }] }
  - { id: last, loop: { do: [{ id: once, shell: [ls] }], until: "true", max: 1 } }
transitions: [{ from: list, to: many }, { from: many, to: last }]
outputs: { many: "{{ tasks.many.output }}" }`,
      {},
      { two: said, item_of: said },
    )

    expect(played).toMatchObject({ status: 'completed', order: ['one', 'two', 'item_of', 'item_of', 'once'] })
  })

  test('may be one node', async () => {
    expect(await run('nodes: [{ id: a, shell: [ls] }]')).toMatchObject({ status: 'completed', order: ['a'] })
  })

  test('keeps a race of two ways: the first to arrive wins', async () => {
    const played = await run(
      `nodes: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }, { id: c, shell: [ls] }, { id: d, collect: { won: "{{ tasks.g.output }}" } }]
transitions:
  - { from: a, to: b, group: g }
  - { from: a, to: c, group: g }
  - { from: b, to: d, join: { group: g, any: true, merge: merge_object } }
  - { from: c, to: d, join: { group: g } }
outputs: { won: "{{ tasks.d.output.won }}" }`,
      {},
      { b: { by: 'b' }, c: { by: 'c' } },
    )

    expect(played).toMatchObject({ status: 'completed', output: { won: { by: 'b' } } })
  })
})
