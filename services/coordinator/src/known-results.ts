import type { Artifact, EventId, Json, RunEvent, RunRecord, RunState } from '@wonder/engine'
import { TokenNames } from './token-names.ts'

/** What an attempt of the earlier run has come to. */
export type KnownResult = {
  /** Undefined: the attempt was ordered before the fork. */
  readonly input: Json | undefined
  readonly steps: readonly { readonly step: string; readonly output: Json }[]
  readonly artifacts: readonly Artifact[]
  /** Null: only steps are known. */
  readonly completed: { readonly output: Json } | null
}

const nothing: KnownResult = { input: undefined, steps: [], artifacts: [], completed: null }

/**
 * Results that a run has and its fork has not: those after the record at which it was forked. Where the fork orders the
 * same attempt with the same input, the result is given to it, and nothing runs again.
 */
export class KnownResults {
  /** By name of the token and attempt. */
  readonly #known = new Map<string, KnownResult>()
  /** Names of tokens whose next attempt has one number more in the fork: what needs a permit is begun anew. */
  readonly #begunAnew: ReadonlySet<string>
  readonly #saved = new Map<EventId, Artifact[]>()
  readonly #names: TokenNames
  /** The last record of the fork that was learned. */
  #number = 0

  /**
   * @param state the state at which the run was forked
   * @param later records of the run after it
   * @param begunAnew tokens that were out and are begun anew by the fork
   */
  constructor(state: RunState, later: readonly RunRecord[], begunAnew: readonly EventId[]) {
    this.#names = new TokenNames(state)
    this.#begunAnew = new Set(begunAnew)
    const names = new TokenNames(state)
    for (const { number, events } of later) {
      for (const [index, event] of events.entries()) {
        names.apply(event, `${number + state.namesFrom}.${index}`)
        this.#learn(event, names)
      }
    }
  }

  get size(): number {
    return this.#known.size
  }

  /**
   * Learns what a record of the fork makes; `namesFrom` is that of the fork. After one that was missed, which is on disk
   * although its append failed, or is another process's, names may stand for something else: nothing is known then.
   */
  apply({ number, events }: RunRecord, namesFrom: number): void {
    if (number !== this.#number + 1) this.#known.clear()
    this.#number = number
    for (const [index, event] of events.entries()) this.#names.apply(event, `${number + namesFrom}.${index}`)
  }

  /** What is known of an attempt of the fork; it is told once. */
  take(token: EventId, attempt: number, input: Json): KnownResult | null {
    const name = this.#names.of(token)
    const key = `${name}/${this.#begunAnew.has(name) ? attempt - 1 : attempt}`
    const known = this.#known.get(key)
    this.#known.delete(key)
    if (known === undefined) return null
    return known.input === undefined || JSON.stringify(known.input) === JSON.stringify(input) ? known : null
  }

  #learn(event: RunEvent, names: TokenNames): void {
    switch (event.type) {
      case 'task_dispatched':
        if (event.input !== undefined) this.#set(names.of(event.token), event.attempt, { input: event.input })
        return
      case 'step_completed': {
        const { step, output } = event
        const known = this.#known.get(`${names.of(event.token)}/${event.attempt}`) ?? nothing
        this.#set(names.of(event.token), event.attempt, { steps: [...known.steps, { step, output }] })
        return
      }
      case 'artifact_saved':
        this.#saved.set(event.token, [...(this.#saved.get(event.token) ?? []), event.artifact])
        return
      case 'task_completed': {
        const artifacts = this.#saved.get(event.token) ?? []
        this.#saved.delete(event.token)
        this.#set(names.of(event.token), event.attempt, { artifacts, completed: { output: event.output } })
        return
      }
      default:
    }
  }

  #set(name: string, attempt: number, parts: Partial<KnownResult>): void {
    const key = `${name}/${attempt}`
    this.#known.set(key, { ...(this.#known.get(key) ?? nothing), ...parts })
  }
}
