/** An expected value that decides itself: `expect.objectContaining(…)` and its kin. */
export class Matcher {
  readonly matches: (actual: unknown) => boolean
  constructor(matches: (actual: unknown) => boolean) {
    this.matches = matches
  }
}

/** `strict`: an undefined member is not a missing one, and classes must be the same. `part`: members of the actual value may be more. */
export type Equality = { readonly strict?: boolean; readonly part?: boolean }

/** Is `actual` what is expected, through lists, objects, maps, sets, dates, errors and bytes? */
export function deepEqual(actual: unknown, expected: unknown, how: Equality = {}): boolean {
  if (expected instanceof Matcher) return expected.matches(actual)
  if (Object.is(actual, expected)) return true
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return false
  if (how.strict === true && Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false
  if (expected instanceof Date) return actual instanceof Date && actual.getTime() === expected.getTime()
  if (expected instanceof RegExp) return String(actual) === String(expected)
  if (expected instanceof Map) {
    if (!(actual instanceof Map) || actual.size !== expected.size) return false
    return [...expected].every(([key, value]) => actual.has(key) && deepEqual(actual.get(key), value, how))
  }
  if (expected instanceof Set) {
    if (!(actual instanceof Set) || actual.size !== expected.size) return false
    return [...expected].every((item) => actual.has(item) || [...actual].some((other) => deepEqual(other, item, how)))
  }
  if (expected instanceof Error && !(actual instanceof Error)) return false
  if (expected instanceof Error && actual instanceof Error && actual.message !== expected.message) return false
  if (Array.isArray(actual) !== Array.isArray(expected)) return false
  if (Array.isArray(expected) && Array.isArray(actual) && actual.length !== expected.length) return false
  const has = (holder: object, key: string) =>
    key in holder && (how.strict === true || member(holder, key) !== undefined)
  const expectedKeys = Object.keys(expected).filter((key) => how.strict === true || member(expected, key) !== undefined)
  const actualKeys = Object.keys(actual).filter((key) => how.strict === true || member(actual, key) !== undefined)
  if (how.part !== true && actualKeys.length !== expectedKeys.length) return false
  return expectedKeys.every((key) => has(actual, key) && deepEqual(member(actual, key), member(expected, key), how))
}

function member(holder: object, key: string): unknown {
  return (holder as Record<string, unknown>)[key]
}
