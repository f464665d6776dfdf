/**
 * Moves old records out of journals, in the background.
 *
 * Owns: when a run has so many records before its snapshot that they are moved, and moving them: one run at a time, one
 * segment at a time, at quiet moments as long as it keeps up.
 * Does not own: what a segment is to a store (RunStore G10).
 * A crash loses nothing: the content is in Blobs before the commit that takes the records out of the journal.
 */
import type { Blobs, JournalRecord, RunStore } from '@wonder/platform'
import { segmentPrefix } from './journal-history.ts'
import type { QuietTime } from './quiet-time.ts'
import { encodeSegment } from './segment-codec.ts'

/** When the records before the snapshot are so many, or so large (UTF-16 units), they are moved. */
export const archiveLimits = { records: 10_000, size: 4 * 1_048_576 } as const

/** A segment has at most so many records, and ends with the one that brings it to this size. */
const segmentRecords = 1_000
const segmentSize = 1_048_576
/** Records that are read at once: about a millisecond of the thread that decides. */
const readAtOnce = 250

/** So many times the limits above may wait; then segments are written whether it is quiet or not. */
const backlog = 8

export class Archiver {
  readonly #runs: RunStore
  readonly #blobs: Blobs
  readonly #quiet: QuietTime
  /** Runs to be archived, and up to which record; the first is being worked at. */
  readonly #waiting = new Map<string, number>()
  #working: Promise<void> | null = null
  /** How often something was added since all was moved. */
  #added = 0
  #closed = false

  constructor(parts: { readonly runs: RunStore; readonly blobs: Blobs; readonly quiet: QuietTime }) {
    this.#runs = parts.runs
    this.#blobs = parts.blobs
    this.#quiet = parts.quiet
  }

  /** The records before `snapshot`, the number of the run's stored snapshot, are to be moved. Never fails. */
  add(run: string, snapshot: number): void {
    if (this.#closed) return
    this.#waiting.set(run, Math.max(snapshot, this.#waiting.get(run) ?? 0))
    this.#added += 1
    if (this.#added > backlog) this.#quiet.skip(true)
    this.#working ??= this.#work()
  }

  /** Moves at once what is to be moved; resolves when there is nothing more. */
  async whenIdle(): Promise<void> {
    while (this.#working !== null) {
      this.#quiet.skip(true)
      await this.#working
    }
  }

  /** Nothing is begun after this. */
  close(): void {
    this.#closed = true
    this.#waiting.clear()
    this.#quiet.skip(true)
  }

  async #work(): Promise<void> {
    for (const [run, snapshot] of this.#waiting) {
      this.#waiting.delete(run)
      // The journal is whole with all its records; the next snapshot tries again.
      await this.#archive(run, snapshot).catch(() => undefined)
    }
    this.#working = null
    this.#added = 0
    if (!this.#closed) this.#quiet.skip(false)
  }

  async #archive(run: string, snapshot: number): Promise<void> {
    const entity = { kind: 'run', id: run } as const
    for (;;) {
      await this.#quiet.wait()
      if (this.#closed) return
      const records = await this.#next(run, snapshot - 1)
      const [first] = records
      const last = records.at(-1)
      if (first === undefined || last === undefined) return
      const content = await encodeSegment(records)
      const { digest, size } = await this.#blobs.putStream(segmentPrefix(run), once(content))
      const segment = { first: first.number, last: last.number, key: `${segmentPrefix(run)}/${digest}`, size }
      if (!(await this.#runs.archive(entity, segment))) return
    }
  }

  /** The first records of the journal, none above `end`: as many as a segment has. */
  async #next(run: string, end: number): Promise<readonly JournalRecord[]> {
    const records: JournalRecord[] = []
    let size = 0
    for (let after = 0; ; ) {
      const limit = Math.min(readAtOnce, segmentRecords - records.length)
      const page = await this.#runs.read({ kind: 'run', id: run }, { after, limit })
      for (const record of page) {
        if (record.number > end) return records
        records.push(record)
        size += record.body.length
        if (size >= segmentSize || records.length >= segmentRecords) return records
      }
      after = records.at(-1)?.number ?? after
      if (page.length < limit) return records
    }
  }
}

async function* once(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content
}
