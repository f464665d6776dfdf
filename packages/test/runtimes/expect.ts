import { deepEqual, Matcher } from './deep-equal.ts'

type Expected = string | RegExp | Matcher | Error | (new (...args: never[]) => unknown) | undefined

/** The matchers of vitest that the portable suites use, with its meanings. */
class Expectation {
  readonly #actual: unknown
  readonly #negated: boolean
  readonly #about: string

  constructor(actual: unknown, negated: boolean, about: string) {
    this.#actual = actual
    this.#negated = negated
    this.#about = about
  }

  get not(): Expectation {
    return new Expectation(this.#actual, !this.#negated, this.#about)
  }

  get rejects(): Record<string, (...args: unknown[]) => Promise<void>> {
    const settled = Promise.resolve(this.#actual).then(
      () => {
        throw new Error('the promise was kept, it should have been rejected')
      },
      (reason: unknown) => reason,
    )
    return this.#later(settled, true)
  }

  get resolves(): Record<string, (...args: unknown[]) => Promise<void>> {
    return this.#later(Promise.resolve(this.#actual), false)
  }

  #later(settled: Promise<unknown>, thrown: boolean): Record<string, (...args: unknown[]) => Promise<void>> {
    return new Proxy(
      {},
      {
        get:
          (_, name: string) =>
          async (...args: unknown[]) => {
            const value = await settled
            const throws = thrown && name.startsWith('toThrow')
            const raise = () => {
              throw value
            }
            const expectation = new Expectation(throws ? raise : value, this.#negated, this.#about)
            ;(expectation as unknown as Record<string, (...given: unknown[]) => void>)[name]?.(...args)
          },
      },
    )
  }

  toBe(expected: unknown): void {
    this.#decide(Object.is(this.#actual, expected), 'to be', expected)
  }
  toEqual(expected: unknown): void {
    this.#decide(deepEqual(this.#actual, expected), 'to equal', expected)
  }
  toStrictEqual(expected: unknown): void {
    this.#decide(deepEqual(this.#actual, expected, { strict: true }), 'to equal strictly', expected)
  }
  toMatchObject(expected: unknown): void {
    this.#decide(deepEqual(this.#actual, expected, { part: true }), 'to match', expected)
  }
  toHaveLength(expected: number): void {
    const { length } = Object(this.#actual) as { length?: unknown }
    this.#decide(length === expected, 'to have the length', expected)
  }
  toContain(expected: unknown): void {
    const held = this.#actual
    const found =
      typeof held === 'string' ? held.includes(String(expected)) : [...(held as Iterable<unknown>)].includes(expected)
    this.#decide(found, 'to contain', expected)
  }
  toContainEqual(expected: unknown): void {
    this.#decide(
      [...(this.#actual as Iterable<unknown>)].some((item) => deepEqual(item, expected)),
      'to contain',
      expected,
    )
  }
  toBeNull(): void {
    this.#decide(this.#actual === null, 'to be', null)
  }
  toBeUndefined(): void {
    this.#decide(this.#actual === undefined, 'to be', undefined)
  }
  toBeDefined(): void {
    this.#decide(this.#actual !== undefined, 'to be', 'defined')
  }
  toBeTruthy(): void {
    this.#decide(Boolean(this.#actual), 'to be', 'truthy')
  }
  toBeFalsy(): void {
    this.#decide(!this.#actual, 'to be', 'falsy')
  }
  toBeGreaterThan(expected: number): void {
    this.#decide(Number(this.#actual) > expected, 'to be more than', expected)
  }
  toBeGreaterThanOrEqual(expected: number): void {
    this.#decide(Number(this.#actual) >= expected, 'to be at least', expected)
  }
  toBeLessThan(expected: number): void {
    this.#decide(Number(this.#actual) < expected, 'to be less than', expected)
  }
  toBeLessThanOrEqual(expected: number): void {
    this.#decide(Number(this.#actual) <= expected, 'to be at most', expected)
  }
  toBeCloseTo(expected: number, digits = 2): void {
    this.#decide(Math.abs(Number(this.#actual) - expected) < 10 ** -digits / 2, 'to be close to', expected)
  }
  toBeInstanceOf(expected: new (...args: never[]) => unknown): void {
    this.#decide(this.#actual instanceof expected, 'to be an instance of', expected.name)
  }
  toBeTypeOf(expected: string): void {
    this.#decide(typeof this.#actual === expected, 'to be of type', expected)
  }
  toMatch(expected: string | RegExp): void {
    const text = String(this.#actual)
    this.#decide(typeof expected === 'string' ? text.includes(expected) : expected.test(text), 'to match', expected)
  }
  toSatisfy(accepts: (actual: unknown) => boolean): void {
    this.#decide(accepts(this.#actual), 'to satisfy', accepts.name)
  }
  toHaveProperty(path: string | readonly string[], ...expected: unknown[]): void {
    let value: unknown = this.#actual
    let found = true
    for (const key of typeof path === 'string' ? path.split('.') : path) {
      found &&= value !== null && value !== undefined && key in Object(value)
      value = found ? (Object(value) as Record<string, unknown>)[key] : undefined
    }
    this.#decide(
      found && (expected.length === 0 || deepEqual(value, expected[0])),
      `to have ${String(path)}`,
      expected[0],
    )
  }
  toThrow(expected?: Expected): void {
    let thrown: unknown
    let threw = false
    try {
      ;(this.#actual as () => unknown)()
    } catch (error) {
      thrown = error
      threw = true
    }
    this.#decide(
      threw && isThrown(thrown, expected),
      `to throw (it threw ${threw ? show(thrown) : 'nothing'})`,
      expected,
    )
  }
  toThrowError(expected?: Expected): void {
    this.toThrow(expected)
  }

  #decide(holds: boolean, what: string, expected: unknown): void {
    if (holds !== this.#negated) return
    const about = this.#about === '' ? '' : `${this.#about}: `
    throw new Error(`${about}expected ${show(this.#actual)} ${this.#negated ? 'not ' : ''}${what} ${show(expected)}`)
  }
}

function isThrown(thrown: unknown, expected: Expected): boolean {
  if (expected === undefined) return true
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (typeof expected === 'string') return message.includes(expected)
  if (expected instanceof RegExp) return expected.test(message)
  if (expected instanceof Matcher) return expected.matches(thrown)
  return typeof expected === 'function' ? thrown instanceof expected : message === expected.message
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 500)
  } catch {
    return String(value)
  }
}

/** `expect(value).toBe(…)`; what it says of a failure begins with `about`. */
export function expect(actual: unknown, about = ''): Expectation {
  return new Expectation(actual, false, about)
}

expect.objectContaining = (expected: object) =>
  new Matcher(
    (actual) =>
      typeof actual === 'object' &&
      actual !== null &&
      Object.entries(expected).every(([key, value]) => deepEqual((actual as Record<string, unknown>)[key], value)),
  )
expect.arrayContaining = (expected: readonly unknown[]) =>
  new Matcher(
    (actual) => Array.isArray(actual) && expected.every((item) => actual.some((other) => deepEqual(other, item))),
  )
expect.stringContaining = (expected: string) =>
  new Matcher((actual) => typeof actual === 'string' && actual.includes(expected))
expect.stringMatching = (expected: string | RegExp) =>
  new Matcher((actual) => typeof actual === 'string' && new RegExp(expected).test(actual))
expect.anything = () => new Matcher((actual) => actual !== null && actual !== undefined)
expect.any = (type: unknown) => new Matcher((actual) => isAny(actual, type))
expect.closeTo = (expected: number, digits = 2) =>
  new Matcher((actual) => Math.abs(Number(actual) - expected) < 10 ** -digits / 2)
expect.unreachable = (message?: string) => {
  throw new Error(message ?? 'this should not be reached')
}
expect.fail = expect.unreachable

function isAny(actual: unknown, type: unknown): boolean {
  if (type === String) return typeof actual === 'string'
  if (type === Number) return typeof actual === 'number'
  if (type === Boolean) return typeof actual === 'boolean'
  if (type === Function) return typeof actual === 'function'
  return typeof type === 'function' && actual instanceof type
}
