/**
 * Random graphs of one fan-out with two joins, in random orders of results, against a model that keeps nothing but the
 * history and looks at all of it after every result.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { workflow } from '../test/lists.ts'
import { randomRuns } from '../test/random-workflow.ts'
import { valueOfJoin, withCodes } from '../test/reference-join.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { Definition, JoinDef, Json, Merge, Strategy } from './index.ts'

/** Where a branch goes: to the one join, the other, both, nowhere, or it fails. */
type Fate = 'good' | 'bad' | 'both' | 'dead' | 'fail'
type Require = NonNullable<JoinDef['require']>
type Shape = {
  readonly fates: readonly Fate[]
  readonly require: readonly [Require, Require]
  readonly strategy: Strategy
  readonly workers: number
  readonly merge: Merge
}

const names = ['good', 'bad'] as const

const shapes: fc.Arbitrary<Shape> = fc.record({
  fates: fc.array(fc.constantFrom<Fate>('good', 'good', 'bad', 'both', 'dead', 'fail'), { maxLength: 7 }),
  require: fc.tuple(requirement(), requirement()),
  strategy: fc.constantFrom<Strategy>('wait_all', 'fail_fast', 'best_effort', 'race'),
  workers: fc.integer({ min: 1, max: 8 }),
  merge: fc.constantFrom<Merge>('append', 'collect', 'keyed_by_branch', 'merge_object', 'last_wins'),
})

function requirement(): fc.Arbitrary<Require> {
  return fc.oneof(
    fc.constant('all' as const),
    fc.constant('ended' as const),
    fc.constant('any' as const),
    fc.integer({ min: 1, max: 4 }).map((quorum) => ({ quorum })),
  )
}

function definition({ fates, require, strategy, workers, merge }: Shape): Definition {
  const node = (ref: string) => ({ ref, does: { kind: 'task', task: 't', input: { lit: null } } }) as const
  return definitionOf({
    start: 'open',
    nodes: [
      { ref: 'open', does: { kind: 'open' } },
      node('b'),
      ...names.map((ref) => ({ ref, does: { kind: 'join', fan: 'f' }, onError: 'continue' }) as const),
    ],
    tasks: workflow({ tasks: [{ id: 't', kind: 'task' }] }).tasks,
    fans: [
      {
        ref: 'f',
        node: 'open',
        workers,
        joins: names.map((ref, i) => ({
          node: ref,
          require: require[i] ?? 'all',
          strategy,
          merge,
        })),
      },
    ],
    transitions: [
      { ref: 'in', from: 'open', to: 'b', fan: 'f', spawn: { lit: fates.length } },
      ...names.map((ref) => ({
        ref: `to_${ref}`,
        from: 'b',
        to: ref,
        if: `tasks.b.output == "${ref}" || tasks.b.output == "both"`,
        join: { fan: 'f', take: 'last' } as const,
      })),
    ],
  })
}

/** The values of the joins when branches end in this order. Everything is looked at again after each of them. */
function model(shape: Shape, order: readonly number[]): ReadonlyMap<string, Json> {
  const { fates, require, strategy, merge } = shape
  const decided = new Map<string, Json>()
  for (let seen = 0; seen <= order.length; seen++) {
    if (decided.size === names.length) break
    const ended = order.slice(0, seen)
    const failures = ended.filter((branch) => fates[branch] === 'fail').length
    const came = (name: string) => ended.filter((branch) => fates[branch] === name || fates[branch] === 'both')
    const over = ended.length === fates.length
    const nowhere = names.every((name) => came(name).length === 0) && decided.size === 0
    for (const [i, name] of names.entries()) {
      if (decided.has(name)) continue
      const verdict = verdictOf()
      if (verdict === undefined) continue
      // A branch may still be on its way to both joins only within one moment, so what it brought is the same for both.
      const branches = fates.map((fate, branch) => ({
        key: String(branch),
        item: null,
        brought: came(name).includes(branch) ? [fate] : [],
        failed: fate === 'fail' && ended.includes(branch) ? 'action_failed' : null,
      }))
      const byStrategy = require[i] === 'all' || require[i] === 'ended'
      const error = verdict === 'completed' ? null : byStrategy ? 'branches_failed' : 'join_unreachable'
      decided.set(name, valueOfJoin({ status: verdict, error }, merge, branches))

      function verdictOf(): 'completed' | 'failed' | undefined {
        const needs = require[i] ?? 'all'
        const arrived = came(name).length
        if (fates.length === 0) return 'completed'
        if (needs !== 'all' && needs !== 'ended') {
          const needed = needs === 'any' ? 1 : needs.quorum
          if (arrived >= needed) return 'completed'
          return arrived + (fates.length - ended.length) < needed ? 'failed' : undefined
        }
        if (strategy === 'fail_fast' && failures > 0) return 'failed'
        if (strategy === 'race' && arrived > 0) return 'completed'
        if (!over) return undefined
        if (arrived === 0 && !(nowhere && i === 0)) return undefined
        return failures > 0 && (strategy === 'wait_all' || arrived === 0) ? 'failed' : 'completed'
      }
    }
  }
  return decided
}

test('K5 joins of random graphs come to what the history says, whatever the order', () => {
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.nat()), (shape, picks) => {
      const run = new SimulatedRun(definition(shape))
      run.start()
      const order: number[] = []
      while (run.out.length > 0) {
        const pick = (picks.next().value ?? 0) % run.out.length
        const dispatch = run.out[pick]
        if (dispatch === undefined) break
        const branch = run.pathOf(dispatch.token)[0] ?? -1
        const fate = shape.fates[branch]
        order.push(branch)
        if (fate === 'fail') run.fail(dispatch)
        else run.complete(dispatch, fate ?? null)
      }

      const expected = model(shape, order)
      for (const name of names) {
        const { children, ...value } = run.valueOf(name) ?? {}
        expect(withCodes(JSON.parse(JSON.stringify(value))), name).toEqual(expected.get(name) ?? {})
      }
      const joins = run.records.flatMap(({ events }) => events.filter(({ type }) => type === 'joined'))
      expect(joins.length).toBe(expected.size)
      expect(run.state.ended?.status).toBe('completed')
      expect(run.state.fanouts.size).toBe(0)
    }),
    randomRuns(600),
  )
}, 60_000)
