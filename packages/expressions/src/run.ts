import { Failure, type Site } from './failure.ts'
import type { Limits } from './limits.ts'

/** One evaluation: what it reads, and what it has left. */
export class Run {
  /** The scope, or what an access reads. */
  readonly context: unknown
  /** Epoch milliseconds, or undefined where no time is known. */
  readonly now: number | undefined
  readonly limits: Limits
  /** Values of the macros' variables, by the slot that the compiler gave each. */
  readonly slots: unknown[] = []
  #fuel: number
  #size: number

  constructor(context: unknown, now: number | undefined, limits: Limits) {
    this.context = context
    this.now = now
    this.limits = limits
    this.#fuel = limits.fuel
    this.#size = limits.size
  }

  /** Takes operations from the budget. */
  spend(operations: number, site: Site): void {
    this.#fuel -= operations
    if (this.#fuel < 0) {
      throw new Failure('limit_exceeded', site, () => `it takes more than ${this.limits.fuel} operations`)
    }
  }

  /** Takes characters, items or entries that are about to be built from the budget; building them costs operations too. */
  build(units: number, site: Site): void {
    this.spend(units >>> 4, site)
    this.#size -= units
    if (this.#size < 0) {
      throw new Failure('limit_exceeded', site, () => `it builds values of more than ${this.limits.size} units`)
    }
  }

  /** Levels below `depth` of compared or returned values. */
  descend(depth: number, site: Site): number {
    if (depth >= this.limits.depth) {
      throw new Failure('limit_exceeded', site, () => `a value is nested deeper than ${this.limits.depth} levels`)
    }
    return depth + 1
  }
}

/** A compiled node: one closure that computes its value. */
export type Compute = (run: Run) => unknown
