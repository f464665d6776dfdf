import { WonderError } from '@wonder/errors'
import type { Json } from './json.ts'
import { isReservedKey } from './markers.ts'

const deepest = 200

/**
 * Checks that a value from outside is JSON the kernel can work on, and measures it in one walk.
 *
 * @returns about the length of its encoding in UTF-16 units, never less than half of it
 * @throws WonderError `invalid_value` for NaN, Infinity, undefined, BigInt, functions, reserved keys, or more than 200 levels
 */
export function measure(value: unknown, path = ''): number {
  return walk(value, path, 0)
}

function walk(value: unknown, path: string, depth: number): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2
    case 'number':
      if (!Number.isFinite(value)) throw refused(path, `${value} is not a JSON number`)
      return 8
    case 'boolean':
      return 5
    case 'object':
      break
    default:
      throw refused(path, `${typeof value} is not a JSON value`)
  }
  if (value === null) return 4
  if (depth === deepest) throw refused(path, `it is nested more than ${deepest} levels deep`)
  let size = 2
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) size += walk(value[i], `${path}/${i}`, depth + 1) + 1
    return size
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refused(path, 'it is no plain object')
  for (const key in value) {
    if (isReservedKey(key)) throw refused(path, `the key "${key}" is reserved`)
    size += walk((value as { [key: string]: unknown })[key], path, depth + 1) + key.length + 4
  }
  return size
}

function refused(path: string, why: string): WonderError {
  return new WonderError('invalid_value', `Cannot take the value${path === '' ? '' : ` at "${path}"`}: ${why}`)
}

/**
 * What is left of a room (UTF-16 units) when a value that is JSON already has been encoded into it; negative when it does
 * not fit, and then counted no further. Numbers count as long as they can be, texts as if nothing in them were escaped.
 */
export function remaining(value: Json, left: number): number {
  if (typeof value === 'string') return left - value.length - 2
  if (typeof value === 'number') return left - ((value | 0) === value ? 11 : 24)
  if (typeof value !== 'object' || value === null) return left - 5
  let rest = left - 2
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      rest = remaining(item, rest - 1)
      if (rest < 0) return rest
    }
    return rest
  }
  for (const [key, member] of Object.entries(value)) {
    rest = remaining(member, rest - key.length - 4)
    if (rest < 0) return rest
  }
  return rest
}
