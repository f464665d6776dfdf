import type { LargeValues } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs, Json } from '@wonder/platform'

/** UTF-16 units of large values kept at hand, by default. */
const defaultRoom = 64 * 1_048_576

/**
 * Large values of runs: in Blobs, the recently used ones in memory as well, least recently used first out.
 * A value is named by its digest, so a cached one is never out of date.
 */
export class BlobCache implements LargeValues {
  readonly #blobs: Blobs
  readonly #room: number
  readonly #values = new Map<string, { readonly value: Json; readonly size: number }>()
  #used = 0

  /** `room`: UTF-16 units of all values in memory; a larger value is kept until the next one comes. */
  constructor(blobs: Blobs, room = defaultRoom) {
    this.#blobs = blobs
    this.#room = room
  }

  /** A look-up counts as use. */
  get(digest: string): Json | undefined {
    const found = this.#values.get(digest)
    if (found === undefined) return undefined
    this.#values.delete(digest)
    this.#values.set(digest, found)
    return found.value
  }

  has(digest: string): boolean {
    return this.#values.has(digest)
  }

  /** Stores a value, durably: before any record refers to it. */
  async store(
    run: string,
    large: { readonly digest: string; readonly text: string; readonly value: Json },
  ): Promise<void> {
    await this.#blobs.put(blobKey(run, large.digest), large.text)
    this.#keep(large.digest, large.value, large.text.length)
  }

  /** @throws WonderError `store_corrupt` when the value is missing */
  async load(run: string, digest: string): Promise<Json> {
    const known = this.get(digest)
    if (known !== undefined) return known
    const bytes = await this.#blobs.get(blobKey(run, digest))
    if (bytes === null) {
      throw new WonderError('store_corrupt', `Cannot go on with run "${run}": its value ${digest} is missing`)
    }
    const text = new TextDecoder().decode(bytes)
    const value = JSON.parse(text) as Json
    this.#keep(digest, value, text.length)
    return value
  }

  #keep(digest: string, value: Json, size: number): void {
    if (this.#values.has(digest)) return
    this.#values.set(digest, { value, size })
    this.#used += size
    for (const [oldest, entry] of this.#values) {
      if (this.#used <= this.#room || oldest === digest) break
      this.#values.delete(oldest)
      this.#used -= entry.size
    }
  }
}

/** Where a large value of a run is in Blobs. */
export function blobKey(run: string, digest: string): string {
  return `runs/${run}/${digest}`
}
