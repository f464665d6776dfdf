import { toBase64 } from '../bytes.ts'
import { Duration } from '../duration.ts'
import { failed } from '../failure.ts'
import { describe, isMap } from '../kind.ts'
import { Timestamp } from '../timestamp.ts'
import { type Call, listAt, textAt } from './cel-function.ts'

/** `"%s has %d".format([name, n])`: %s %d %f %e %b %o %x %X %%, with a precision for %f and %e. */
export function format(call: Call): string {
  const pattern = textAt(call, 0)
  const values = listAt(call, 1)
  let next = 0
  const text = pattern.replace(/%(?:\.(\d{1,2}))?([\s\S]?)/g, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (next >= values.length) throw failed(call.site, () => `format() has ${values.length} values for more places`)
    const written = one(call, { verb, digits: precision === undefined ? 6 : Number(precision) }, values[next])
    next += 1
    call.run.build(written.length, call.site)
    return written
  })
  call.run.build(text.length, call.site)
  return text
}

function one(call: Call, { verb, digits }: { verb: string; digits: number }, value: unknown): string {
  const wrong = () => failed(call.site, () => `format() cannot write ${describe(value)} as %${verb}`)
  switch (verb) {
    case 's':
      return shown(call, value, 0)
    case 'd':
      if (Number.isInteger(value)) return String(value)
      throw wrong()
    case 'f':
      if (typeof value === 'number') return value.toFixed(digits)
      throw wrong()
    case 'e':
      if (typeof value === 'number') return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
      throw wrong()
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0'
      if (Number.isInteger(value)) return Number(value).toString(2)
      throw wrong()
    case 'o':
      if (Number.isInteger(value)) return Number(value).toString(8)
      throw wrong()
    case 'x':
      return hexadecimal(value, wrong)
    case 'X':
      return hexadecimal(value, wrong).toUpperCase()
    default:
      throw failed(call.site, () => `format() knows no %${verb}`)
  }
}

function hexadecimal(value: unknown, wrong: () => unknown): string {
  if (Number.isInteger(value)) return Number(value).toString(16)
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw wrong()
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function shown(call: Call, value: unknown, depth: number): string {
  const below = call.run.descend(depth, call.site)
  if (typeof value === 'string') return value
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Timestamp || value instanceof Duration) return value.toString()
  if (value instanceof Uint8Array) return toBase64(value)
  if (Array.isArray(value)) {
    call.run.spend(value.length, call.site)
    return `[${value.map((item) => shown(call, item, below)).join(', ')}]`
  }
  if (!isMap(value)) throw failed(call.site, () => `format() cannot write ${describe(value)} as %s`)
  const keys = Object.keys(value).sort()
  call.run.spend(keys.length, call.site)
  return `{${keys.map((key) => `${key}: ${shown(call, value[key], below)}`).join(', ')}}`
}
