import { Duration } from './duration.ts'
import { Optional } from './optional.ts'
import { Timestamp } from './timestamp.ts'

export type JsonMap = { readonly [key: string]: unknown }

/** A JSON object; not a list, and not a value that exists during an evaluation only. */
export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSpecial(value)
}

/** What is an object in this language and no JSON. */
function isSpecial(value: object): boolean {
  return (
    value instanceof Optional || value instanceof Timestamp || value instanceof Duration || value instanceof Uint8Array
  )
}

/** CEL's name of a value's type. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isSafeInteger(value) ? 'int' : 'double'
    case 'object':
      if (value === null) return 'null_type'
      if (Array.isArray(value)) return 'list'
      if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
      if (value instanceof Duration) return 'google.protobuf.Duration'
      if (value instanceof Uint8Array) return 'bytes'
      return value instanceof Optional ? 'optional' : 'map'
    default:
      return typeof value
  }
}

/** A value as a message shows it: its type and, when short, itself. */
export function describe(value: unknown): string {
  if (value instanceof Optional) return 'an optional (say what holds when it is missing: `.orValue(...)`)'
  if (typeof value === 'string') return `the text ${shortened(JSON.stringify(value))}`
  if (value === null) return 'null'
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Timestamp) return `the timestamp ${value}`
  if (value instanceof Duration) return `the duration ${value}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isMap(value)) return `a map with the keys ${shortened(Object.keys(value).slice(0, 10).join(', ') || '(none)')}`
  return `a ${typeof value}`
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
