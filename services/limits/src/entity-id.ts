import { sha256Hex } from '@wonder/crypto'

/** What fits into an id of the store, UTF-8 bytes. */
const longest = 200

/** The id of a key's entity: the key, or, where that is too long or might be mistaken for one, its digest. */
export function entityId(key: string): string {
  const fits = new TextEncoder().encode(key).length <= longest
  return fits && key !== '' && !key.startsWith('sha256:') ? key : `sha256:${sha256Hex(key)}`
}
