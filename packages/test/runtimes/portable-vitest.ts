/** What the suites import from vitest, small enough to be bundled for any runtime. */
export { expect } from './expect.ts'

type Body = (...args: never[]) => unknown
type Registered = {
  readonly name: string
  readonly body: () => unknown
  readonly before: readonly Hook[]
  readonly after: readonly Hook[]
}
type Hook = () => unknown
type Group = { readonly name: string; readonly before: Hook[]; readonly after: Hook[] }

/** The result of a run: tests that passed, tests that were skipped, and what failed why. */
export type Outcome = { readonly passed: number; readonly skipped: number; readonly failed: readonly string[] }

const tests: Registered[] = []
let groups: readonly Group[] = []
let skipped = 0

/** Tests that are registered from here on belong to this file. */
export function enterFile(name: string): void {
  groups = [{ name, before: [], after: [] }]
}

/** Runs what was registered, in its order. */
export async function runTests(): Promise<Outcome> {
  let passed = 0
  const failed: string[] = []
  for (const { name, body, before, after } of tests) {
    try {
      for (const hook of before) await hook()
      await body()
      passed += 1
    } catch (thrown) {
      failed.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
    for (const hook of after) await hook()
  }
  return { passed, skipped, failed }
}

function register(name: string, first: unknown, second?: unknown): void {
  const body = (typeof first === 'function' ? first : second) as Hook
  tests.push({
    name: [...groups.map((group) => group.name), name].join(' > '),
    body,
    before: groups.flatMap((group) => group.before),
    after: groups.flatMap((group) => group.after).toReversed(),
  })
}

function skip(): void {
  skipped += 1
}

function group(name: string, first: unknown, second?: unknown): void {
  const outer = groups
  groups = [...outer, { name, before: [], after: [] }]
  ;((typeof first === 'function' ? first : second) as Hook)()
  groups = outer
}

/** `each(rows)(name, body)`: a row that is a list gives the arguments, any other is the one argument. */
const each = (make: Make) => table(make, (row) => (Array.isArray(row) ? row : [row]))

/** `for(rows)(name, body)`: a row is the one argument. */
const forEach = (make: Make) => table(make, (row) => [row])

type Make = (name: string, body: Hook) => void

function table(make: Make, argumentsOf: (row: unknown) => readonly unknown[]) {
  return (rows: readonly unknown[]) => (name: string, first: unknown, second?: unknown) => {
    const body = (typeof first === 'function' ? first : second) as (...args: unknown[]) => unknown
    rows.forEach((row, index) => {
      const shownFirst = shown(Array.isArray(row) ? row[0] : row)
      make(`${name} [${index}] ${shownFirst}`, () => body(...argumentsOf(row)))
    })
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value
}

const choose = <T extends Body>(condition: unknown, yes: T, no: T): T => (condition ? yes : no)

export const test = Object.assign(register, {
  each: each(register),
  for: forEach(register),
  skip: Object.assign(skip, { each: () => skip }),
  todo: skip,
  skipIf: (condition: unknown) => choose(condition, skip as typeof register, register),
  runIf: (condition: unknown) => choose(condition, register, skip as typeof register),
})
/** @alias */
export const it = test

export const describe = Object.assign(group, {
  each: each(group),
  skip: () => undefined,
  skipIf: (condition: unknown) => choose(condition, (() => undefined) as typeof group, group),
})

export const beforeEach = (hook: Hook): void => void groups.at(-1)?.before.push(hook)
export const afterEach = (hook: Hook): void => void groups.at(-1)?.after.push(hook)
export const afterAll = (): void => undefined

/** Types are checked by the compiler: at run time there is nothing to do. */
export const expectTypeOf: (value?: unknown) => unknown = () =>
  new Proxy(() => undefined, { get: () => expectTypeOf(), apply: () => expectTypeOf() })
export const assertType = (): void => undefined
