import { WonderError } from '@wonder/errors'
import { typeOf } from './json-schema.ts'
import { pointerOf } from './pointer.ts'
import { codeOf, type Problem } from './problem.ts'
import type { SchemaResource } from './schema-document.ts'

/** What a failed keyword says; the message lacks its subject, which is the path. */
export type Finding = {
  readonly keyword: string
  /** JSON pointer of the keyword in the schema. */
  readonly schemaPath: string
  readonly expected: unknown
  readonly actual: unknown
  readonly message: string
  /** A property below the current value, when it is what the finding is about. */
  readonly property?: string
}

/**
 * One pass over a value. A silent pass only answers yes or no, keeps no path and allocates nothing; only when it says no
 * a second, loud pass collects the problems.
 */
export class Run {
  readonly formats: boolean
  /** Resources that were entered, outermost first; what $dynamicRef looks through. */
  readonly scope: SchemaResource[] = []
  problems: Problem[] = []
  loud: boolean
  readonly #path: (string | number)[] = []
  readonly #maxProblems: number
  readonly #maxDepth: number
  #depth = 0

  constructor(options: { formats: boolean; loud: boolean; maxProblems: number; maxDepth: number }) {
    this.formats = options.formats
    this.loud = options.loud
    this.#maxProblems = options.maxProblems
    this.#maxDepth = options.maxDepth
  }

  /** May the next keyword still be asked after one has failed? */
  get goesOn(): boolean {
    return this.loud && this.problems.length < this.#maxProblems
  }

  /** Goes down to an item or a property. */
  enter(segment: string | number): void {
    this.descend()
    if (this.loud) this.#path.push(segment)
  }

  leave(): void {
    this.#depth -= 1
    if (this.loud) this.#path.pop()
  }

  /** Goes into a referenced schema, at the same value. */
  descend(): void {
    this.#depth += 1
    if (this.#depth <= this.#maxDepth) return
    const message = `Cannot check the value: it or its schema is nested deeper than ${this.#maxDepth} levels`
    throw new WonderError('limit_exceeded', message, { details: { path: pointerOf(this.#path) } })
  }

  ascend(): void {
    this.#depth -= 1
  }

  /** JSON pointer of the current value; known in a loud pass. */
  get pointer(): string {
    return pointerOf(this.#path)
  }

  /** Runs a branch whose failure is not yet a problem; in a loud pass its problems are handed back. */
  attempt(branch: () => boolean): { readonly ok: boolean; readonly problems: readonly Problem[] } {
    const { problems } = this
    this.problems = []
    const ok = branch()
    const found = this.problems
    this.problems = problems
    return { ok, problems: found }
  }

  /** Records why a keyword failed, in a loud pass. Always false, so that a check can end with it. */
  fail(describe: () => Finding): false {
    if (!this.goesOn) return false
    const { keyword, schemaPath, expected, actual, message, property } = describe()
    const path = pointerOf(property === undefined ? this.#path : [...this.#path, property])
    const compound = typeof actual === 'object' && actual !== null
    this.problems.push({
      path,
      schemaPath,
      keyword,
      code: codeOf(keyword),
      expected,
      actual: compound ? typeOf(actual) : actual,
      message: `${path === '' ? 'the value' : path} ${message}`,
    })
    return false
  }
}
