import { ANYTHING, BOOLEAN, INTEGER, NUMBER, type Plan, STRING, type Test } from './plan.ts'
import type { TestOf } from './scalar-test.ts'

/** All items from `first` on hold. */
export function itemsTest(plan: Plan, first: number): TestOf<readonly unknown[]> | undefined {
  const { test, kind } = plan
  switch (kind) {
    case ANYTHING:
      return undefined
    case STRING:
      return (list) => {
        for (let index = first; index < list.length; index++) if (typeof list[index] !== 'string') return false
        return true
      }
    case INTEGER:
      return (list) => {
        for (let index = first; index < list.length; index++) if (!Number.isInteger(list[index])) return false
        return true
      }
    case NUMBER:
      return (list) => {
        for (let index = first; index < list.length; index++) if (!Number.isFinite(list[index])) return false
        return true
      }
    case BOOLEAN:
      return (list) => {
        for (let index = first; index < list.length; index++) if (typeof list[index] !== 'boolean') return false
        return true
      }
    default:
      return (list) => {
        for (let index = first; index < list.length; index++) if (!test(list[index])) return false
        return true
      }
  }
}

export function prefixTest(tests: readonly Test[]): TestOf<readonly unknown[]> {
  return (list) => {
    const count = Math.min(tests.length, list.length)
    for (let index = 0; index < count; index++) if (!tests[index]?.(list[index])) return false
    return true
  }
}

export function containsTest(test: Test, least: number, most: number): TestOf<readonly unknown[]> {
  return (list) => {
    let count = 0
    for (let index = 0; index < list.length; index++) {
      if (!test(list[index])) continue
      count += 1
      if (count > most) return false
      if (count >= least && most === Number.POSITIVE_INFINITY) return true
    }
    return count >= least
  }
}
