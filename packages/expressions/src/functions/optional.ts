import { failed } from '../failure.ts'
import { describe, isMap } from '../kind.ts'
import { Optional } from '../optional.ts'
import type { Call, FunctionTable } from './cel-function.ts'

/** Methods of what `.?` gives. */
export const optionalMethods: FunctionTable = {
  orValue: { arity: [1, 1], call: (call) => receiver(call).value ?? call.args[1] },
  or: { arity: [1, 1], call: or },
  hasValue: { arity: [0, 0], call: (call) => receiver(call).value !== undefined },
  value: { arity: [0, 0], call: value },
}

/** `optional.of(x)`, `optional.none()`. */
export const optionalFunctions: FunctionTable = {
  of: { arity: [1, 1], call: (call) => new Optional(call.args[0]) },
  none: { arity: [0, 0], call: () => Optional.none },
  ofNonZeroValue: {
    arity: [1, 1],
    call: (call) => (isZero(call.args[0]) ? Optional.none : new Optional(call.args[0])),
  },
}

function receiver(call: Call): Optional {
  const value = call.args[0]
  if (value instanceof Optional) return value
  const hint = 'write `.?` before the name that may be missing'
  throw failed(call.site, () => `${call.name}() needs an optional, not ${describe(value)}: ${hint}`)
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0
  return isMap(value)
    ? Object.keys(value).length === 0
    : value === null || value === false || value === 0 || value === ''
}

function or(call: Call): Optional {
  const first = receiver(call)
  const other = call.args[1]
  if (first.value !== undefined) return first
  if (other instanceof Optional) return other
  throw failed(call.site, () => `or() needs an optional, not ${describe(other)}; for a value, write orValue()`)
}

function value(call: Call): unknown {
  const held = receiver(call).value
  if (held !== undefined) return held
  throw failed(call.site, () => 'the optional is empty; say what holds then: `.orValue(...)`')
}
