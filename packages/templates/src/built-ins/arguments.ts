import { isList, type Json, kindOf, type Value } from '../json.ts'

/** The argument as a number, or an error that says what it is. */
export function numberOf(value: Value): number {
  if (typeof value === 'number') return value
  throw new TypeError(`a number is needed, this is ${kindOf(value)}`)
}

/** The argument as a text; numbers and booleans are written as in a template. */
export function wordsOf(value: Value): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null || value === undefined) return ''
  throw new TypeError(`a text is needed, this is ${kindOf(value)}`)
}

export function listOf(value: Value): readonly Json[] {
  if (isList(value)) return value
  throw new TypeError(`a list is needed, this is ${kindOf(value)}`)
}

/** A whole number from `least` to `most`. */
export function countOf(value: Value, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`a whole number from ${least} to ${most} is needed, this is ${kindOf(value)}`)
}

/** Operations that looking at a text of this length costs. */
export function textCost(text: string): number {
  return text.length >>> 6
}
