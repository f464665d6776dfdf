/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What a path or a helper yields: `undefined` where nothing stands. */
export type Value = Json | undefined

/** What a template reads: a plain object of JSON. */
export type Scope = { readonly [key: string]: Json }

/**
 * The property that `value` itself has; never one of a prototype, never a function.
 * A text has no property but `length`.
 */
export function own(value: Value, key: string | number): Value {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' && key === 'length' ? value.length : undefined
  }
  if (!Object.hasOwn(value, key)) return undefined
  const found = (value as Record<string | number, Json>)[key]
  return typeof found === 'function' ? undefined : found
}

export function isList(value: Value): value is readonly Json[] {
  return Array.isArray(value)
}

export function isRecord(value: Value): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** False for missing, null, false, 0, the empty text and the empty list, as `{{#if}}` sees it. */
export function truthy(value: Value): boolean {
  return isList(value) ? value.length > 0 : Boolean(value)
}

/** Names a value's type in messages. */
export function kindOf(value: Value): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (isList(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  return `the ${typeof value} ${value}`
}
