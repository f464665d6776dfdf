import { compareBytes } from './bytes.ts'
import { Duration } from './duration.ts'
import { failed, type Site } from './failure.ts'
import { describe, isMap } from './kind.ts'
import { Optional } from './optional.ts'
import type { Compute, Run } from './run.ts'
import { Timestamp } from './timestamp.ts'

export type Ordering = '<' | '<=' | '>' | '>='

/** `left < right` and its kin: two numbers, two texts (by UTF-16 units) or two booleans. */
export function compileOrdering(operator: Ordering, left: Compute, right: Compute, site: Site): Compute {
  const numbers = NUMBER_ORDERINGS[operator]
  return (run) => {
    const a = left(run)
    const b = right(run)
    if (typeof a === 'number' && typeof b === 'number') return numbers(a, b)
    const order = compareValues(a, b)
    if (order === undefined) throw failed(site, () => cannotOrder(operator, a, b))
    return numbers(order, 0)
  }
}

const NUMBER_ORDERINGS: { readonly [operator in Ordering]: (a: number, b: number) => boolean } = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** Negative, zero or positive; undefined where the two have no order. */
export function compareValues(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration)) {
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b)
  return undefined
}

export function cannotOrder(operator: string, a: unknown, b: unknown): string {
  return `${operator} needs two numbers or two texts, not ${describe(a)} and ${describe(b)}`
}

/** `left == right`: by value, through lists and maps; values of different types are unequal. */
export function compileEquality(equal: boolean, left: Compute, right: Compute, site: Site): Compute {
  return (run) => {
    const a = left(run)
    const b = right(run)
    return (a === b || (typeof a === 'object' && deepEqual(a, b, run, site))) === equal
  }
}

/** Equality by value. Each pair that is looked at costs one operation. */
export function deepEqual(a: unknown, b: unknown, run: Run, site: Site, depth = 0): boolean {
  if (a instanceof Optional || b instanceof Optional) return equalOptionals(a, b, run, site, depth)
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const below = run.descend(depth, site)
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    run.spend(a.length, site)
    return a.every((item, index) => deepEqual(item, b[index], run, site, below))
  }
  if (!isMap(a) || !isMap(b)) return compareValues(a, b) === 0
  const keys = Object.keys(a)
  run.spend(keys.length, site)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key], run, site, below))
}

function equalOptionals(a: unknown, b: unknown, run: Run, site: Site, depth: number): boolean {
  if (a instanceof Optional && b instanceof Optional) return deepEqual(a.value, b.value, run, site, depth)
  throw failed(site, () => `== compares ${describe(a)} with ${describe(b)}`)
}

/** `item in list`, `key in map`. */
export function compileIn(left: Compute, right: Compute, site: Site): Compute {
  return (run) => {
    const needle = left(run)
    const heap = right(run)
    if (Array.isArray(heap)) {
      run.spend(heap.length, site)
      return heap.some((item) => deepEqual(needle, item, run, site))
    }
    if (isMap(heap)) return typeof needle === 'string' && Object.hasOwn(heap, needle)
    const hint = typeof heap === 'string' ? '. For a part of a text, write `text.contains(part)`' : ''
    throw failed(site, () => `\`in\` needs a list or a map on its right, not ${describe(heap)}${hint}`)
  }
}
