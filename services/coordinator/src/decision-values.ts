import type { Json, LargeValues } from '@wonder/engine'
import type { BlobCache } from './blob-cache.ts'

/**
 * The large values of one decision: what it has asked for stays at hand until it is made, however small the cache is,
 * so that a decision over more values than the cache has room for ends.
 */
export class DecisionValues implements LargeValues {
  readonly #run: string
  readonly #cache: BlobCache
  readonly #held = new Map<string, Json>()

  constructor(run: string, cache: BlobCache) {
    this.#run = run
    this.#cache = cache
  }

  get(digest: string): Json | undefined {
    return this.#held.get(digest) ?? this.#cache.get(digest)
  }

  has(digest: string): boolean {
    return this.#held.has(digest) || this.#cache.has(digest)
  }

  async load(digests: readonly string[]): Promise<void> {
    await Promise.all(digests.map(async (digest) => this.#held.set(digest, await this.#cache.load(this.#run, digest))))
  }
}
