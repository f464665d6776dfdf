import { WonderError } from '@wonder/errors'
import type { Blobs, JournalRecord, RunStore, Segment } from '@wonder/platform'
import { decodeSegment } from './segment-codec.ts'

type Archive = { readonly segment: Segment; readonly records: readonly JournalRecord[] }

/**
 * The whole journal of a run, from record 1: what is in the store and what was moved to segments, byte for byte.
 * One segment at a time is in memory.
 */
export class JournalHistory {
  readonly #runs: Pick<RunStore, 'read' | 'segments'>
  readonly #blobs: Pick<Blobs, 'get'>
  /** The one that was read last: pages of a reader lie beside one another. */
  #latest: Archive | null = null

  constructor(runs: Pick<RunStore, 'read' | 'segments'>, blobs: Pick<Blobs, 'get'>) {
    this.#runs = runs
    this.#blobs = blobs
  }

  /**
   * Records numbered above `after`, in order, without gaps; none when there is none or the run is not there. A page may
   * be shorter than `limit` (default 1,000) before the end.
   *
   * @throws WonderError `store_corrupt` when a record is missing or its segment is damaged
   */
  async read(run: string, { after, limit = 1_000 }: { readonly after: number; readonly limit?: number }) {
    const entity = { kind: 'run', id: run } as const
    const latest = this.#latestOf(run, after)
    if (latest !== null) return pageOf(latest, after, limit)
    const records = await this.#runs.read(entity, { after, limit })
    const [first] = records
    if (first === undefined || first.number === after + 1) return records
    // Also when it was archived since the caller's last page.
    const segments = await this.#runs.segments(entity)
    const segment = segments.find((one) => one.first <= after + 1 && after + 1 <= one.last)
    if (segment === undefined) {
      throw new WonderError('store_corrupt', `Cannot read record ${after + 1} of run "${run}": it is missing`)
    }
    this.#latest = { segment, records: await this.#load(run, segment) }
    return pageOf(this.#latest, after, limit)
  }

  /** All records numbered above `after`. */
  async *records(run: string, { after = 0 }: { readonly after?: number } = {}): AsyncIterable<JournalRecord> {
    for (let last = after; ; ) {
      const page = await this.read(run, { after: last })
      yield* page
      const end = page.at(-1)
      if (end === undefined) return
      last = end.number
    }
  }

  #latestOf(run: string, after: number): Archive | null {
    const latest = this.#latest
    if (latest === null || !latest.segment.key.startsWith(segmentPrefix(run))) return null
    return latest.segment.first <= after + 1 && after + 1 <= latest.segment.last ? latest : null
  }

  async #load(run: string, { key, first, last }: Segment): Promise<readonly JournalRecord[]> {
    const content = await this.#blobs.get(key)
    if (content === null) {
      throw new WonderError(
        'store_corrupt',
        `Cannot read records ${first} to ${last} of run "${run}": "${key}" is missing`,
      )
    }
    const records = await decodeSegment(run, content)
    if (records[0]?.number !== first || records.at(-1)?.number !== last) {
      throw new WonderError(
        'store_corrupt',
        `Cannot read records ${first} to ${last} of run "${run}": "${key}" has others`,
      )
    }
    return records
  }
}

/** Where segments of a run are in Blobs. */
export function segmentPrefix(run: string): string {
  return `runs/${run}/segments`
}

function pageOf({ segment, records }: Archive, after: number, limit: number): readonly JournalRecord[] {
  const start = after + 1 - segment.first
  return records.slice(start, start + limit)
}
