import { dateHelpers } from './built-ins/date.ts'
import { listHelpers } from './built-ins/list.ts'
import { logicHelpers } from './built-ins/logic.ts'
import { numberHelpers } from './built-ins/number.ts'
import { textHelpers } from './built-ins/text.ts'
import type { Value } from './json.ts'
import type { Allowance } from './limits.ts'

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

/** Every built-in helper by its name, but for if, unless, each, with, lookup and raw, which are part of the language. */
export const builtIns: Readonly<Record<string, BuiltIn>> = {
  ...logicHelpers,
  ...textHelpers,
  ...numberHelpers,
  ...listHelpers,
  ...dateHelpers,
}
