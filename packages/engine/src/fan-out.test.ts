import { describe, expect, test } from 'vitest'
import { outputsOf, type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { Expr, Json, Merge, Strategy } from './index.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})
type Each = Extract<Task, { kind: 'each' }>
const item: Task = { id: 'i', kind: 'collect', value: { path: ['item'] } }
const each = (list: Expr, parts: Partial<Each> = {}): Each => ({
  id: 'e',
  kind: 'each',
  in: { list },
  do: [item],
  ...parts,
})
const run = (parts: Workflow, input: Json = {}): SimulatedRun => {
  const simulated = new SimulatedRun(workflow(parts))
  simulated.start(input)
  return simulated
}
const outputOf = (...tasks: readonly Task[]): Json | undefined => {
  const last = tasks.at(-1)?.id ?? ''
  const { output } = run({ tasks, outputs: { path: ['tasks', last, 'output'] } }, { list: [1, 2] })
  return output
}

describe('each', () => {
  test.each([
    ['a list', { lit: [3, 4] }, [3, 4]],
    ['a list by reference', { path: ['input', 'list'] }, [1, 2]],
    ['a computed list', { cel: '[1, 2].map(x, x * 2)' }, [2, 4]],
    [
      'a map',
      { lit: { a: 1, b: 2 } },
      [
        { key: 'a', value: 1 },
        { key: 'b', value: 2 },
      ],
    ],
    ['a range', { lit: '2..4' }, [2, 3, 4]],
    ['a range downwards', { lit: ' 1..-1 ' }, [1, 0, -1]],
    ['an empty list', { lit: [] }, []],
    ['an empty map', { lit: {} }, []],
  ] as const)('goes over %s', (_what, list, expected) => {
    expect(outputOf(each(list as Expr))).toEqual(expected)
  })

  test.each([[null], [7], ['seven'], [true]])('%o is not a list: the group fails, and its onError decides', (value) => {
    const failed = run({ tasks: [each({ lit: value })] })
    expect(failed.state.ended).toMatchObject({
      status: 'failed',
      error: { code: 'not_a_list', details: { task: 'e' } },
    })
    const continued = run({
      tasks: [each({ lit: value }, { onError: 'continue' })],
      outputs: { path: ['tasks', 'e', 'status'] },
    })
    expect(continued.output).toBe('failed')
  })

  test('a matrix makes every combination, without those that are excluded', () => {
    const matrix = { os: { lit: ['a', 'b'] }, n: { lit: '1..2' } }
    const exclude = { lit: [{ os: 'a', n: 2 }, { os: 'c' }] }
    expect(outputOf(each({ lit: [] }, { in: { matrix, exclude } }))).toEqual([
      { os: 'a', n: 1 },
      { os: 'b', n: 1 },
      { os: 'b', n: 2 },
    ])
  })

  test('a matrix of more than max combinations fails, and one axis without values has none', () => {
    const matrix = { os: { lit: ['a', 'b'] }, n: { lit: '1..2' } }
    const simulated = run({ tasks: [each({ lit: [] }, { in: { matrix, max: 3 } })] })
    expect(simulated.state.ended?.error).toMatchObject({ code: 'limit_exceeded' })
    expect(outputOf(each({ lit: [] }, { in: { matrix: { ...matrix, none: { lit: [] } } } }))).toEqual([])
    const wrong = run({ tasks: [each({ lit: [] }, { in: { matrix: { os: { lit: 5 } } } })] })
    expect(wrong.state.ended?.error?.message).toContain('axis "os"')
  })

  test('a range or matrix of more than a million fails without being built', () => {
    const range = run({ tasks: [each({ lit: '1..1000001' })] })
    expect(range.state.ended?.error?.code).toBe('limit_exceeded')
    const matrix = { a: { lit: '1..1001' }, b: { lit: '1..1000' } }
    expect(run({ tasks: [each({ lit: [] }, { in: { matrix } })] }).state.ended?.error?.code).toBe('limit_exceeded')
  })

  test('filter leaves items out, counts them as skipped, and index counts what is left', () => {
    const value: Expr = { list: [{ path: ['item'] }, { path: ['index'] }] }
    const simulated = run({
      tasks: [
        each(
          { lit: [5, 6, 7, 8] },
          { filter: 'item % 2 == 0 && index > 0', do: [{ id: 'i', kind: 'collect', value }] },
        ),
      ],
      outputs: outputsOf('e'),
    })
    expect(simulated.output).toEqual({
      e: [
        [6, 0],
        [8, 1],
      ],
    })
    expect(simulated.valueOf('e')?.stats).toEqual({ total: 4, succeeded: 2, failed: 0, skipped: 2 })
  })

  test('with an empty body has null for each item', () => {
    expect(outputOf(each({ lit: [1, 2] }, { do: [] }))).toEqual([null, null])
  })

  test('holds at most workers branches, and begins the next as one ends', () => {
    const simulated = run({ tasks: [each({ lit: '1..5' }, { workers: 2, do: [task('i')] })] })
    expect(simulated.out).toHaveLength(2)
    simulated.complete('i', null, { branch: 1 })
    expect(simulated.out.map(({ token }) => simulated.pathOf(token))).toEqual([[0], [2]])
    simulated.fail('i', {}, 0)
    expect(simulated.out.map(({ token }) => simulated.pathOf(token))).toEqual([[2], [3]])
    simulated.finish()
    expect(simulated.status).toBe('failed')
    expect(simulated.eventsOf('branch_started')).toHaveLength(5)
  })

  test('in batches begins a wave when the one before has ended', () => {
    const simulated = run({ tasks: [each({ lit: '1..5' }, { batch: 2, do: [task('i')] })] })
    const branches = () => simulated.out.map(({ token }) => simulated.pathOf(token)[0])
    expect(branches()).toEqual([0, 1])
    simulated.complete('i', null, { branch: 0 })
    expect(branches()).toEqual([1])
    simulated.complete('i', null, { branch: 1 })
    expect(branches()).toEqual([2, 3])
    simulated.finish()
    expect(simulated.status).toBe('completed')
  })

  test('gives each branch its item, its index and its own values', () => {
    const text: Expr = { text: '{{ tasks.n.output }}/{{ word }}/{{ index }}', sink: 'none' }
    const body: Task[] = [
      { id: 'n', kind: 'collect', value: { cel: 'index * 10' } },
      { id: 't', kind: 'collect', value: text },
    ]
    expect(outputOf(each({ lit: ['x', 'y'] }, { as: 'word', do: body }))).toEqual(['0/x/0', '10/y/1'])
  })

  test('nests three deep, and the inner name and index hide the outer', () => {
    const value: Expr = { list: [{ path: ['a'] }, { path: ['b'] }, { path: ['c'] }, { path: ['index'] }] }
    const inner = each({ path: ['b'] }, { id: 'e3', as: 'c', do: [{ id: 'i', kind: 'collect', value }] })
    const middle = each({ path: ['a'] }, { id: 'e2', as: 'b', do: [inner] })
    const outer = each({ lit: [[[1, 2]], [[3], []]] }, { id: 'e1', as: 'a', do: [middle] })
    expect(outputOf(outer)).toEqual([
      [
        [
          [[[1, 2]], [1, 2], 1, 0],
          [[[1, 2]], [1, 2], 2, 1],
        ],
      ],
      [[[[[3], []], [3], 3, 0]], []],
    ])
  })

  test('tasks of a branch are not seen from outside', () => {
    const simulated = run({ tasks: [each({ lit: [1] }), task('z', { input: { path: ['tasks', 'i', 'output'] } })] })
    expect(simulated.state.ended?.error?.message).toContain('task "i" has not run')
  })

  test('lists the items that failed, with their errors, and counts', () => {
    const simulated = run({
      tasks: [each({ lit: ['x', 'y', 'z'] }, { strategy: 'best_effort', do: [task('i')] })],
      outputs: outputsOf('e'),
    })
    simulated.finish((_ref, [index]) => (index === 1 ? { error: { message: 'no' } } : { output: index ?? 0 }))
    expect(simulated.output).toEqual({ e: [0, null, 2] })
    expect(simulated.valueOf('e')?.failed).toMatchObject([
      { index: 1, item: 'y', error: { message: 'no', details: { task: 'i' } } },
    ])
    expect(simulated.valueOf('e')?.stats).toEqual({ total: 3, succeeded: 2, failed: 1, skipped: 0 })
  })

  test('names a list that stands in the state already instead of copying it', () => {
    const [event] = run({ tasks: [each({ path: ['input', 'list'] })] }, { list: [1, 2] }).eventsOf('fanned_out')
    expect(event).toMatchObject({ from: ['input', 'list'], count: 2 })
    expect(event?.items).toBeUndefined()
  })
})

describe('parallel', () => {
  test('is keyed by its children, which are seen from outside', () => {
    const simulated = run({
      tasks: [
        {
          id: 'p',
          kind: 'parallel',
          strategy: 'best_effort',
          do: [task('a'), task('b'), task('c', { when: 'false' })],
        },
      ],
      outputs: {
        map: {
          all: { path: ['tasks', 'p', 'output'] },
          a: { path: ['tasks', 'p', 'children', 'a', 'output'] },
          b: { path: ['tasks', 'p', 'children', 'b', 'status'] },
          c: { path: ['tasks', 'p', 'children', 'c', 'status'] },
        },
      },
    })
    simulated.fail('b')
    simulated.complete('a', 1)
    expect(simulated.output).toEqual({ all: { a: 1, b: null, c: null }, a: 1, b: 'failed', c: 'skipped' })
  })

  test('a child that is a group gives its value', () => {
    const child: Task = { id: 's', kind: 'sequence', do: [task('a'), task('b')] }
    const simulated = run({
      tasks: [{ id: 'p', kind: 'parallel', do: [child, each({ lit: [1, 2] })] }],
      outputs: outputsOf('p'),
    })
    simulated.finish((ref) => ({ output: ref }))
    expect(simulated.output).toEqual({ p: { s: 'b', e: [1, 2] } })
  })

  test('without children completes at once', () => {
    expect(outputOf({ id: 'p', kind: 'parallel', do: [] })).toEqual({})
  })

  test('after a handled failure a list of tasks goes on', () => {
    const simulated = run({
      tasks: [
        { id: 'p', kind: 'parallel', do: [task('a')], onError: [task('mend', { input: { path: ['error', 'code'] } })] },
        task('z'),
      ],
    })
    simulated.fail('a')
    expect(simulated.inputOf('mend')).toBe('branches_failed')
    simulated.complete('mend')
    expect(simulated.refsOut()).toEqual(['z'])
  })
})

/** Branches by what they come to, in the order in which they end: + succeeds, - fails. */
const outcomes: readonly (readonly [Strategy, string, 'completed' | 'failed', number, Json])[] = [
  ['wait_all', '+++', 'completed', 3, [0, 1, 2]],
  ['wait_all', '+-+', 'failed', 3, [0, null, 2]],
  ['wait_all', '---', 'failed', 3, [null, null, null]],
  ['fail_fast', '+++', 'completed', 3, [0, 1, 2]],
  ['fail_fast', '+-+', 'failed', 2, [0, null, null]],
  ['fail_fast', '-++', 'failed', 1, [null, null, null]],
  ['best_effort', '+++', 'completed', 3, [0, 1, 2]],
  ['best_effort', '--+', 'completed', 3, [null, null, 2]],
  ['best_effort', '---', 'failed', 3, [null, null, null]],
  ['race', '+++', 'completed', 1, [0, null, null]],
  ['race', '--+', 'completed', 3, [null, null, 2]],
  ['race', '-++', 'completed', 2, [null, 1, null]],
  ['race', '---', 'failed', 3, [null, null, null]],
]
test.each(outcomes)('%s of %s is %s after %i results', (strategy, results, status, needed, output) => {
  const simulated = run({
    tasks: [each({ lit: [...results] }, { strategy, do: [task('i')], onError: 'continue' }), task('z')],
  })
  let answered = 0
  while (simulated.refsOut()[0] === 'i') {
    if (results[answered] === '+') simulated.complete('i', answered, { branch: answered })
    else simulated.fail('i', {}, answered)
    answered += 1
  }
  expect(answered).toBe(needed)
  expect(simulated.refsOut()).toEqual(['z'])
  expect(simulated.valueOf('e')).toMatchObject({ status, output })
  expect(simulated.aborted).toHaveLength(3 - needed)
  expect(simulated.valueOf('e')?.error?.code).toBe(status === 'failed' ? 'branches_failed' : undefined)
  expect(simulated.valueOf('e')?.stats).toMatchObject({ total: 3, skipped: 3 - needed })
})

/** Branches in the order in which they arrive. */
const arrivals: readonly (readonly [string, (indexes: readonly number[]) => readonly number[]])[] = [
  ['in order', (indexes) => indexes],
  ['backwards', (indexes) => indexes.toReversed()],
  ['the first one last', (indexes) => [...indexes.slice(1), ...indexes.slice(0, 1)]],
]
describe.each(arrivals)('merges, when branches arrive %s', (_order, ordered) => {
  test.each([
    ['append', [[1], [2, 3]], [1, 2, 3]],
    ['append', [[1], 2], [[1], 2]],
    ['append', [1, 2], [1, 2]],
    ['append', [[1], [], [2, [3]]], [1, 2, [3]]],
    ['collect', [[1], 2], [[1], 2]],
    ['collect', [[1], [2], [3, 4]], [[1], [2], [3, 4]]],
    ['keyed_by_branch', [5, 6, [7]], { 0: 5, 1: 6, 2: [7] }],
    ['merge_object', [{ a: 1, b: 1 }, { b: 2 }, 7], { a: 1, b: 2 }],
    ['last_wins', [5, 6, 4], 4],
    ['append', [], []],
    ['collect', [], []],
    ['keyed_by_branch', [], {}],
    ['merge_object', [], {}],
    ['last_wins', [], {}],
  ] as readonly (readonly [Merge, readonly Json[], Json])[])('%s of %j is %j', (merge, results, expected) => {
    const simulated = run({ tasks: [each({ lit: results }, { merge, do: [task('i')] })], outputs: outputsOf('e') })
    const indexes = results.map((_, index) => index)
    for (const branch of ordered(indexes)) {
      simulated.complete('i', results[branch] ?? null, { branch })
    }
    expect(simulated.output).toEqual({ e: expected })
  })

  test.each([
    ['append', [[1], null, [3]], [1, 3]],
    ['merge_object', [{ a: 1 }, null, { b: 1 }], { a: 1, b: 1 }],
    ['keyed_by_branch', [1, null, 3], { 0: 1, 1: null, 2: 3 }],
    ['last_wins', [1, 2, null], 2],
  ] as readonly (readonly [Merge, readonly Json[], Json])[])(
    '%s leaves out the branches that failed',
    (merge, results, expected) => {
      const simulated = run({
        tasks: [each({ lit: results }, { merge, strategy: 'best_effort', do: [task('i')] })],
        outputs: outputsOf('e'),
      })
      const indexes = results.map((_, index) => index)
      for (const branch of ordered(indexes)) {
        const output = results[branch] ?? null
        if (output === null) simulated.fail('i', {}, branch)
        else simulated.complete('i', output, { branch })
      }
      expect(simulated.output).toEqual({ e: expected })
    },
  )
})

test.each(['journal', 'snapshot'] as const)(
  'a race that branch 2 wins appends its output alone, also after a crash read from the %s',
  (from) => {
    const simulated = run({
      tasks: [each({ lit: '1..4' }, { strategy: 'race', merge: 'append', do: [task('i')] })],
      outputs: outputsOf('e'),
    })
    simulated.fail('i', {}, 3)
    simulated.crash(from)
    simulated.complete('i', ['won'], { branch: 2 })
    expect(simulated.output).toEqual({ e: ['won'] })
  },
)

test('a join activates once, whatever comes late (K5)', () => {
  const simulated = run({ tasks: [each({ lit: [1, 2] }, { strategy: 'race', do: [task('i')] }), task('z')] })
  const [first, second] = simulated.out.map(
    ({ token, attempt }) => ({ kind: 'complete_task', token, attempt, output: 1 }) as const,
  )
  if (first === undefined || second === undefined) throw new Error('two tasks are out')
  const { outcomes: found } = simulated.send(first, second, first)
  expect(found.map(({ status }) => status)).toEqual(['applied', 'gone', 'gone'])
  expect(simulated.eventsOf('joined')).toHaveLength(1)
  expect(simulated.refsOut()).toEqual(['z'])
})

describe('large fan-outs', () => {
  test('a hundred thousand branches without a limit begin over several records', () => {
    const simulated = new SimulatedRun(workflow({ tasks: [each({ lit: '1..100000' }, { do: [task('i')] })] }), {
      checks: false,
    })
    let { more, record } = simulated.start()
    const largest = [record?.events.length ?? 0]
    while (more) {
      const next = simulated.send({ kind: 'wake' })
      more = next.more
      record = next.record
      largest.push(record?.events.length ?? 0)
    }
    expect(simulated.state.tokens.size).toBe(100_000)
    expect(Math.max(...largest)).toBeLessThanOrEqual(8_100)
  })

  test('a hundred thousand objects are merged', () => {
    const body: Task = { id: 'i', kind: 'collect', value: { map: { n: { path: ['item'] } } } }
    const simulated = new SimulatedRun(
      workflow({ tasks: [each({ lit: '1..100000' }, { merge: 'merge_object', do: [body] })], outputs: outputsOf('e') }),
      { checks: false },
    )
    let { more } = simulated.start()
    while (more) more = simulated.send({ kind: 'wake' }).more
    expect(simulated.output).toEqual({ e: { n: 100_000 } })
  })

  test('after a crash between two records the rest of the branches begins', () => {
    const simulated = new SimulatedRun(workflow({ tasks: [each({ lit: '1..9000' }, { do: [task('i')] })] }), {
      checks: false,
    })
    expect(simulated.start().more).toBe(true)
    simulated.crash()
    let { more } = simulated.send({ kind: 'recover' })
    while (more) more = simulated.send({ kind: 'wake' }).more
    expect(simulated.state.tokens.size).toBe(9_000)
  })

  test('a record does not grow past its room by the inputs of the branches it begins', () => {
    const input: Expr = { map: { text: { path: ['input', 'text'] } } }
    const simulated = new SimulatedRun(workflow({ tasks: [each({ lit: '1..300' }, { do: [task('i', { input })] })] }), {
      checks: false,
    })
    let { more } = simulated.start({ text: 'x'.repeat(20_000) })
    while (more) more = simulated.send({ kind: 'wake' }).more
    expect(simulated.out).toHaveLength(300)
    expect(Math.max(...simulated.journal.map((body) => body.length))).toBeLessThan(1_200_000)
  })
})

test('of a fan-out of which only some transitions fire, the branch that failed is the child of its own name', () => {
  const group: Task = { id: 'g', kind: 'parallel', onError: 'continue', do: [task('a'), task('b'), task('c')] }
  const definition = workflow({ tasks: [group, task('after')] })
  const transitions = definition.transitions.map((one) => (one.branch === 'a' ? { ...one, if: 'false' } : one))
  const simulated = new SimulatedRun({ ...definition, transitions })
  simulated.start()
  simulated.fail('b', { retry: 'never' })
  simulated.complete('c', 1)
  expect(simulated.valueOf('g')?.children).toMatchObject({ b: { status: 'failed' }, c: { status: 'completed' } })
  expect(Object.keys(simulated.valueOf('g')?.children ?? {})).toEqual(['b', 'c'])
})
