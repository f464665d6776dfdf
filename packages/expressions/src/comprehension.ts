import { failed, type Site } from './failure.ts'
import { describe, isMap } from './kind.ts'
import { booleanOf, isAbsorbable } from './logic.ts'
import { unwrap } from './optional.ts'
import type { Compute, Run } from './run.ts'

export type Macro = 'all' | 'exists' | 'exists_one' | 'filter' | 'map'

export const MACROS: readonly Macro[] = ['all', 'exists', 'exists_one', 'filter', 'map']

export type Comprehension = {
  readonly macro: Macro
  readonly list: Compute
  readonly slot: number
  /** The condition; of `map(x, transform)` there is none. */
  readonly predicate: Compute | undefined
  /** Of `map` only. */
  readonly transform: Compute | undefined
  /** Operations that one round costs: the nodes of the body. */
  readonly cost: number
  readonly site: Site
}

/** `list.filter(x, …)` and its kin. Over a map they go through its keys. */
export function compileComprehension(comprehension: Comprehension): Compute {
  const { macro, predicate, transform } = comprehension
  const test = predicate ?? (() => true)
  if (macro === 'map')
    return (run) => gather(comprehension, run, test, transform ?? ((run) => run.slots[comprehension.slot]))
  if (macro === 'filter') return (run) => gather(comprehension, run, test, (run) => run.slots[comprehension.slot])
  if (macro === 'exists_one') return (run) => countMatches(comprehension, run, test) === 1
  return (run) => decide(comprehension, run, test, macro === 'exists')
}

function gather(of: Comprehension, run: Run, test: Compute, transform: Compute): unknown[] {
  const found: unknown[] = []
  const name = `${of.macro}()`
  for (const item of itemsOf(of, run)) {
    enter(of, run, item)
    if (of.predicate && !booleanOf(test(run), name, of.site)) continue
    run.build(1, of.site)
    found.push(unwrap(transform(run)))
  }
  return found
}

function countMatches(of: Comprehension, run: Run, test: Compute): number {
  let count = 0
  for (const item of itemsOf(of, run)) {
    enter(of, run, item)
    if (booleanOf(test(run), 'exists_one()', of.site)) count += 1
  }
  return count
}

/** exists() ends at the first true, all() at the first false; an error counts only when no item decides. */
function decide(of: Comprehension, run: Run, test: Compute, decider: boolean): boolean {
  let failure: unknown
  for (const item of itemsOf(of, run)) {
    enter(of, run, item)
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

function enter(of: Comprehension, run: Run, item: unknown): void {
  run.spend(of.cost, of.site)
  run.slots[of.slot] = item
}

function itemsOf(of: Comprehension, run: Run): readonly unknown[] {
  const list = of.list(run)
  if (Array.isArray(list)) return list
  if (isMap(list)) return Object.keys(list)
  throw failed(of.site, () => `${of.macro}() needs a list or a map, not ${describe(list)}`)
}
