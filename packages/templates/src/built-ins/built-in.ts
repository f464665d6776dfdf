import type { Value } from '../json.ts'
import type { Allowance } from '../limits.ts'

/** A helper that every template has. What it throws becomes `evaluation_failed` at its place. */
export type BuiltIn = {
  /** How it is written, for messages. */
  readonly usage: string
  /** The fewest and the most arguments. */
  readonly takes: readonly [number, number]
  /** Names of its hash arguments. */
  readonly options?: readonly string[]
  /** Its arguments may be missing. */
  readonly tolerant?: boolean
  readonly compute: (args: readonly Value[], call: BuiltInCall) => Value
}

export type BuiltInCall = { readonly hash: Readonly<Record<string, Value>>; readonly allowance: Allowance }
