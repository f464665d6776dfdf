import { textOf } from '../equal.ts'
import type { Keyword } from '../keyword.ts'

const prefixItems: Keyword = (at) => {
  const checks = at.listValue().map((schema, index) => at.compile(schema, index))
  return (value, run, seen) => {
    if (!Array.isArray(value)) return true
    let ok = true
    for (let index = 0; index < checks.length && index < value.length; index++) {
      run.enter(index)
      if (!checks[index]?.(value[index], run, undefined)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    seen?.addFirstItems(Math.min(checks.length, value.length))
    return ok
  }
}

const items: Keyword = (at) => {
  if (Array.isArray(at.value)) throw at.invalid('a list of schemas is written as prefixItems')
  const check = at.compile(at.value)
  const { prefixItems } = at.schema
  const first = Array.isArray(prefixItems) ? prefixItems.length : 0
  return (value, run, seen) => {
    if (!Array.isArray(value)) return true
    let ok = true
    for (let index = first; index < value.length; index++) {
      run.enter(index)
      if (!check(value[index], run, undefined)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    seen?.addFirstItems(value.length)
    return ok
  }
}

/** Together with minContains and maxContains, which mean nothing without it. */
const contains: Keyword = (at) => {
  const check = at.compile(at.value)
  const { minContains: least = 1, maxContains: most = Number.POSITIVE_INFINITY } = at.schema
  if (typeof least !== 'number' || typeof most !== 'number') throw at.invalid('its bounds must be numbers')
  return (value, run, seen) => {
    if (!Array.isArray(value)) return true
    let count = 0
    const { loud } = run
    run.loud = false
    for (let index = 0; index < value.length; index++) {
      run.enter(index)
      if (check(value[index], run, undefined)) {
        count += 1
        seen?.addItem(index)
      }
      run.leave()
    }
    run.loud = loud
    if (count >= least && count <= most) return true
    const bounds = count < least ? `at least ${least}` : `at most ${most}`
    return at.fail(run, () => ({
      expected: count < least ? least : most,
      actual: count,
      message: `must have ${bounds} of the asked items, and has ${count}`,
    }))
  }
}

const counted: Keyword = (at) => {
  at.countValue()
  return undefined
}

function itemCount(holds: (count: number, limit: number) => boolean, words: string): Keyword {
  return (at) => {
    const limit = at.countValue()
    return (value, run) =>
      !Array.isArray(value) ||
      holds(value.length, limit) ||
      at.fail(run, () => ({
        expected: limit,
        actual: value.length,
        message: `must have ${words} ${limit} items, and has ${value.length}`,
      }))
  }
}

const uniqueItems: Keyword = (at) => {
  if (typeof at.value !== 'boolean') throw at.invalid('it must be true or false')
  if (!at.value) return undefined
  return (value, run) => {
    if (!Array.isArray(value) || value.length < 2) return true
    const index = duplicateIn(value)
    if (index === -1) return true
    return at.fail(run, () => ({
      expected: true,
      actual: value,
      message: `must not have an item twice; [${index}] repeats one`,
    }))
  }
}

/** The index of the first item that is there before, or -1. */
export function duplicateIn(list: readonly unknown[]): number {
  return list.length <= FEW && list.every(isSimple) ? duplicateInFew(list) : duplicateInMany(list)
}

/** Comparing each with each is faster than a set, up to here. */
const FEW = 8

function isSimple(item: unknown): boolean {
  return typeof item !== 'object' || item === null
}

function duplicateInFew(list: readonly unknown[]): number {
  for (let index = 1; index < list.length; index++) {
    for (let other = 0; other < index; other++) if (list[index] === list[other]) return index
  }
  return -1
}

function duplicateInMany(list: readonly unknown[]): number {
  const simple = new Set<unknown>()
  const compound = new Set<string>()
  return list.findIndex((item) => {
    const isCompound = typeof item === 'object' && item !== null
    if (!isCompound) return simple.size === simple.add(item).size
    return compound.size === compound.add(textOf(item)).size
  })
}

export const arrayKeywords: { readonly [keyword: string]: Keyword } = {
  prefixItems,
  items,
  contains,
  minContains: counted,
  maxContains: counted,
  minItems: itemCount((count, limit) => count >= limit, 'at least'),
  maxItems: itemCount((count, limit) => count <= limit, 'at most'),
  uniqueItems,
}
