/**
 * What a run was at each of its records, and what can begin there.
 *
 * Owns: folding journals for others to see, and preparing forks. Does not own: starting what it has prepared (the
 * coordinator), driving anything.
 */
import {
  type Definition,
  decodeRecord,
  type ForkOptions,
  forkedState,
  type Json,
  openSnapshot,
  type RunRecord,
  type RunState,
} from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import type { Blobs, RunStore } from '@wonder/platform'
import type { Position } from './advance.ts'
import type { DefinitionStore } from './definition-store.ts'
import { foldJournal } from './fold-journal.ts'
import { JournalHistory } from './journal-history.ts'
import { KnownResults } from './known-results.ts'
import { decodeFirst } from './load-run.ts'
import { RetryPoint } from './retry-point.ts'
import { type Verification, verifyRun } from './verify-run.ts'

export type ForkRequest = {
  readonly run: string
  /** The last record that counts in the fork. */
  readonly record: number
  /** The revision that the fork follows; default: the one that the run followed there. */
  readonly definition?: Definition
  /** Who forks. */
  readonly by?: string
} & Omit<ForkOptions, 'to'>

export type RetryRequest = Pick<ForkRequest, 'run' | 'definition' | 'by' | 'env' | 'restartChildren'>

/** All that a fork begins with. */
export type PreparedFork = {
  readonly from: string
  readonly record: number
  /** Digest of its definition. */
  readonly definition: string
  readonly state: Json
  /** It takes over what the run has done after the record. */
  readonly retry?: true
  readonly known: KnownResults | null
  /** Large values and artifacts that `known` refers to. */
  readonly later: unknown
}

/** Why the run that a retry comes from tells nothing any more. */
const gone: ReadonlySet<string> = new Set(['run_not_found', 'record_not_found', 'store_corrupt'])

export class RunHistory {
  readonly #runs: RunStore
  readonly #blobs: Blobs
  readonly #definitions: DefinitionStore

  constructor(parts: { readonly runs: RunStore; readonly blobs: Blobs; readonly definitions: DefinitionStore }) {
    this.#runs = parts.runs
    this.#blobs = parts.blobs
    this.#definitions = parts.definitions
  }

  /**
   * The run as it was after a record; default: after its last. `onRecord` is called after each record was folded.
   *
   * @throws WonderError `run_not_found`, `record_not_found`, `store_corrupt`
   */
  at(run: string, record?: number, onRecord?: (record: RunRecord) => void): Promise<Position> {
    return foldJournal(run, this.#parts(), {
      ...(record === undefined ? {} : { to: record }),
      ...(onRecord === undefined ? {} : { onRecord }),
    })
  }

  /** Compares all that is stored of a run with what its journal gives. @throws WonderError `run_not_found` */
  verify(run: string): Promise<Verification> {
    return verifyRun(run, { ...this.#parts(), runs: this.#runs, blobs: this.#blobs })
  }

  /** @throws WonderError `run_not_found`, `record_not_found`, `revision_incompatible`, `fork_has_children`, `invalid_transition`, `invalid_input`, `invalid_value` */
  async prepareFork(request: ForkRequest): Promise<PreparedFork> {
    const position = await this.at(request.run, request.record)
    return { ...(await this.#prepare(position, request)), known: null, later: null }
  }

  /**
   * A fork at the record before the run failed, with the results that came after it.
   *
   * @throws WonderError as `prepareFork`; `invalid_transition` for a run that did not fail, or failed before it did anything
   */
  async prepareRetry(request: RetryRequest): Promise<PreparedFork> {
    const { run } = request
    const point = new RetryPoint()
    const { state } = await foldJournal(run, this.#parts(), {
      onRecord: (record, { state: now }) => point.apply(record, now),
    })
    const { record } = point
    if (record === null || state.ended === null) {
      const is = state.ended === null ? 'has not ended' : `is ${state.ended.status}`
      throw new WonderError('invalid_transition', `Cannot retry run "${run}": it ${is}; only a run that failed can be`)
    }
    if (record === 0) {
      throw new WonderError(
        'invalid_transition',
        `Cannot retry run "${run}": it failed in its first record, before any task ran; start it again`,
      )
    }
    const position = await this.at(run, record)
    const prepared = await this.#prepare(position, { ...request, record })
    const later = await this.#recordsAfter(run, record)
    const known = knownAfter(position.state, later, prepared.state)
    return { ...prepared, retry: true, known, later: later.map(({ events }) => events) }
  }

  /**
   * The results that a retry may still take over, found again in the run that it comes from; null for a run that is no
   * retry, and where nothing is known of that run any more.
   *
   * @throws WonderError what the store throws
   */
  async knownTo(run: string): Promise<KnownResults | null> {
    const history = new JournalHistory(this.#runs, this.#blobs)
    const [first] = await history.read(run, { after: 0, limit: 1 })
    const begin = first === undefined ? null : decodeFirst(run, first)
    if (begin?.type !== 'run_forked' || begin.retry !== true) return null
    const source = await this.#found(begin.from, begin.record)
    if (source === null) return null
    const known = knownAfter(source.state, source.later, begin.state)
    const { namesFrom } = openSnapshot(run, [JSON.stringify(begin.state)]).encoded
    for (const record of await this.#recordsAfter(run, 0)) known.apply(record, namesFrom)
    return known
  }

  /** A run as of one of its records, and what came later; null when it was removed or cannot be read. */
  async #found(run: string, record: number) {
    try {
      const { state } = await this.at(run, record)
      return { state, later: await this.#recordsAfter(run, record) }
    } catch (error) {
      if (error instanceof WonderError && gone.has(error.code)) return null
      throw error
    }
  }

  async #recordsAfter(run: string, after: number): Promise<readonly RunRecord[]> {
    const records: RunRecord[] = []
    for await (const { number, body } of new JournalHistory(this.#runs, this.#blobs).records(run, { after })) {
      records.push(decodeRecord(run, number, body))
    }
    return records
  }

  async #prepare({ plan, state }: Position, request: ForkRequest) {
    const { run: from, record, definition, set, env, restartChildren } = request
    const to = definition === undefined ? plan : await this.#definitions.put(definition)
    const made = forkedState(plan, state, {
      to,
      ...(set === undefined ? {} : { set }),
      ...(env === undefined ? {} : { env }),
      ...(restartChildren === undefined ? {} : { restartChildren }),
    })
    if (!made.ok) throw fromErrorBody(made.error)
    return { from, record, definition: to.digest, state: made.state }
  }

  #parts() {
    return { history: new JournalHistory(this.#runs, this.#blobs), definitions: this.#definitions }
  }
}

/** What a run that went on from `state` has done in `later`, for the fork that begins with `forked`. */
function knownAfter(state: RunState, later: readonly RunRecord[], forked: Json): KnownResults {
  const begins = openSnapshot(state.run, [JSON.stringify(forked)]).encoded.tokens
  const anew = begins.filter(({ id, wait }) => wait === 'ready' && state.tokens.get(id)?.wait === 'task')
  return new KnownResults(
    state,
    later,
    anew.map(({ id }) => id),
  )
}
