import { describe, expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import {
  createRunState,
  type Definition,
  evolveRecord,
  type FanDef,
  type JoinDef,
  type NodeDef,
  type TransitionDef,
} from './index.ts'
import { RunView } from './run-view.ts'

const work = (ref: string): NodeDef => ({ ref, does: { kind: 'task', task: 't', input: { lit: null } } })
const open = (ref: string): NodeDef => ({ ref, does: { kind: 'open' } })
const joinNode = (ref: string, fan = 'f'): NodeDef => ({ ref, does: { kind: 'join', fan } })
const join = (node: string, parts: Partial<JoinDef> = {}): JoinDef => ({
  node,
  strategy: 'wait_all',
  merge: 'collect',
  ...parts,
})
const to = (from: string, target: string, parts: Partial<TransitionDef> = {}): TransitionDef => ({
  ref: `${from}>${target}`,
  from,
  to: target,
  ...parts,
})
const arrives = (from: string, target: string, parts: Partial<TransitionDef> = {}): TransitionDef =>
  to(from, target, { join: { fan: 'f', take: 'last' }, ...parts })

function graph(parts: {
  readonly nodes: readonly NodeDef[]
  readonly transitions: readonly TransitionDef[]
  readonly fans?: readonly FanDef[]
  readonly outputs?: NonNullable<Definition['outputs']>
}): SimulatedRun {
  const { tasks } = workflow({ tasks: [{ id: 't', kind: 'task' }] })
  return new SimulatedRun(definitionOf({ start: parts.nodes[0]?.ref ?? '', fans: [], ...parts, tasks }))
}

/** `open` fans out to b1, b2 and b3, which meet at j, after which `after` runs. */
function threeBranches(joinParts: Partial<JoinDef>, extra: Partial<Parameters<typeof graph>[0]> = {}): SimulatedRun {
  const branches = ['b1', 'b2', 'b3']
  return graph({
    nodes: [open('open'), ...branches.map(work), joinNode('j'), work('after'), ...(extra.nodes ?? [])],
    transitions: [
      ...branches.map((branch) => to('open', branch, { fan: 'f' })),
      ...branches.map((branch) => arrives(branch, 'j')),
      to('j', 'after'),
      ...(extra.transitions ?? []),
    ],
    fans: [{ ref: 'f', node: 'open', joins: [join('j', joinParts)] }],
  })
}

describe('a join', () => {
  test('any activates with the first arrival and ends the other branches', () => {
    const run = threeBranches({ require: 'any' })
    run.start()
    run.complete('b2', 'two')
    expect(run.valueOf('j')).toMatchObject({ status: 'completed', output: [null, 'two', null] })
    expect(run.aborted).toHaveLength(2)
    expect(run.refsOut()).toEqual(['after'])
  })

  test('any waits for another branch when one fails, and fails when none can arrive', () => {
    const run = threeBranches({ require: 'any' })
    run.start()
    run.fail('b1')
    run.fail('b2')
    expect(run.state.ended).toBe(null)
    run.fail('b3')
    expect(run.state.ended).toMatchObject({ status: 'failed', error: { code: 'join_unreachable' } })
  })

  test('a quorum activates with so many arrivals', () => {
    const run = threeBranches({ require: { quorum: 2 } })
    run.start()
    run.complete('b3', 3)
    expect(run.refsOut()).toEqual(['b1', 'b2'])
    run.complete('b1', 1)
    expect(run.valueOf('j')?.output).toEqual([1, null, 3])
    expect(run.refsOut()).toEqual(['after'])
  })

  test.each([
    ['complete', 'fail'],
    ['fail', 'complete'],
  ] as const)(
    'with rest: continue lets the other branches go on, and what they do (%s, %s) changes nothing',
    (b1, b3) => {
      const run = threeBranches({ require: 'any', rest: 'continue' })
      const view = new RunView(run.definition)
      run.start()
      run.complete('b2', 'two')
      expect([run.aborted, run.refsOut()]).toEqual([[], ['b1', 'b3', 'after']])
      expect(run.eventsOf('joined')).toMatchObject([{ status: 'completed', open: true }])

      run.crash('snapshot')
      run[b1]('b1')
      run.complete('after')
      expect(run.state.ended).toBe(null)
      run[b3]('b3')

      expect(run.state.ended).toMatchObject({ status: 'completed' })
      expect(run.events.filter(({ type }) => type === 'joined' || type === 'fan_out_closed')).toHaveLength(2)
      for (const record of run.records) view.apply(record)
      expect(view.status).toBe('completed')
    },
  )

  test('with rest: continue ends the others where it fails, and is closed at once where none is left', () => {
    const failing = threeBranches({ strategy: 'fail_fast', rest: 'continue' })
    failing.start()
    failing.fail('b1')
    expect([failing.aborted.length, failing.status]).toEqual([2, 'failed'])

    const last = threeBranches({ require: { quorum: 3 }, rest: 'continue' })
    last.start()
    for (const branch of ['b1', 'b2', 'b3']) last.complete(branch)
    expect(last.eventsOf('joined')).toMatchObject([{ status: 'completed' }])
    expect(last.eventsOf('joined')[0]).not.toHaveProperty('open')
    expect(last.state.fanouts.size).toBe(0)
  })

  test('with rest: continue begins the branches that had no room yet', () => {
    const run = graph({
      nodes: [open('open'), work('b'), joinNode('j'), work('after')],
      transitions: [to('open', 'b', { fan: 'f', spawn: { lit: 3 } }), arrives('b', 'j'), to('j', 'after')],
      fans: [{ ref: 'f', node: 'open', workers: 1, joins: [join('j', { require: 'any', rest: 'continue' })] }],
    })
    run.start()
    run.complete('b')
    expect(run.refsOut().toSorted()).toEqual(['after', 'b'])
    run.finish()

    expect([run.status, run.eventsOf('branch_started').length]).toEqual(['completed', 3])
  })

  test('of what has ended waits for every token of a branch, and for those that go round', () => {
    const run = graph({
      nodes: [open('open'), work('b'), work('c'), joinNode('j'), work('after')],
      transitions: [
        to('open', 'b', { fan: 'f' }),
        to('b', 'c'),
        to('b', 'b', { max_iterations: 1 }),
        arrives('c', 'j'),
        to('j', 'after'),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j', { require: 'ended' })] }],
    })
    run.start()
    run.complete('b')
    run.complete('c', 'first')
    expect(run.refsOut()).toEqual(['b'])
    run.complete('b')
    run.complete('c', 'second')

    expect(run.refsOut()).toEqual(['after'])
    expect(run.valueOf('j')?.output).toEqual(['first'])
  })

  test('a quorum that can no longer be reached fails at once', () => {
    const run = threeBranches({ require: { quorum: 2 } })
    run.start()
    run.fail('b3')
    expect(run.state.ended).toBe(null)
    run.fail('b1')
    expect(run.state.ended).toMatchObject({ error: { code: 'join_unreachable', details: { needed: 2, arrived: 0 } } })
    expect(run.aborted).toHaveLength(1)
  })

  test.each([
    ['any', [null, null, 'b3']],
    [{ quorum: 2 }, [null, 'b2', 'b3']],
    ['all', ['b1', 'b2', 'b3']],
  ] as const)('of %j goes on with one token, though all branches arrive in one moment', (require, output) => {
    const run = threeBranches({ require })
    run.start()
    const results = run.out.map(
      ({ token, attempt }) => ({ kind: 'complete_task', token, attempt, output: run.refOf(token) }) as const,
    )
    run.send(...results.toReversed(), ...results)
    expect(run.valueOf('j')?.output).toEqual(output)
    expect(run.refsOut()).toEqual(['after'])
    const began = run.records.flatMap(({ events }) => events.filter(({ type }) => type === 'joined'))
    expect(began).toHaveLength(1)
  })

  test('a late result of a branch that the join went on without is gone', () => {
    const run = threeBranches({ require: 'any' })
    run.start()
    const late = run.dispatchOf('b1')
    run.complete('b2', 'two')
    const { outcomes } = run.complete(late, 'one')
    expect(outcomes).toEqual([{ status: 'gone' }])
    expect(run.valueOf('j')?.output).toEqual([null, 'two', null])
  })

  test('of no branches activates with the empty merge, whatever it requires', () => {
    for (const require of ['all', 'any', { quorum: 2 }] as const) {
      const run = graph({
        nodes: [open('open'), work('b'), joinNode('j')],
        transitions: [to('open', 'b', { fan: 'f' }), arrives('b', 'j')],
        fans: [
          {
            ref: 'f',
            node: 'open',
            each: { items: { list: { lit: [] } }, as: 'item' },
            joins: [join('j', { require })],
          },
        ],
      })
      run.start()
      expect(run.valueOf('j')).toMatchObject({ status: 'completed', output: [] })
      expect(run.state.ended?.status).toBe('completed')
    }
  })
})

describe('several joins of one fan-out', () => {
  /** Each branch goes to `good` or `bad`, as its output says. */
  const sorted = (count: number, parts: Partial<JoinDef> = {}): SimulatedRun =>
    graph({
      nodes: [open('open'), work('b'), joinNode('good'), joinNode('bad'), work('praise'), work('mend')],
      transitions: [
        to('open', 'b', { fan: 'f', spawn: { lit: count } }),
        arrives('b', 'good', { if: 'tasks.b.output > 0' }),
        arrives('b', 'bad', { priority: 1 }),
        to('good', 'praise'),
        to('bad', 'mend'),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('good', parts), join('bad', parts)] }],
    })

  test('each activates once with the branches that came to it', () => {
    const run = sorted(3)
    run.start()
    run.complete('b', 1, { branch: 0 })
    run.complete('b', -2, { branch: 1 })
    expect(run.refsOut()).toEqual(['b'])
    run.complete('b', 3, { branch: 2 })
    expect(run.valueOf('good')?.output).toEqual([1, null, 3])
    expect(run.valueOf('bad')?.output).toEqual([null, -2, null])
    expect([...run.refsOut()].sort()).toEqual(['mend', 'praise'])
    run.complete('mend')
    run.complete('praise')
    expect(run.state.ended?.status).toBe('completed')
  })

  test('one that no branch came to stays silent', () => {
    const run = sorted(2)
    run.start()
    run.complete('b', 1, { branch: 0 })
    run.complete('b', 2, { branch: 1 })
    expect(run.refsOut()).toEqual(['praise'])
    expect(run.valueOf('bad')).toBe(undefined)
    run.complete('praise')
    expect(run.state.ended?.status).toBe('completed')
  })

  test('any of one leaves the other open, and what comes to a decided join ends there', () => {
    const run = sorted(3, { require: 'any' })
    run.start()
    run.complete('b', 1, { branch: 0 })
    expect(run.valueOf('good')?.output).toEqual([1, null, null])
    run.complete('b', 2, { branch: 1 })
    run.complete('b', -3, { branch: 2 })
    expect(run.valueOf('good')?.output).toEqual([1, null, null])
    expect(run.valueOf('bad')?.output).toEqual([null, null, -3])
    expect([...run.refsOut()].sort()).toEqual(['mend', 'praise'])
  })

  test('the view of the run follows both', () => {
    const run = sorted(3)
    run.start()
    run.complete('b', 1, { branch: 0 })
    run.complete('b', -2, { branch: 1 })
    run.complete('b', 3, { branch: 2 })
    run.complete('mend')
    run.complete('praise')
    const view = new RunView(run.definition)
    for (const record of run.records) view.apply(record)
    expect(view.status).toBe('completed')
  })
})

describe('a fan-out', () => {
  test('whose branches are still to begin keeps the run going, although no token is live', () => {
    const run = graph({
      nodes: [
        open('s'),
        open('e'),
        { ref: 'c', does: { kind: 'collect', value: { lit: 1 } } },
        joinNode('j'),
        work('b'),
      ],
      transitions: [to('s', 'e'), to('s', 'b'), to('e', 'c', { fan: 'f' }), arrives('c', 'j')],
      fans: [{ ref: 'f', node: 'e', each: { items: { list: { lit: '1..4000' } }, as: 'n' }, joins: [join('j')] }],
      outputs: { path: ['tasks', 'j', 'stats', 'succeeded'] },
    })
    run.start()
    const { token, attempt } = run.dispatchOf('b')
    run.send({ kind: 'wake' }, { kind: 'complete_task', token, attempt, output: 1 })
    expect([run.last?.more, run.status]).toEqual([true, 'running'])
    expect(run.finish().output).toBe(4_000)
  })

  test('spawns as many branches as its transitions say, in their order', () => {
    const run = graph({
      nodes: [open('open'), work('a'), work('b'), joinNode('j')],
      transitions: [
        to('open', 'a', { fan: 'f', spawn: { cel: 'input.n' } }),
        to('open', 'b', { fan: 'f' }),
        arrives('a', 'j'),
        arrives('b', 'j'),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j')] }],
    })
    run.start({ n: 2 })
    expect(run.refsOut()).toEqual(['a', 'a', 'b'])
    run.complete('b', 'b', { branch: 2 })
    run.complete('a', 'a0', { branch: 0 })
    run.complete('a', 'a1', { branch: 1 })
    expect(run.valueOf('j')?.output).toEqual(['a0', 'a1', 'b'])
  })

  test('merged by name keys the branches of a way that is taken several times name.0, name.1, and others by number', () => {
    const run = graph({
      nodes: [open('open'), work('a'), work('b'), work('c'), joinNode('j')],
      transitions: [
        to('open', 'a', { fan: 'f', branch: 'left', spawn: { cel: 'input.n' } }),
        to('open', 'b', { fan: 'f', branch: 'right' }),
        to('open', 'c', { fan: 'f' }),
        ...['a', 'b', 'c'].map((from) => arrives(from, 'j')),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j', { merge: 'keyed_by_branch' })] }],
    })
    run.start({ n: 2 })
    for (const [branch, ref] of ['a', 'a', 'b', 'c'].entries()) run.complete(ref, `${ref}${branch}`, { branch })
    expect(run.valueOf('j')?.output).toEqual({ 'left.0': 'a0', 'left.1': 'a1', right: 'b2', 3: 'c3' })
  })

  test.each([
    [
      { a: false, b: 2 },
      { 'b.0': 'b0', 'b.1': 'b1', c: null, 3: 'd3' },
    ],
    [
      { a: true, b: 1 },
      { a: 'a0', 'b.0': 'b1', c: null, 3: 'd3' },
    ],
    [
      { a: true, b: 0 },
      { a: 'a0', c: null, 2: 'd2' },
    ],
  ])('keeps the names of its branches where only some transitions fire: %j', (input, output) => {
    const run = graph({
      nodes: [open('open'), work('a'), work('b'), work('c'), work('d'), joinNode('j')],
      transitions: [
        to('open', 'a', { fan: 'f', branch: 'a', if: 'input.a' }),
        to('open', 'b', { fan: 'f', branch: 'b', spawn: { cel: 'input.b' } }),
        to('open', 'c', { fan: 'f', branch: 'c' }),
        to('open', 'd', { fan: 'f' }),
        ...['a', 'b', 'c', 'd'].map((branch) => arrives(branch, 'j')),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j', { merge: 'keyed_by_branch', strategy: 'best_effort' })] }],
    })
    run.start(input)
    run.finish((ref, path) => (ref === 'c' ? { error: {} } : { output: `${ref}${path.join('')}` }))
    expect(run.valueOf('j')?.output).toEqual(output)
  })

  test('takes only the transitions whose condition holds', () => {
    const run = threeBranches({})
    const conditional = graph({
      nodes: [open('open'), work('a'), work('b'), joinNode('j')],
      transitions: [
        to('open', 'a', { fan: 'f', if: 'input.a' }),
        to('open', 'b', { fan: 'f', if: '!input.a' }),
        arrives('a', 'j'),
        arrives('b', 'j'),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j')] }],
    })
    conditional.start({ a: false })
    expect(conditional.refsOut()).toEqual(['b'])
    conditional.complete('b', 'b')
    expect(conditional.valueOf('j')?.output).toEqual(['b'])
    run.start()
    expect(run.refsOut()).toHaveLength(3)
  })

  test('with a count that is none fails its join', () => {
    const run = graph({
      nodes: [open('open'), work('a'), joinNode('j')],
      transitions: [to('open', 'a', { fan: 'f', spawn: { lit: -1 } }), arrives('a', 'j')],
      fans: [{ ref: 'f', node: 'open', joins: [join('j')] }],
    })
    run.start()
    expect(run.state.ended).toMatchObject({ status: 'failed', error: { code: 'invalid_value' } })
  })

  test('without a join ends when its branches have, and fails what is around it when one fails', () => {
    const joinless = () =>
      graph({
        nodes: [open('open'), work('a'), work('b')],
        transitions: [to('open', 'a', { fan: 'f' }), to('open', 'b', { fan: 'f' })],
        fans: [{ ref: 'f', node: 'open', joins: [] }],
      })
    const good = joinless()
    good.start()
    good.complete('a')
    good.complete('b')
    expect(good.state.ended?.status).toBe('completed')

    const bad = joinless()
    bad.start()
    bad.fail('a')
    bad.complete('b')
    expect(bad.state.ended).toMatchObject({ status: 'failed', error: { code: 'branches_failed' } })
  })

  test('and a plain way out of the same node go on side by side', () => {
    const run = graph({
      nodes: [work('s'), work('b'), joinNode('j'), work('after'), work('aside')],
      transitions: [
        to('s', 'b', { fan: 'f', spawn: { lit: 2 } }),
        to('s', 'aside'),
        arrives('b', 'j'),
        to('j', 'after'),
      ],
      fans: [{ ref: 'f', node: 's', joins: [join('j')] }],
    })
    run.start()
    run.complete('s')
    expect([...run.refsOut()].sort()).toEqual(['aside', 'b', 'b'])
    run.complete('b', 1, { branch: 0 })
    run.complete('b', 2, { branch: 1 })
    run.complete('aside')
    run.complete('after')
    expect(run.state.ended?.status).toBe('completed')
  })

  test('that is nested three deep joins from the inside out', () => {
    const level = (n: number, inner: readonly NodeDef[]) => [open(`o${n}`), ...inner, joinNode(`j${n}`, `f${n}`)]
    const run = graph({
      nodes: level(1, level(2, level(3, [work('leaf')]))),
      transitions: [
        ...[1, 2].map((n) => to(`o${n}`, `o${n + 1}`, { fan: `f${n}`, spawn: { lit: 2 } })),
        to('o3', 'leaf', { fan: 'f3', spawn: { lit: 2 } }),
        to('leaf', 'j3', { join: { fan: 'f3', take: 'last' } }),
        to('j3', 'j2', { join: { fan: 'f2', take: 'last' } }),
        to('j2', 'j1', { join: { fan: 'f1', take: 'last' } }),
      ],
      fans: [1, 2, 3].map((n) => ({ ref: `f${n}`, node: `o${n}`, joins: [join(`j${n}`)] })),
    })
    run.start()
    expect(run.refsOut()).toHaveLength(8)
    run.finish((_, path) => ({ output: path.join('') }))
    expect(run.valueOf('j1')?.output).toEqual([
      [
        ['000', '001'],
        ['010', '011'],
      ],
      [
        ['100', '101'],
        ['110', '111'],
      ],
    ])
  })

  test('is left from an inner branch straight to the outer join', () => {
    const run = graph({
      nodes: [open('o1'), open('o2'), work('leaf'), joinNode('j1', 'f1'), joinNode('j2', 'f2')],
      transitions: [
        to('o1', 'o2', { fan: 'f1', spawn: { lit: 2 } }),
        to('o2', 'leaf', { fan: 'f2', spawn: { lit: 2 } }),
        to('leaf', 'j1', { join: { fan: 'f1', take: 'last' }, if: 'tasks.leaf.output == "out"' }),
        to('leaf', 'j2', { join: { fan: 'f2', take: 'last' }, priority: 1 }),
        to('j2', 'j1', { join: { fan: 'f1', take: 'last' } }),
      ],
      fans: [
        { ref: 'f1', node: 'o1', joins: [join('j1')] },
        { ref: 'f2', node: 'o2', joins: [join('j2', { strategy: 'best_effort' })] },
      ],
    })
    run.start()
    run.finish((_, path) => ({ output: path.join('') === '01' ? 'out' : path.join('') }))
    expect(run.state.ended?.status).toBe('completed')
    const [first, second] = (run.valueOf('j1')?.output ?? []) as unknown[]
    expect(second).toEqual(['10', '11'])
    // Whichever came first is the branch's.
    expect(['out', '00']).toContain(Array.isArray(first) ? first[0] : first)
  })
})

describe('several ways at once', () => {
  test('are gone in the order of their transitions', () => {
    const run = graph({
      nodes: [open('s'), work('x'), work('y'), work('z')],
      transitions: [to('s', 'y'), to('s', 'x'), to('s', 'z')],
    })
    run.start()
    expect(run.refsOut()).toEqual(['y', 'x', 'z'])
  })

  const said = (ref: string): NodeDef => ({ ref, does: { kind: 'collect', value: { lit: ref } } })
  const taking = (node: string) => arrives('b', 'j', { ref: `takes ${node}`, join: { fan: 'f', take: { node } } })
  test.for([
    ['c1', [to('b', 'c1'), to('b', 'c2')]],
    ['c2', [to('b', 'c2'), to('b', 'c1')]],
    ['a', [taking('a'), taking('b')]],
    ['b', [taking('b'), taking('a')]],
    // What comes through a node comes later.
    ['a', [to('b', 'c1'), taking('a')]],
  ] as const)('to one join: the branch has the value of the first, "%s"', ([value, ways]) => {
    const run = graph({
      nodes: [open('open'), said('a'), work('b'), said('c1'), said('c2'), joinNode('j')],
      transitions: [
        to('open', 'a', { fan: 'f' }),
        to('a', 'b'),
        ...ways,
        ...['c1', 'c2'].map((ref) => arrives(ref, 'j')),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j')] }],
    })
    run.start()
    run.complete('b', 'b')
    expect(run.valueOf('j')?.output).toEqual([value])
  })

  test('to two joins: the first is decided first', () => {
    const both = ['good', 'bad'] as const
    for (const refs of [both, both.toReversed()]) {
      const run = graph({
        nodes: [open('open'), work('b'), ...both.map((ref) => joinNode(ref))],
        transitions: [to('open', 'b', { fan: 'f' }), ...refs.map((ref) => arrives('b', ref))],
        fans: [{ ref: 'f', node: 'open', joins: both.map((ref) => join(ref, { require: 'any' })) }],
      })
      run.start()
      run.complete('b')
      expect(run.eventsOf('joined').map(({ node }) => node)).toEqual(refs)
    }
  })
})

describe('the counts of a join', () => {
  /** The first branch arrives and then fails, the second one dies, the third one arrives. */
  const mixed = (): SimulatedRun => {
    const run = graph({
      nodes: [open('open'), work('b'), work('later'), joinNode('j')],
      transitions: [
        to('open', 'b', { fan: 'f', spawn: { lit: 3 } }),
        arrives('b', 'j', { if: 'tasks.b.output > 0' }),
        to('b', 'later', { if: 'tasks.b.output == 1' }),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j', { strategy: 'best_effort' })] }],
      outputs: { path: ['tasks', 'j', 'stats'] },
    })
    run.start()
    run.complete('b', 1, { branch: 0 })
    run.fail('later')
    run.complete('b', 0, { branch: 1 })
    run.complete('b', 3, { branch: 2 })
    return run
  }

  test('have a branch that failed after it had arrived on both sides, and one that died as skipped', () => {
    const run = mixed()
    expect(run.output).toEqual({ total: 3, succeeded: 2, failed: 1, skipped: 1 })
    expect(run.valueOf('j')).toMatchObject({ output: [1, null, 3], failed: [{ index: 0 }] })
  })

  test('are those of the time when the record was written', () => {
    const run = mixed()
    const state = createRunState('r')
    for (const record of run.records) {
      const events = record.events.map((event) => {
        if (event.type !== 'joined') return event
        const { skipped, ...before } = event
        return before
      })
      evolveRecord(run.plan, state, { ...record, events })
    }
    expect(state.root.values?.get(run.plan.nodeIndex.get('j') ?? -1)?.stats).toMatchObject({ skipped: 0 })
  })
})

describe('a loop', () => {
  test('is counted through the lineage of a token that a split makes', () => {
    const run = graph({
      nodes: [open('s'), work('x'), work('y')],
      transitions: [to('s', 'x'), to('s', 'y'), to('y', 's', { max_iterations: 2 })],
    })
    run.start()
    for (let rounds = 0; rounds < 20 && run.refsOut().includes('y'); rounds++) run.complete('y')
    expect(run.eventsOf('token_created').filter(({ node }) => node === 'y')).toHaveLength(3)
  })

  test('goes back as often as its limit allows, then takes the next tier', () => {
    const run = graph({
      nodes: [work('a'), work('done')],
      transitions: [to('a', 'a', { max_iterations: 3 }), to('a', 'done', { priority: 1 })],
    })
    run.start()
    for (let round = 0; round < 4; round++) {
      expect(run.refsOut()).toEqual(['a'])
      run.complete('a', round)
    }
    expect(run.refsOut()).toEqual(['done'])
  })

  test('counts by lineage: branches have counts of their own, and a join goes on with that of before the fan-out', () => {
    const run = graph({
      nodes: [open('open'), work('b'), joinNode('j'), work('end')],
      transitions: [
        to('open', 'b', { fan: 'f', spawn: { lit: 2 } }),
        to('b', 'b', { max_iterations: 1 }),
        arrives('b', 'j', { priority: 1 }),
        to('j', 'open', { max_iterations: 1 }),
        to('j', 'end', { priority: 1 }),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j')] }],
    })
    run.start()
    let tasks = 0
    run.finish(() => {
      tasks += 1
      return { output: tasks }
    })
    // Two rounds of two branches that each run twice, and the end.
    expect(tasks).toBe(2 * 2 * 2 + 1)
  })

  test('with a join inside activates it once a round', () => {
    const run = graph({
      nodes: [open('open'), work('b'), joinNode('j'), work('end')],
      transitions: [
        to('open', 'b', { fan: 'f', spawn: { lit: 3 } }),
        arrives('b', 'j'),
        to('j', 'open', { if: 'tasks.j.output[0] < 3', max_iterations: 10 }),
        to('j', 'end', { priority: 1 }),
      ],
      fans: [{ ref: 'f', node: 'open', joins: [join('j')] }],
    })
    run.start()
    let answers = 0
    run.finish((ref) => (ref === 'b' ? { output: Math.floor(answers++ / 3) + 1 } : { output: null }))
    const joined = run.records.flatMap(({ events }) => events.filter(({ type }) => type === 'joined'))
    expect(joined).toHaveLength(3)
    expect(run.state.ended?.status).toBe('completed')
  })

  test('of many rounds keeps nothing of the rounds before', () => {
    const run = graph({
      nodes: [work('a'), work('done')],
      transitions: [to('a', 'a', { max_iterations: 500 }), to('a', 'done', { priority: 1 })],
    })
    run.start()
    for (let round = 0; round < 400; round++) run.complete('a', round)
    expect(run.state.tokens.size).toBe(1)
    expect(run.state.root.values?.size).toBe(1)
  })
})

test('a token that is in no branch passes straight through a join', () => {
  const run = graph({
    nodes: [work('s'), joinNode('j'), work('end')],
    transitions: [arrives('s', 'j'), to('j', 'end')],
    fans: [{ ref: 'f', node: 's', joins: [join('j')] }],
  })
  run.start()
  run.complete('s')
  expect(run.refsOut()).toEqual(['end'])
})
