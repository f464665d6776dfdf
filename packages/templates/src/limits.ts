import { WonderError } from '@wonder/errors'

/** What one rendering may use. */
export type Limits = {
  /** Operations: each node visited, each helper call, each item a helper looks at. Default 100,000. */
  readonly fuel: number
  /** Nesting of blocks and sub-expressions, of partials in partials, and of values written as JSON. Default 64. */
  readonly depth: number
  /** UTF-16 units written. Default 10,000,000. */
  readonly output: number
}

export const defaultLimits: Limits = { fuel: 100_000, depth: 64, output: 10_000_000 }

/** What one rendering has left. */
export class Allowance {
  readonly limits: Limits
  #fuel: number
  #output: number

  constructor(limits: Limits) {
    this.limits = limits
    this.#fuel = limits.fuel
    this.#output = limits.output
  }

  spend(operations: number): void {
    this.#fuel -= operations
    if (this.#fuel < 0) throw exceeded('operations', this.limits.fuel)
  }

  write(units: number): void {
    this.#output -= units
    if (this.#output < 0) throw exceeded('output', this.limits.output)
  }

  /** Refuses a text that would be longer than the whole output may be, before it is built. */
  fits(units: number): void {
    if (units > this.limits.output) throw exceeded('output', this.limits.output)
  }

  enter(depth: number): void {
    if (depth > this.limits.depth) throw exceeded('depth', this.limits.depth)
  }
}

const units = { operations: 'operations', depth: 'levels of nesting', output: 'characters of output' }

function exceeded(limit: keyof typeof units, maximum: number): WonderError {
  const message = `Cannot render the template: it needs more than ${maximum} ${units[limit]}`
  return new WonderError('limit_exceeded', message, { details: { limit, maximum } })
}
