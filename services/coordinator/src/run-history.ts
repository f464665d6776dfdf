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
} from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import type { Blobs, RunStore } from '@wonder/platform'
import type { Position } from './advance.ts'
import type { DefinitionStore } from './definition-store.ts'
import { foldJournal } from './fold-journal.ts'
import { JournalHistory } from './journal-history.ts'
import { KnownResults } from './known-results.ts'
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
  readonly known: KnownResults | null
  /** Large values and artifacts that `known` refers to. */
  readonly later: unknown
}

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
    const records: RunRecord[] = []
    for await (const { number, body } of new JournalHistory(this.#runs, this.#blobs).records(run, { after: record })) {
      records.push(decodeRecord(run, number, body))
    }
    const prepared = await this.#prepare(position, { ...request, record })
    const begins = openSnapshot(run, [JSON.stringify(prepared.state)]).encoded.tokens
    const anew = begins.filter(({ id, wait }) => wait === 'ready' && position.state.tokens.get(id)?.wait === 'task')
    const known = new KnownResults(
      position.state,
      records,
      anew.map(({ id }) => id),
    )
    return { ...prepared, known, later: records.map(({ events }) => events) }
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
