/** What an evaluation may use. Time is never a limit: the same inputs must give the same answer on every machine. */
export type Limits = {
  /** Operations of one evaluation. */
  readonly fuel: number
  /** Levels of nesting of an expression, and of the values it compares. */
  readonly depth: number
  /** Characters of texts, items of lists and entries of maps in the result, and as many built on the way to it. */
  readonly size: number
}

export const DEFAULT_LIMITS: Limits = { fuel: 100_000, depth: 250, size: 1_000_000 }

/** UTF-16 units of an expression's text. */
export const MAX_SOURCE_LENGTH = 16_384
