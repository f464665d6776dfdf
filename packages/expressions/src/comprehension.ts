import { cannotOrder, compareValues } from './compare.ts'
import { failed, type Site } from './failure.ts'
import { describe, isMap } from './kind.ts'
import { booleanOf, isAbsorbable } from './logic.ts'
import { unwrap } from './optional.ts'
import type { Compute, Run } from './run.ts'

export type Macro = 'all' | 'exists' | 'exists_one' | 'filter' | 'map' | 'transformList' | 'transformMap' | 'sortBy'

export const MACROS: readonly Macro[] = [
  'all',
  'exists',
  'exists_one',
  'filter',
  'map',
  'transformList',
  'transformMap',
  'sortBy',
]

export type Comprehension = {
  readonly macro: Macro
  readonly list: Compute
  readonly slot: number
  /** Of a macro with two variables the second's: `slot` has the index or key, this one the item or value. */
  readonly second: number | undefined
  /** The condition; of `map(x, transform)` there is none. */
  readonly predicate: Compute | undefined
  /** Of `map`, `transformList`, `transformMap` and `sortBy`. */
  readonly transform: Compute | undefined
  /** Operations that one round costs: the nodes of the body. */
  readonly cost: number
  readonly site: Site
}

/** `list.filter(x, …)` and its kin. Over a map they go through its keys. */
export function compileComprehension(comprehension: Comprehension): Compute {
  const { macro, predicate, transform } = comprehension
  const test = predicate ?? (() => true)
  if (macro === 'sortBy') return (run) => sortBy(comprehension, run, transform ?? test)
  if (macro === 'transformMap') return (run) => gatherMap(comprehension, run, test, transform ?? test)
  if (macro === 'map' || macro === 'transformList')
    return (run) => gather(comprehension, run, test, transform ?? ((run) => run.slots[comprehension.slot]))
  if (macro === 'filter') return (run) => gather(comprehension, run, test, (run) => run.slots[comprehension.slot])
  if (macro === 'exists_one') return (run) => countMatches(comprehension, run, test) === 1
  return (run) => decide(comprehension, run, test, macro === 'exists')
}

function gather(of: Comprehension, run: Run, test: Compute, transform: Compute): unknown[] {
  const found: unknown[] = []
  const name = `${of.macro}()`
  for (const [key, item] of itemsOf(of, run)) {
    enter(of, run, key, item)
    if (of.predicate && !booleanOf(test(run), name, of.site)) continue
    run.build(1, of.site)
    found.push(unwrap(transform(run)))
  }
  return found
}

function countMatches(of: Comprehension, run: Run, test: Compute): number {
  let count = 0
  for (const [key, item] of itemsOf(of, run)) {
    enter(of, run, key, item)
    if (booleanOf(test(run), 'exists_one()', of.site)) count += 1
  }
  return count
}

/** exists() ends at the first true, all() at the first false; an error counts only when no item decides. */
function decide(of: Comprehension, run: Run, test: Compute, decider: boolean): boolean {
  let failure: unknown
  for (const [key, item] of itemsOf(of, run)) {
    enter(of, run, key, item)
    try {
      if (booleanOf(test(run), `${of.macro}()`, of.site) === decider) return decider
    } catch (thrown) {
      if (!isAbsorbable(thrown)) throw thrown
      failure ??= thrown
    }
  }
  if (failure !== undefined) throw failure
  return !decider
}

/** `{key: value}` with other values. */
function gatherMap(of: Comprehension, run: Run, test: Compute, transform: Compute): unknown {
  const entries: [string, unknown][] = []
  for (const [key, item] of itemsOf(of, run)) {
    enter(of, run, key, item)
    if (of.predicate && !booleanOf(test(run), 'transformMap()', of.site)) continue
    run.build(1, of.site)
    entries.push([String(key), unwrap(transform(run))])
  }
  return Object.fromEntries(entries)
}

/** The items in the order of what is computed of each; equal ones stay as they stood. */
function sortBy(of: Comprehension, run: Run, key: Compute): unknown[] {
  const keyed: { item: unknown; by: unknown }[] = []
  for (const [index, item] of itemsOf(of, run)) {
    enter(of, run, index, item)
    run.build(1, of.site)
    keyed.push({ item, by: key(run) })
  }
  run.spend(keyed.length * Math.ceil(Math.log2(keyed.length + 1)), of.site)
  keyed.sort((a, b) => {
    const order = compareValues(a.by, b.by)
    if (order === undefined) throw failed(of.site, () => cannotOrder('sortBy()', a.by, b.by))
    return order
  })
  return keyed.map(({ item }) => item)
}

function enter(of: Comprehension, run: Run, key: unknown, item: unknown): void {
  run.spend(of.cost, of.site)
  if (of.second === undefined) {
    run.slots[of.slot] = item
  } else {
    run.slots[of.slot] = key
    run.slots[of.second] = item
  }
}

/** Indexes and items of a list, keys and values of a map; with one variable a map's items are its keys. */
function itemsOf(of: Comprehension, run: Run): Iterable<readonly [unknown, unknown]> {
  const list = of.list(run)
  if (Array.isArray(list)) return list.entries()
  if (isMap(list)) return Object.keys(list).map((key) => [key, of.second === undefined ? key : list[key]] as const)
  throw failed(of.site, () => `${of.macro}() needs a list or a map, not ${describe(list)}`)
}
