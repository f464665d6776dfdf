import { textOfBytes } from '../bytes.ts'
import { Duration } from '../duration.ts'
import { failed } from '../failure.ts'
import { describe, isMap, kindOf } from '../kind.ts'
import { Timestamp } from '../timestamp.ts'
import { type Call, type FunctionTable, numberAt, textAt } from './cel-function.ts'
import { matchesPattern } from './pattern.ts'

/** Functions without a receiver. */
export const globalFunctions: FunctionTable = {
  size: { arity: [1, 1], call: size },
  type: { arity: [1, 1], call: (call) => kindOf(call.args[0]) },
  dyn: { arity: [1, 1], call: (call) => call.args[0] },
  string: { arity: [1, 1], call: toText },
  int: { arity: [1, 1], call: toInt },
  double: { arity: [1, 1], call: toNumber },
  bool: { arity: [1, 1], call: toBool },
  bytes: { arity: [1, 1], call: toBytes },
  matches: { arity: [2, 2], call: matchesPattern },
}

/** Characters (code points) of a text, items of a list, entries of a map. */
export function size(call: Call): number {
  const value = call.args[0]
  if (Array.isArray(value)) return value.length
  if (typeof value === 'string') {
    call.run.spend(value.length >>> 4, call.site)
    let points = 0
    for (const _ of value) points += 1
    return points
  }
  if (value instanceof Uint8Array) return value.length
  if (isMap(value)) {
    const keys = Object.keys(value)
    call.run.spend(keys.length >>> 2, call.site)
    return keys.length
  }
  throw failed(call.site, () => `size() needs a text, a list or a map, not ${describe(value)}`)
}

function toText(call: Call): string {
  const value = call.args[0]
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Timestamp || value instanceof Duration) return value.toString()
  const decoded = value instanceof Uint8Array ? textOfBytes(value) : undefined
  if (decoded !== undefined) return decoded
  throw failed(call.site, () => `string() needs a text, a number or a boolean, not ${describe(value)}`)
}

/** A double loses its fraction, towards zero. */
function toInt(call: Call): number {
  const [given] = call.args
  if (given instanceof Timestamp) return Math.floor(given.millis / 1000)
  const value = Math.trunc(toNumber(call)) + 0
  if (Number.isSafeInteger(value)) return value
  throw failed(call.site, () => `int() of ${describe(call.args[0])} is out of the range of whole numbers`)
}

function toBytes(call: Call): Uint8Array {
  const [value] = call.args
  if (value instanceof Uint8Array) return value
  const text = textAt(call, 0)
  call.run.build(text.length, call.site)
  return new TextEncoder().encode(text)
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

function toNumber(call: Call): number {
  const value = call.args[0]
  if (typeof value !== 'string') return numberAt(call, 0)
  const text = value.trim()
  const number = text.length <= 400 && NUMBER.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(number)) return number
  throw failed(call.site, () => `${call.name}() cannot read ${describe(value)} as a number`)
}

function toBool(call: Call): boolean {
  const value = call.args[0]
  if (typeof value === 'boolean') return value
  if (value === 'true') return true
  if (value === 'false') return false
  throw failed(call.site, () => `bool() needs true, false, "true" or "false", not ${describe(value)}`)
}
