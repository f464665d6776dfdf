/**
 * Random graphs of one fan-out with two joins, in random orders of results, against a model that keeps nothing but the
 * history and looks at all of it after every result.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { Definition, JoinDef, Strategy } from './index.ts'

/** Where a branch goes: to the one join, the other, both, nowhere, or it fails. */
type Fate = 'good' | 'bad' | 'both' | 'dead' | 'fail'
type Require = NonNullable<JoinDef['require']>
type Shape = {
  readonly fates: readonly Fate[]
  readonly require: readonly [Require, Require]
  readonly strategy: Strategy
  readonly workers: number
}

const names = ['good', 'bad'] as const

const shapes: fc.Arbitrary<Shape> = fc.record({
  fates: fc.array(fc.constantFrom<Fate>('good', 'good', 'bad', 'both', 'dead', 'fail'), { maxLength: 7 }),
  require: fc.tuple(requirement(), requirement()),
  strategy: fc.constantFrom<Strategy>('wait_all', 'fail_fast', 'best_effort', 'race'),
  workers: fc.integer({ min: 1, max: 8 }),
})

function requirement(): fc.Arbitrary<Require> {
  return fc.oneof(
    fc.constant('all' as const),
    fc.constant('ended' as const),
    fc.constant('any' as const),
    fc.integer({ min: 1, max: 4 }).map((quorum) => ({ quorum })),
  )
}

function definition({ fates, require, strategy, workers }: Shape): Definition {
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
          merge: 'collect' as const,
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

type Decided = { readonly status: 'completed' | 'failed'; readonly output: readonly unknown[] }

/** What the joins come to when branches end in this order. Everything is looked at again after each of them. */
function model({ fates, require, strategy }: Shape, order: readonly number[]): ReadonlyMap<string, Decided> {
  const decided = new Map<string, Decided>()
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
      const output = fates.map((fate, branch) => (came(name).includes(branch) ? fate : null))
      decided.set(name, { status: verdict, output })

      function verdictOf(): Decided['status'] | undefined {
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
        const value = run.valueOf(name)
        const decided = expected.get(name)
        expect(value?.status, name).toBe(decided?.status)
        if (decided?.status === 'completed') expect(value?.output, name).toEqual(decided.output)
      }
      const joins = run.records.flatMap(({ events }) => events.filter(({ type }) => type === 'joined'))
      expect(joins.length).toBe(expected.size)
      expect(run.state.ended?.status).toBe('completed')
      expect(run.state.fanouts.size).toBe(0)
    }),
    { numRuns: 600 },
  )
}, 60_000)
