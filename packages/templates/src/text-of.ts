import { type Escape, type Escaper, escapeFor } from './escape.ts'
import { isList, type Value } from './json.ts'
import type { Allowance } from './limits.ts'

/** A value as text: null and nothing are empty, objects and lists compact JSON. */
export function textOf(value: Value, allowance: Allowance): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' && value !== null ? jsonText(value, allowance) : ''
}

/** A value as it enters the text of a sink. In a shell command a list becomes one argument per item. */
export function escapedText(value: Value, sink: Escape | Escaper, allowance: Allowance): string {
  if (sink === 'none') return textOf(value, allowance)
  if (sink !== 'shell') return escapeFor(sink, textOf(value, allowance))
  if (!isList(value)) return shellArgument(textOf(value, allowance))
  allowance.spend(value.length)
  return value.map((item) => shellArgument(textOf(item, allowance))).join(' ')
}

function shellArgument(text: string): string {
  if (text.includes('\0')) throw new RangeError('a shell argument cannot contain the character NUL')
  return escapeFor('shell', text)
}

/** Compact JSON, or indented by `indent` spaces. Written here because `JSON.stringify` calls a value's `toJSON` and knows no limits. */
export function jsonText(value: Value, allowance: Allowance, indent = 0): string {
  const text = write(value, 0)
  allowance.fits(text.length)
  return text

  function write(part: Value, depth: number): string {
    allowance.spend(1)
    if (part === null || typeof part !== 'object') return JSON.stringify(part) ?? 'null'
    allowance.enter(depth + 1)
    const list = isList(part)
    const members = list
      ? part.map((item) => write(item, depth + 1))
      : Object.keys(part)
          .filter((key) => part[key] !== undefined && typeof part[key] !== 'function')
          .map((key) => `${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}${write(part[key], depth + 1)}`)
    const open = list ? '[' : '{'
    const close = list ? ']' : '}'
    if (members.length === 0) return open + close
    if (indent === 0) return open + members.join(',') + close
    const line = `\n${' '.repeat(indent * depth)}`
    const inner = line + ' '.repeat(indent)
    return open + inner + members.join(`,${inner}`) + line + close
  }
}
