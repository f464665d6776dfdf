import { isRecord, type Json, kindOf, own, type Value } from '../json.ts'
import { countOf, listOf, wordsOf } from './arguments.ts'
import type { BuiltIn } from './built-in.ts'
import { includes } from './text.ts'

export const listHelpers: Readonly<Record<string, BuiltIn>> = {
  length: { usage: '(length list)', takes: [1, 1], compute: ([value]) => lengthOf(value) },
  first: { usage: '(first list)', takes: [1, 1], compute: ([list]) => listOf(list)[0] },
  last: { usage: '(last list)', takes: [1, 1], compute: ([list]) => listOf(list).at(-1) },
  reverse: {
    usage: '(reverse list)',
    takes: [1, 1],
    compute: ([list], { allowance }) => {
      allowance.spend(listOf(list).length)
      return listOf(list).toReversed()
    },
  },
  sort: {
    usage: '(sort list by="name")',
    takes: [1, 1],
    options: ['by'],
    compute: ([list], { hash, allowance }) => {
      const items = listOf(list)
      allowance.spend(items.length * Math.ceil(Math.log2(items.length + 2)))
      const by = hash['by'] === undefined ? undefined : wordsOf(hash['by'])
      return items.toSorted((a, b) => compare(by === undefined ? a : own(a, by), by === undefined ? b : own(b, by)))
    },
  },
  slice: {
    usage: '(slice list from to)',
    takes: [2, 3],
    compute: ([value, from, to], { allowance }) => {
      const range = [countOf(from, -1e9, 1e9), to === undefined ? undefined : countOf(to, -1e9, 1e9)] as const
      if (typeof value === 'string') return value.slice(...range)
      const part = listOf(value).slice(...range)
      allowance.spend(part.length)
      return part
    },
  },
  includes: {
    usage: '(includes list item)',
    takes: [2, 2],
    compute: ([value, part], { allowance }) => {
      allowance.spend(typeof value === 'string' ? value.length >>> 6 : listOf(value).length)
      return includes(value, part)
    },
  },
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return value.length
  return isRecord(value) ? Object.keys(value).length : listOf(value).length
}

/** Numbers by size, texts by UTF-16 units, nulls and what is missing last. The order of the machine's language has no say. */
function compare(a: Json | undefined, b: Json | undefined): number {
  const absentA = a === undefined || a === null
  const absentB = b === undefined || b === null
  if (absentA || absentB) return Number(absentA) - Number(absentB)
  const comparable =
    (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')
  if (!comparable)
    throw new TypeError(`only numbers or only texts can be sorted, there are ${kindOf(a)} and ${kindOf(b)}`)
  return a < b ? -1 : a > b ? 1 : 0
}
