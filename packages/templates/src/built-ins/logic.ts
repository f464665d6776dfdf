import { isList, isRecord, kindOf, truthy, type Value } from '../json.ts'
import type { Allowance } from '../limits.ts'
import type { BuiltIn } from './built-in.ts'

/** Comparing and choosing. Their arguments may be missing. */
export const logicHelpers: Readonly<Record<string, BuiltIn>> = {
  eq: {
    usage: '(eq a b)',
    takes: [2, 2],
    tolerant: true,
    compute: ([a, b], { allowance }) => same(a, b, allowance, 0),
  },
  ne: {
    usage: '(ne a b)',
    takes: [2, 2],
    tolerant: true,
    compute: ([a, b], { allowance }) => !same(a, b, allowance, 0),
  },
  gt: ordering('gt', (order) => order > 0),
  gte: ordering('gte', (order) => order >= 0),
  lt: ordering('lt', (order) => order < 0),
  lte: ordering('lte', (order) => order <= 0),
  and: {
    usage: '(and a b …)',
    takes: [1, 32],
    tolerant: true,
    compute: (args) => args[args.findIndex((value) => !truthy(value))] ?? (args.every(truthy) ? args.at(-1) : null),
  },
  or: {
    usage: '(or a b …)',
    takes: [1, 32],
    tolerant: true,
    compute: (args) => args.find(truthy) ?? args.at(-1),
  },
  not: { usage: '(not a)', takes: [1, 1], tolerant: true, compute: ([value]) => !truthy(value) },
  default: {
    usage: '(default value "what holds when it is missing or null")',
    takes: [2, 2],
    tolerant: true,
    compute: ([value, otherwise]) => value ?? otherwise,
  },
}

function ordering(name: string, holds: (order: number) => boolean): BuiltIn {
  return { usage: `(${name} a b)`, takes: [2, 2], tolerant: true, compute: ([a, b]) => isOrdered(a, b, holds) }
}

/** Numbers by size, texts by UTF-16 units; nothing is before or after what is missing. */
function isOrdered(a: Value, b: Value, holds: (order: number) => boolean): boolean {
  if (a === undefined || a === null || b === undefined || b === null) return false
  const comparable =
    (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')
  if (!comparable)
    throw new TypeError(`two numbers or two texts can be compared, these are ${kindOf(a)} and ${kindOf(b)}`)
  return holds(a < b ? -1 : a > b ? 1 : 0)
}

/** Equal as JSON: of one type, lists and objects member by member. */
function same(a: Value, b: Value, allowance: Allowance, depth: number): boolean {
  if (a === b) return true
  allowance.spend(1)
  allowance.enter(depth)
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, index) => same(item, b[index], allowance, depth + 1))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key], allowance, depth + 1))
}
