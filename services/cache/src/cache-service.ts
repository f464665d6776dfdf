/** Results of tasks that are kept across runs, in Blobs. */
import type { Blobs, CachedResult, CacheEntry, Clock, ResultCache, ResultToKeep } from '@wonder/platform'
import { type EntryPlace, folderOf, isExpired, placeOf, prefixOf, root } from './entry-place.ts'

/** Format of a stored result. */
const format = 1

type StoredResult = CachedResult & Pick<CacheEntry, 'project' | 'workflow' | 'task'> & { readonly format: number }

/** Results that are removed or read at a time. */
const batch = 100

const day = 86_400_000

/** Under it, the last day on which expired results were looked for. */
const sweeps = 'cache-swept'

/**
 * @example
 * const cache = new CacheService({ blobs, clock })
 * await cache.keep(name, 'runs/01K', { output: 42, artifacts: [], from, project, workflow, task, lifetime: null })
 * await cache.find(name, 'runs/01L') // {output: 42, …}
 */
export class CacheService implements ResultCache {
  readonly #blobs: Blobs
  readonly #clock: Clock

  constructor({ blobs, clock }: { readonly blobs: Blobs; readonly clock: Clock }) {
    this.#blobs = blobs
    this.#clock = clock
  }

  async find(name: string, into: string): Promise<CachedResult | null> {
    const now = this.#clock.now()
    const [newest] = (await this.#places(folderOf(name))).filter((place) => !isExpired(place, now))
    if (newest === undefined) return null
    const found = await this.#read(newest)
    if (found === null) return null
    const { from, output, artifacts } = found
    for (const { digest } of artifacts) {
      if (!(await this.#copy(digest, prefixOf(newest), into))) return null
    }
    return { from, output, artifacts }
  }

  async keep(name: string, from: string, result: ResultToKeep): Promise<void> {
    const { lifetime, ...kept } = result
    const stored = this.#clock.now()
    const place = { name, stored, expires: lifetime === null ? null : stored + lifetime }
    const prefix = prefixOf(place)
    for (const { digest } of result.artifacts) {
      // Without one of its artifacts it is no result.
      if (!(await this.#copy(digest, from, prefix))) return
    }
    await this.#blobs.put(`${prefix}/entry`, JSON.stringify({ format, ...kept } satisfies StoredResult))
    const older = (await this.#places(folderOf(name))).filter((one) => one.stored < stored)
    await this.#remove(older)
    await this.#sweep(stored)
  }

  async list(): Promise<readonly CacheEntry[]> {
    const now = this.#clock.now()
    const places = (await this.#places(root)).filter((place) => !isExpired(place, now))
    const entries: CacheEntry[] = []
    for (let at = 0; at < places.length; at += batch) {
      const read = await Promise.all(places.slice(at, at + batch).map((place) => this.#entry(place)))
      entries.push(...read.filter((entry) => entry !== null))
    }
    return entries
  }

  async clear({ before }: { readonly before?: number } = {}): Promise<number> {
    const places = (await this.#places(root)).filter(({ stored }) => before === undefined || stored < before)
    await this.#remove(places)
    if (before === undefined) await this.#blobs.removeAll(root)
    return places.length
  }

  /** What has expired is looked for once a day, by one process. */
  async #sweep(now: number): Promise<void> {
    const today = `${sweeps}/${Math.floor(now / day)}`
    if (await this.#blobs.has(today)) return
    await this.#blobs.removeAll(sweeps)
    await this.#blobs.put(today, '')
    await this.#remove((await this.#places(root)).filter((place) => isExpired(place, now)))
  }

  /** The newest first. */
  async #places(prefix: string): Promise<readonly EntryPlace[]> {
    const places = (await this.#blobs.list(prefix)).map(placeOf).filter((place) => place !== null)
    return places.sort((a, b) => b.stored - a.stored || (b.expires ?? Infinity) - (a.expires ?? Infinity))
  }

  async #remove(places: readonly EntryPlace[]): Promise<void> {
    for (let at = 0; at < places.length; at += batch) {
      await Promise.all(places.slice(at, at + batch).map((place) => this.#blobs.removeAll(prefixOf(place))))
    }
  }

  async #entry(place: EntryPlace): Promise<CacheEntry | null> {
    const found = await this.#read(place)
    if (found === null) return null
    const { project, workflow, task, from } = found
    return { ...place, project, workflow, task, run: from.run }
  }

  /** Null: it is not there any more, damaged, or of a format that is not known. */
  async #read(place: EntryPlace): Promise<StoredResult | null> {
    const bytes = await this.#blobs.get(`${prefixOf(place)}/entry`)
    if (bytes === null) return null
    try {
      const stored = JSON.parse(new TextDecoder().decode(bytes)) as StoredResult
      return stored.format === format ? stored : null
    } catch {
      return null
    }
  }

  async #copy(digest: string, from: string, to: string): Promise<boolean> {
    if (await this.#blobs.has(`${to}/${digest}`)) return true
    const content = await this.#blobs.open(`${from}/${digest}`)
    if (content === null) return false
    await this.#blobs.putStream(to, content)
    return true
  }
}
