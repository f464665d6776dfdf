/**
 * Random graphs of fan-outs up to three deep, in random orders of results and with crashes in between, against the
 * reference: what is out, which joins are decided, and what their values are. Branches end
 * early, split, fail, loop and leave for the join of a level around theirs; joins lead back.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { workflow } from '../test/lists.ts'
import { randomRuns } from '../test/random-workflow.ts'
import { type Going, itemOf, type Level, mostAgain, ReferenceGraph, viaOutput } from '../test/reference-graph.ts'
import { withCodes } from '../test/reference-join.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import {
  type Definition,
  type Expr,
  type Json,
  type Merge,
  mixSeed,
  type NodeDef,
  type Strategy,
  type TransitionDef,
} from './index.ts'

/** The ways from a task: they stand in the definition in any order. */
const kinds = ['inner', 'side', 'again', 'via', 'join', 'out'] as const
type Ordered = Level & { readonly order: readonly string[] }

const levels: fc.Arbitrary<readonly Ordered[]> = fc.array(level(), { minLength: 1, maxLength: 3 })

function level(): fc.Arbitrary<Ordered> {
  const require = fc.oneof(
    { weight: 3, arbitrary: fc.constant('all' as const) },
    { weight: 1, arbitrary: fc.constant('ended' as const) },
    { weight: 1, arbitrary: fc.constant('any' as const) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map((quorum) => ({ quorum })) },
  )
  return (
    fc
      .record({
        count: fc.integer({ min: 0, max: 4 }),
        over: fc.constantFrom('spawn', 'each', 'named'),
        workers: fc.integer({ min: 1, max: 4 }),
        strategy: fc.constantFrom<Strategy>('wait_all', 'fail_fast', 'best_effort', 'race'),
        require: fc.array(require, { minLength: 1, maxLength: 3 }),
        rounds: fc.integer({ min: 0, max: 2 }),
        onError: fc.constantFrom('continue', 'fail'),
        rest: fc.constantFrom('cancel', 'cancel', 'continue'),
        merge: fc.constantFrom<Merge>('append', 'collect', 'keyed_by_branch', 'merge_object', 'last_wins'),
        take: fc.constantFrom('last', 'last', 'task', 'side'),
        tells: fc.boolean(),
        order: fc.shuffledSubarray([...kinds], { minLength: kinds.length }),
      })
      // Two fan-outs of one level beside each other could not be told apart.
      .map(
        (one): Ordered => ({
          ...one,
          over: one.over === 'named' && one.count === 0 ? 'spawn' : one.over,
          rounds: one.require.length === 1 && one.rest === 'cancel' ? one.rounds : 0,
        }),
      )
  )
}

function definition(all: readonly Ordered[]): Definition {
  const task = (ref: string): NodeDef => ({ ref, does: { kind: 'task', task: 'work', input: { lit: null } } })
  return definitionOf({
    start: 'open0',
    tasks: workflow({ tasks: [{ id: 'work', kind: 'task' }] }).tasks,
    nodes: all.flatMap(({ require, onError }, n): NodeDef[] => [
      { ref: `open${n}`, does: { kind: 'open' } },
      task(`t${n}`),
      task(`s${n}`),
      { ref: `c${n}`, does: { kind: 'collect', value: { lit: viaOutput } } },
      ...require.map((_, i): NodeDef => ({ ref: `j${n}_${i}`, does: { kind: 'join', fan: `f${n}` }, onError })),
      ...require.map(
        (_, i): NodeDef => ({ ref: `v${n}_${i}`, does: { kind: 'collect', value: wholeValue(`j${n}_${i}`) } }),
      ),
    ]),
    outputs: { map: Object.fromEntries((all[0]?.require ?? []).map((_, i) => [`j0_${i}`, wholeValue(`j0_${i}`)])) },
    fans: all.map(({ count, over, workers, strategy, require, rest, merge }, n) => ({
      ref: `f${n}`,
      node: `open${n}`,
      workers,
      ...(over === 'each'
        ? { each: { items: { list: { lit: Array.from({ length: count }, (_, i) => itemOf(i)) } }, as: 'item' } }
        : {}),
      joins: require.map((one, i) => ({ node: `j${n}_${i}`, require: one, strategy, merge, rest })),
    })),
    transitions: all.flatMap((one, n) => transitionsOf(all, one, n)),
  })
}

/** What a join has come to, null where it has not. */
function wholeValue(ref: string): Expr {
  const parts = ['status', 'output', 'failed', 'stats'].map((name) => `"${name}": tasks.${ref}.${name}`)
  const error = `has(tasks.${ref}.error) ? {"error": tasks.${ref}.error, ${parts.join(', ')}} : {${parts.join(', ')}}`
  return { cel: `has(tasks.${ref}) ? (${error}) : null` }
}

function transitionsOf(all: readonly Ordered[], { count, over, require, rounds, order, tells }: Ordered, n: number) {
  const outer = all[n - 1]
  const way = (going: string, to: string, parts: Partial<TransitionDef> = {}): TransitionDef => ({
    ref: `t${n}>${going}`,
    from: `t${n}`,
    to,
    if: `"${going}" in tasks.t${n}.output`,
    ...parts,
  })
  const joins = (fan: number) => {
    const take = { last: 'last' as const, task: { node: `t${fan}` }, side: { node: `s${fan}` } }
    return { join: { fan: `f${fan}`, take: take[all[fan]?.take ?? 'last'] } }
  }
  const into = { from: `open${n}`, to: `t${n}`, fan: `f${n}` }
  const ways: { readonly [kind: string]: readonly TransitionDef[] } = {
    inner: all[n + 1] === undefined ? [] : [way('inner', `open${n + 1}`)],
    side: [way('side', `s${n}`)],
    again: [way('again', `t${n}`, { max_iterations: mostAgain })],
    via: [way('via', `c${n}`)],
    join: require.map((_, i) => way(`join:${i}`, `j${n}_${i}`, joins(n))),
    out: outer === undefined ? [] : [way('out', `j${n - 1}_0`, joins(n - 1))],
  }
  const behind = require.flatMap((_, i): TransitionDef[] => {
    const from = `${tells ? 'v' : 'j'}${n}_${i}`
    const back = { ref: `${from}>back`, from, to: `open${n}`, max_iterations: rounds }
    const on = { ref: `${from}>on`, from, to: `j${n - 1}_${i % (outer?.require.length ?? 1)}`, priority: 1 }
    return [
      ...(tells ? [{ ref: `j${n}_${i}>v`, from: `j${n}_${i}`, to: from }] : []),
      ...(rounds === 0 ? [] : [back]),
      ...(outer === undefined ? [] : [{ ...on, ...joins(n - 1) }]),
    ]
  })
  return [
    ...(over === 'named'
      ? [
          { ...into, ref: `in${n}a`, branch: 'a' },
          { ...into, ref: `in${n}b`, branch: 'b', spawn: { lit: count - 1 } },
        ]
      : [{ ...into, ref: `in${n}`, ...(over === 'spawn' ? { spawn: { lit: count } } : {}) }]),
    ...order.flatMap((kind) => ways[kind] ?? []),
    { ref: `c${n}>join`, from: `c${n}`, to: `j${n}_0`, ...joins(n) },
    { ref: `s${n}>join`, from: `s${n}`, to: `j${n}_0`, if: `tasks.s${n}.output != "stop"`, ...joins(n) },
    ...behind,
  ]
}

/** What a task comes to: the same for the same seed, place and visit. */
function goingOf(all: readonly Ordered[], key: string, dice: (below: number) => number): Going {
  const n = Number(key[1])
  const joins = (all[n]?.require ?? []).map((_, i) => `join:${i}`)
  const one = joins.slice(dice(joins.length)).slice(0, 1)
  if (key.startsWith('s')) return [['join:0'], [], null][dice(3)] as Going
  const inner = all[n + 1] === undefined ? one : ['inner']
  const goings: readonly Going[] = [
    ...[one, one, one, inner, inner, inner],
    ...[joins, [], null, ['again'], ['side'], n === 0 ? one : ['out']],
    ...[[...one, 'again'], [...one, ...inner], [...one, 'side'], [...inner, 'side'], n === 0 ? null : [...one, 'out']],
    ...[['via'], [...one, 'via'], ['via', 'side'], ['via', 'again'], ['join:0', ...inner]],
  ]
  const going = goings[dice(goings.length)] as Going
  if (going === null) return null
  // In the order of the transitions.
  const rank = (way: string) => all[n]?.order.indexOf(way.replace(/:.*/, '')) ?? 0
  return [...new Set(going)].sort((a, b) => rank(a) - rank(b))
}

/** What a task says where it leads: a list or an object, and a side task also just a number. */
function outputOf(key: string, going: readonly string[], count: number): Json {
  if (key.startsWith('s') && going.length === 0) return 'stop'
  const forms: readonly Json[] = [
    [...going, count],
    { ...Object.fromEntries(going.map((way) => [way, count])), [`n${count % 3}`]: count },
    key.startsWith('s') ? count : [...going],
  ]
  return forms[count % forms.length] ?? null
}

test('K4, K5 nested fan-outs do what the reference does, result by result, whatever the order', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(levels, fc.integer(), (all, seed) => {
      const run = new SimulatedRun(definition(all))
      const reference = new ReferenceGraph(all)
      let count = 0
      const dice = (below: number) => mixSeed(seed, String(count++)) % below
      const keyOf = (token: string) => [run.refOf(token), ...run.pathOf(token)].join('.')
      const compare = (when: string) => {
        expect(run.out.map(({ token }) => keyOf(token)).sort(), when).toEqual([...reference.out.keys()].sort())
        const values = run.eventsOf('node_completed').flatMap(({ output }) => (output === viaOutput ? [] : [output]))
        const joins = run.records.flatMap(({ events }) =>
          events.flatMap((event) => (event.type === 'joined' ? `${event.node ?? ''}:${event.status}` : [])),
        )
        const told = reference.joined.map((text) => (joins.includes(text) ? text : text.replace(/^[^:]*/, '')))
        expect(joins.sort(), when).toEqual(told.sort())
        expect(run.state.ended?.status ?? 'running', when).toBe(reference.status)
        expect(values.map(withCodes), when).toEqual(reference.told)
      }

      run.start()
      compare('at the start')
      while (run.out.length > 0) {
        const dispatch = run.out[dice(run.out.length)]
        if (dispatch === undefined) break
        const key = keyOf(dispatch.token)
        const going = goingOf(all, key, dice)
        const output = outputOf(key, going ?? [], dice(1_000))
        if (dice(10) === 0) run.crash(dice(2) === 0 ? 'journal' : 'snapshot')
        if (going === null) run.fail(dispatch)
        else run.complete(dispatch, output)
        reference.answer(key, going, output)
        compare(`after ${key} went ${JSON.stringify(going)}`)
      }

      expect(run.state.ended, 'the run has ended').not.toBe(null)
      if (run.output !== undefined) {
        const outputs = (all[0]?.require ?? []).map((_, i) => [`j0_${i}`, reference.outputs.get(`j0_${i}`) ?? null])
        expect(withCodes(run.output), 'outputs').toEqual(Object.fromEntries(outputs))
      }
      for (const text of reference.joined) seen.set(text, (seen.get(text) ?? 0) + 1)
    }),
    randomRuns(1_000),
  )
  // Otherwise the graphs are too tame to tell anything. Of the innermost joins each alone is too rare to be sure of.
  const often = (join: string, status: string) =>
    [...seen].reduce((sum, [text, count]) => sum + (text.startsWith(join) && text.endsWith(status) ? count : 0), 0)
  for (const join of ['j0_0:', 'j0_2:', 'j1_1:', 'j2_']) {
    for (const status of ['completed', 'failed']) expect(often(join, status), `${join} ${status}`).toBeGreaterThan(0)
  }
}, 60_000)
