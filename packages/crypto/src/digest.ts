import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { canonicalJson } from './canonical-json.ts'

/** Names a value by its content: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`

/** SHA-256 of bytes, or of a text's UTF-8, as 64 lower-case hexadecimal digits. Synchronous, the same on every host. */
export function sha256Hex(data: string | Uint8Array): string {
  return bytesToHex(sha256(typeof data === 'string' ? utf8ToBytes(data) : data))
}

/**
 * The digest of a JSON value: SHA-256 of its canonical JSON, so that the order of members does not matter.
 *
 * @throws WonderError `invalid_value` for what is not JSON.
 * @example
 * digestJson({ a: 1, b: 2 }) === digestJson({ b: 2, a: 1 }) // true
 */
export function digestJson(value: unknown): Digest {
  return `sha256:${sha256Hex(canonicalJson(value))}`
}
