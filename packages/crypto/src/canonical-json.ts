import { WonderError } from '@wonder/errors'
import canonicalize from 'canonicalize'

/** Deeper values are taken for ones that contain themselves. */
const MAX_DEPTH = 1_000

/**
 * The one text of a JSON value: RFC 8785 (JSON Canonicalization Scheme).
 *
 * Equal values give equal texts, whatever the order of their members. What is not JSON is refused rather than
 * dropped or turned into null: NaN, Infinity, undefined (also as a member), bigint, functions, symbols, dates,
 * maps and other objects of a class, texts with a lone surrogate, and values nested deeper than 1,000 levels.
 *
 * @throws WonderError `invalid_value`, with the JSON pointer of the place in `details.path`.
 * @example
 * canonicalJson({ b: 1e3, a: [true, null] }) // '{"a":[true,null],"b":1000}'
 */
export function canonicalJson(value: unknown): string {
  requireJson(value, '', 0)
  const text = canonicalize(value)
  if (text === undefined) throw notJson('', 'it has no form in JSON')
  return text
}

function requireJson(value: unknown, path: string, depth: number): void {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw notJson(path, 'the text has a lone surrogate')
      return
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, `${value} is not a JSON number`)
      return
    case 'object':
      if (value === null) return
      if (depth === MAX_DEPTH) throw notJson('', `it is nested deeper than ${MAX_DEPTH} levels, or contains itself`)
      if (Array.isArray(value)) requireItems(value, path, depth)
      else requireMembers(value, path, depth)
      return
    default:
      throw notJson(path, `${typeof value} is not a JSON type`)
  }
}

function requireItems(items: readonly unknown[], path: string, depth: number): void {
  // By index, not with forEach, which passes over holes.
  for (let index = 0; index < items.length; index++) requireJson(items[index], `${path}/${index}`, depth + 1)
}

function requireMembers(value: object, path: string, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object of another realm has that realm's Object.prototype, whose own prototype is null as well.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notJson(path, `an object of class ${value.constructor.name} is not a JSON object`)
  }
  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) throw notJson(path, 'a key has a lone surrogate')
    requireJson(member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1)
  }
}

function notJson(path: string, why: string): WonderError {
  const place = path === '' ? '' : ` at ${path}`
  return new WonderError('invalid_value', `Cannot write the value as canonical JSON${place}: ${why}`, {
    details: { path },
  })
}
