import { lengthOf } from '../keywords/string.ts'

/** A test of a value whose type is known already. */
export type TestOf<T> = (value: T) => boolean

/** Every one must hold; undefined when there is none. */
export function every<T>(tests: readonly TestOf<T>[]): TestOf<T> | undefined {
  const [first, second, third] = tests
  if (!first || !second) return first
  if (!third) return (value) => first(value) && second(value)
  return (value) => {
    for (let index = 0; index < tests.length; index++) {
      if (!tests[index]?.(value)) return false
    }
    return true
  }
}

/** The length in code points is between the bounds. The number of UTF-16 units decides mostly: it is at most twice as much. */
export function lengthTest(min: number, max: number): TestOf<string> {
  const surelyEnough = min * 2
  return (text) => {
    const { length } = text
    if (length < min || (length < surelyEnough && min > 1 && lengthOf(text) < min)) return false
    return length <= max || (length <= max * 2 && lengthOf(text) <= max)
  }
}

/** A range with both ends in it. */
export function rangeTest(min: number, max: number): TestOf<number> {
  return (value) => value >= min && value <= max
}
