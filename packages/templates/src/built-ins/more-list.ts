import { isRecord, type Json, kindOf, truthy, type Value } from '../json.ts'
import { countOf, listOf, numberOf, wordsOf } from './arguments.ts'
import type { BuiltIn, BuiltInCall } from './built-in.ts'

/** Lists and objects that are made, and what is counted of them. */
export const moreListHelpers: Readonly<Record<string, BuiltIn>> = {
  list: { usage: '(list a b …)', takes: [0, 32], compute: (args) => args.map((value) => value ?? null) },
  dict: { usage: '(dict "key" value …)', takes: [0, 32], compute: dict },
  keys: {
    usage: '(keys object)',
    takes: [1, 1],
    compute: ([value], call) => entriesOf(value, call).map(([key]) => key),
  },
  values: {
    usage: '(values object)',
    takes: [1, 1],
    compute: ([value], call) => entriesOf(value, call).map(([, member]) => member),
  },
  unique: {
    usage: '(unique list)',
    takes: [1, 1],
    compute: ([list], { allowance }) => {
      const items = listOf(list)
      allowance.spend(items.length)
      return [...new Set(items)]
    },
  },
  concat: {
    usage: '(concat list list …)',
    takes: [1, 32],
    compute: (lists, { allowance }) =>
      lists.flatMap((list) => {
        allowance.spend(listOf(list).length)
        return listOf(list)
      }),
  },
  sum: {
    usage: '(sum list)',
    takes: [1, 1],
    compute: ([list], { allowance }) => {
      allowance.spend(listOf(list).length)
      return listOf(list).reduce((total: number, item) => total + numberOf(item), 0)
    },
  },
  range: {
    usage: '(range from to)',
    takes: [2, 2],
    compute: ([from, to], { allowance }) => {
      const first = countOf(from, -1_000_000_000, 1_000_000_000)
      const length = Math.max(0, countOf(to, -1_000_000_000, 1_000_000_000) - first + 1)
      allowance.spend(length)
      return Array.from({ length }, (_, index) => first + index)
    },
  },
  choose: {
    usage: '(choose condition "when true" "otherwise")',
    takes: [3, 3],
    tolerant: true,
    compute: ([condition, yes, no]) => (truthy(condition) ? yes : no),
  },
  min: { usage: '(min a b …)', takes: [1, 32], compute: (args) => Math.min(...args.map(numberOf)) },
  max: { usage: '(max a b …)', takes: [1, 32], compute: (args) => Math.max(...args.map(numberOf)) },
  floor: { usage: '(floor number)', takes: [1, 1], compute: ([value]) => Math.floor(numberOf(value)) },
  ceil: { usage: '(ceil number)', takes: [1, 1], compute: ([value]) => Math.ceil(numberOf(value)) + 0 },
  quotient: { usage: '(quotient a b)', takes: [2, 2], compute: ([a, b]) => Math.trunc(numberOf(a) / divisor(b)) + 0 },
  mod: { usage: '(mod a b)', takes: [2, 2], compute: ([a, b]) => (numberOf(a) % divisor(b)) + 0 },
}

function divisor(value: Value): number {
  const number = numberOf(value)
  if (number === 0) throw new RangeError('nothing can be divided by 0')
  return number
}

function dict(args: readonly Value[]): Value {
  if (args.length % 2 !== 0) throw new TypeError('the last key has no value')
  const entries: [string, Json][] = []
  for (let index = 0; index < args.length; index += 2) entries.push([wordsOf(args[index]), args[index + 1] ?? null])
  return Object.fromEntries(entries)
}

function entriesOf(value: Value, { allowance }: BuiltInCall): [string, Json][] {
  if (!isRecord(value)) throw new TypeError(`an object is needed, this is ${kindOf(value)}`)
  const entries = Object.entries(value).filter(([, member]) => typeof member !== 'function')
  allowance.spend(entries.length)
  return entries
}
