import type { Json, JsonObject } from './json.ts'

/**
 * Two objects with reserved keys stand for what is not in a value itself:
 * `{"$blob": "sha256:…", "size": n}` for a large value that is kept apart, and
 * `{"$parts": [text | {"secret": NAME, "escape": sink}, …]}` for a text with secrets, joined by the executor.
 * Values from outside that use these keys are refused, so that no data can pose as one.
 */
export type BlobMarker = { readonly $blob: string; readonly size: number }
export type PartsMarker = { readonly $parts: readonly Json[] }

const reservedKeys: ReadonlySet<string> = new Set(['$blob', '$parts'])

export function isReservedKey(key: string): boolean {
  return reservedKeys.has(key)
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isBlobMarker(value: unknown): value is BlobMarker {
  return isObject(value) && typeof value.$blob === 'string'
}
