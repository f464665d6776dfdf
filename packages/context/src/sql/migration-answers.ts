import type { SqlValue } from './dialect.ts'

/** What only a person can say: what becomes of data that the new schema has no place for, or lacks. */
export type Decision = {
  readonly kind: /** What is kept there is lost: answer `drop`. */
    | 'drop'
    /** Objects that are there already need a value: answer `fill`, or `from` another property. */
    | 'fill'
    /** Missing and null are no longer told apart, or a state is no longer kept: answer `accept`. */
    | 'narrow'
    /** The old form cannot be turned into the new one: answer `drop`, with `fill` where a value is needed. */
    | 'convert'
    /** The key itself changes; there is no answer: make a new table. */
    | 'key'
  /** JSON pointer of the property; items of a list have `/*`. */
  readonly pointer: string
  readonly why: string
}

/** Answers to decisions, by their pointer. */
export type Answers = {
  readonly [pointer: string]: {
    readonly drop?: true
    readonly accept?: true
    /** The value for objects that are there already. */
    readonly fill?: SqlValue
    /** Pointer of the property, in the same table, that this one was before: a rename. */
    readonly from?: string
  }
}
