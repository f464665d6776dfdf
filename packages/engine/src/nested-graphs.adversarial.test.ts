/**
 * Random graphs of fan-outs up to three deep, in random orders of results and with crashes in between, against the
 * reference. Branches end early, split, fail, loop and leave for the join of a level around theirs; joins lead back.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { workflow } from '../test/lists.ts'
import { type Going, type Level, mostAgain, ReferenceGraph } from '../test/reference-graph.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { type Definition, mixSeed, type NodeDef, type Strategy, type TransitionDef } from './index.ts'

const levels: fc.Arbitrary<readonly Level[]> = fc.array(level(), { minLength: 1, maxLength: 3 })

function level(): fc.Arbitrary<Level> {
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
        over: fc.constantFrom('spawn', 'each'),
        workers: fc.integer({ min: 1, max: 4 }),
        strategy: fc.constantFrom<Strategy>('wait_all', 'fail_fast', 'best_effort', 'race'),
        require: fc.array(require, { minLength: 1, maxLength: 3 }),
        rounds: fc.integer({ min: 0, max: 2 }),
        onError: fc.constantFrom('continue', 'fail'),
        rest: fc.constantFrom('cancel', 'cancel', 'continue'),
      })
      // Two fan-outs of one level beside each other could not be told apart.
      .map((one): Level => ({ ...one, rounds: one.require.length === 1 && one.rest === 'cancel' ? one.rounds : 0 }))
  )
}

function definition(all: readonly Level[]): Definition {
  const task = (ref: string): NodeDef => ({ ref, does: { kind: 'task', task: 'work', input: { lit: null } } })
  return definitionOf({
    start: 'open0',
    tasks: workflow({ tasks: [{ id: 'work', kind: 'task' }] }).tasks,
    nodes: all.flatMap(({ require, onError }, n): NodeDef[] => [
      { ref: `open${n}`, does: { kind: 'open' } },
      task(`t${n}`),
      task(`s${n}`),
      ...require.map((_, i): NodeDef => ({ ref: `j${n}_${i}`, does: { kind: 'join', fan: `f${n}` }, onError })),
    ]),
    fans: all.map(({ count, over, workers, strategy, require, rest }, n) => ({
      ref: `f${n}`,
      node: `open${n}`,
      workers,
      ...(over === 'spawn' ? {} : { each: { items: { list: { lit: Array(count).fill(null) } }, as: 'item' } }),
      joins: require.map((one, i) => ({ node: `j${n}_${i}`, require: one, strategy, merge: 'collect' as const, rest })),
    })),
    transitions: all.flatMap((one, n) => transitionsOf(all, one, n)),
  })
}

function transitionsOf(all: readonly Level[], { count, over, require, rounds }: Level, n: number): TransitionDef[] {
  const outer = all[n - 1]
  const way = (from: string, going: string, to: string, parts: Partial<TransitionDef> = {}): TransitionDef => ({
    ref: `${from}>${going}`,
    from,
    to,
    if: `"${going}" in tasks.${from}.output.go`,
    ...parts,
  })
  const joins = (fan: number) => ({ join: { fan: `f${fan}`, take: 'last' as const } })
  return [
    {
      ref: `in${n}`,
      from: `open${n}`,
      to: `t${n}`,
      fan: `f${n}`,
      ...(over === 'spawn' ? { spawn: { lit: count } } : {}),
    },
    ...(all[n + 1] === undefined ? [] : [way(`t${n}`, 'inner', `open${n + 1}`)]),
    way(`t${n}`, 'side', `s${n}`),
    way(`t${n}`, 'again', `t${n}`, { max_iterations: mostAgain }),
    // Joins are taken first, wherever they stand.
    ...require.map((_, i) => way(`t${n}`, `join:${i}`, `j${n}_${i}`, joins(n))),
    ...(outer === undefined ? [] : [way(`t${n}`, 'out', `j${n - 1}_0`, joins(n - 1))]),
    way(`s${n}`, 'join:0', `j${n}_0`, joins(n)),
    ...require.flatMap((_, i): TransitionDef[] => {
      const from = `j${n}_${i}`
      const back = { ref: `${from}>back`, from, to: `open${n}`, max_iterations: rounds }
      const on = { ref: `${from}>on`, from, to: `j${n - 1}_${i % (outer?.require.length ?? 1)}`, priority: 1 }
      return [...(rounds === 0 ? [] : [back]), ...(outer === undefined ? [] : [{ ...on, ...joins(n - 1) }])]
    }),
  ]
}

/** What a task comes to: the same for the same seed, place and visit. */
function goingOf(all: readonly Level[], key: string, dice: (below: number) => number): Going {
  const n = Number(key[1])
  const joins = (all[n]?.require ?? []).map((_, i) => `join:${i}`)
  const one = joins.slice(dice(joins.length)).slice(0, 1)
  if (key.startsWith('s')) return [['join:0'], [], null][dice(3)] as Going
  const inner = all[n + 1] === undefined ? one : ['inner']
  const goings: readonly Going[] = [
    ...[one, one, one, inner, inner, inner],
    ...[joins, [], null, ['again'], ['side'], n === 0 ? one : ['out']],
    // In the order of the transitions.
    ...[[...one, 'again'], [...one, ...inner], [...one, 'side'], [...inner, 'side'], n === 0 ? null : [...one, 'out']],
  ]
  const going = goings[dice(goings.length)] as Going
  return going === null ? null : [...new Set(going)]
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
        const joins = run.records.flatMap(({ events }) =>
          events.flatMap((event) => (event.type === 'joined' ? `${event.node ?? ''}:${event.status}` : [])),
        )
        const told = reference.joined.map((text) => (joins.includes(text) ? text : text.replace(/^[^:]*/, '')))
        expect(joins.sort(), when).toEqual(told.sort())
        expect(run.state.ended?.status ?? 'running', when).toBe(reference.status)
      }

      run.start()
      compare('at the start')
      while (run.out.length > 0) {
        const dispatch = run.out[dice(run.out.length)]
        if (dispatch === undefined) break
        const key = keyOf(dispatch.token)
        const going = goingOf(all, key, dice)
        if (dice(10) === 0) run.crash(dice(2) === 0 ? 'journal' : 'snapshot')
        if (going === null) run.fail(dispatch)
        else run.complete(dispatch, { go: going })
        reference.answer(key, going)
        compare(`after ${key} went ${JSON.stringify(going)}`)
      }

      expect(run.state.ended, 'the run has ended').not.toBe(null)
      for (const text of reference.joined) seen.set(text, (seen.get(text) ?? 0) + 1)
    }),
    { numRuns: 1_000 },
  )
  // Otherwise the graphs are too tame to tell anything.
  for (const join of ['j0_0', 'j0_2', 'j1_1', 'j2_0', 'j2_2']) {
    expect(seen.get(`${join}:completed`), join).toBeGreaterThan(0)
    expect(seen.get(`${join}:failed`), join).toBeGreaterThan(0)
  }
}, 60_000)
