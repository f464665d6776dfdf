import {
  closureDigest,
  encodeSnapshot,
  type Json,
  openSnapshot,
  type Plan,
  type RunRecord,
  type RunState,
} from '@wonder/engine'
import { toErrorBody, WonderError } from '@wonder/errors'
import type { Blobs, RunStore, Snapshot } from '@wonder/platform'
import type { Position } from './advance.ts'
import { blobKey } from './blob-cache.ts'
import { digestsIn } from './copy-values.ts'
import { type FoldParts, foldJournal } from './fold-journal.ts'

/** What was found about a run. It is whole when `problem` is null. */
export type Verification = {
  readonly run: string
  /** Records that were folded, and how many of them are archived. */
  readonly records: number
  readonly archived: number
  /** Large values and artifacts that were read. */
  readonly values: number
  /** Number of the snapshot that was compared; null: there is none. */
  readonly snapshot: number | null
  /** The first thing that is not as it should be. */
  readonly problem: Problem | null
}

export type Problem = {
  readonly code: string
  readonly message: string
  /** The record at which it was found. */
  readonly record: number | null
  /** Where states differ, and how. */
  readonly path?: string
  readonly folded?: Json
  readonly stored?: Json
}

type VerifyParts = FoldParts & { readonly runs: RunStore; readonly blobs: Blobs }

/**
 * Folds the whole journal of a run from record 1 and compares it with the stored snapshot; checks numbers, times and
 * events of every record, the definition, and every value that a record refers to.
 *
 * @throws WonderError `run_not_found`, and what is only so for now, such as `store_busy`; what is wrong with the run itself
 * is in the answer
 */
export async function verifyRun(run: string, parts: VerifyParts): Promise<Verification> {
  const entity = { kind: 'run', id: run } as const
  const snapshot = await parts.runs.snapshot(entity)
  const check = new Check(run, snapshot)
  let problem: Problem | null = null
  try {
    const { plan, state } = await foldJournal(run, parts, {
      onRecord: (record, position) => check.record(record, position),
    })
    check.end(plan, state)
    await check.values(parts.blobs)
  } catch (thrown) {
    const error = toErrorBody(thrown)
    if (error.code === 'run_not_found' || error.retry === 'after') throw thrown
    problem = thrown instanceof Difference ? thrown.problem : { ...only(error), record: check.next }
  }
  const segments = await parts.runs.segments(entity)
  return {
    run,
    records: check.last,
    archived: segments.at(-1)?.last ?? 0,
    values: check.checked,
    snapshot: snapshot?.number ?? null,
    problem,
  }
}

function only({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, message }
}

/** Something is not as it should be. */
class Difference extends WonderError {
  readonly problem: Problem

  constructor(message: string, parts: Omit<Problem, 'code' | 'message'>) {
    super('journal_mismatch', message)
    this.problem = { code: this.code, message, ...parts }
  }
}

class Check {
  readonly #run: string
  readonly #snapshot: Snapshot | null
  readonly #digests = new Map<string, number>()
  #compared = false
  #time = 0
  last = 0
  checked = 0

  constructor(run: string, snapshot: Snapshot | null) {
    this.#run = run
    this.#snapshot = snapshot
  }

  /** The record that is looked at, or would be next. */
  get next(): number {
    return this.last + 1
  }

  record(record: RunRecord, { plan, state }: Position): void {
    const { number, time, events, commands } = record
    const fail = (what: string) => {
      throw new Difference(`Record ${number} of run "${this.#run}" ${what}`, { record: number })
    }
    if (number !== this.next) fail(`follows record ${this.last}`)
    if (time < this.#time) fail('is older than the one before')
    if (commands.reduce((sum, note) => sum + note.events, 0) !== events.length) fail('has events that no command owns')
    this.last = number
    this.#time = time
    for (const digest of digestsIn(events)) if (!this.#digests.has(digest)) this.#digests.set(digest, number)
    if (number === this.#snapshot?.number) this.#compare(this.#snapshot, plan, state)
  }

  end(plan: Plan, state: RunState): void {
    if (this.#snapshot !== null && !this.#compared) {
      const message = `The snapshot of run "${this.#run}" is that of record ${this.#snapshot.number}, and its last record is ${this.last}`
      throw new Difference(message, { record: null })
    }
    if (closureDigest(plan.definition) === state.definition) return
    throw new Difference(`The definition of run "${this.#run}" is not the one that its name says`, { record: null })
  }

  async values(blobs: Blobs): Promise<void> {
    for (const [digest, record] of this.#digests) {
      const content = await blobs.open(blobKey(this.#run, digest))
      if (content === null) {
        throw new Difference(`Value ${digest} of record ${record} of run "${this.#run}" is missing`, { record })
      }
      // Read to its end: that is where a damaged one shows.
      for await (const _piece of content);
      this.checked += 1
    }
  }

  #compare(snapshot: Snapshot, plan: Plan, state: RunState): void {
    this.#compared = true
    const opened = openSnapshot(this.#run, snapshot.chunks)
    const stored = opened.definition === plan.digest ? encodeSnapshot(plan, opened.decode(plan)) : snapshot.chunks
    const [path, a, b] = firstDifference(parse(encodeSnapshot(plan, state)), parse(stored)) ?? []
    if (path === undefined) return
    const message = `The snapshot of run "${this.#run}" differs from its journal at record ${snapshot.number}: ${path}`
    throw new Difference(message, { record: snapshot.number, path, folded: a ?? null, stored: b ?? null })
  }
}

function parse(chunks: readonly string[]): Json {
  return (JSON.parse(chunks.join('')) as { readonly s: Json }).s
}

/** Where two values differ first: the path, and what is there in each. */
function firstDifference(
  a: Json | undefined,
  b: Json | undefined,
  path = '',
): readonly [path: string, a: Json | undefined, b: Json | undefined] | null {
  if (a === b) return null
  if (
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    a === null ||
    b === null ||
    Array.isArray(a) !== Array.isArray(b)
  ) {
    return [path, a, b]
  }
  const left = new Map<string, Json>(Object.entries(a))
  const right = new Map<string, Json>(Object.entries(b))
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const found = firstDifference(left.get(key), right.get(key), `${path}/${key}`)
    if (found !== null) return found
  }
  return null
}
