/**
 * What follows from a record that is on disk.
 *
 * Owns: bringing each effect to who acts on it, and giving results that are known instead of ordering a task.
 * Does not own: where tasks run (executors), what is owed (`Payments`), which results are the same (`TaskReuse`, the
 * kernel). K8 what has a result is not dispatched again.
 */
import type { Artifact, Command, Effect, Json, Outcome, RunRecord, RunState } from '@wonder/engine'
import type { Results, TaskMessage } from '@wonder/platform'
import type { BlobCache } from './blob-cache.ts'
import { inline } from './inline-values.ts'
import type { KnownResult, KnownResults } from './known-results.ts'
import type { OpenRun } from './open-run.ts'
import type { Payments } from './payments.ts'
import type { RunHistory } from './run-history.ts'
import type { TaskDispatcher } from './task-dispatcher.ts'
import { isHeld } from './task-results.ts'
import type { TaskReuse } from './task-reuse.ts'

export type RunEffectsParts = {
  readonly dispatcher: TaskDispatcher
  readonly payments: Payments
  readonly reuse: TaskReuse
  readonly values: BlobCache
  readonly history: RunHistory
  /** To a run of this process, whichever object drives it by then. */
  readonly command: (run: string, command: Command) => Promise<Outcome>
}

type Dispatch = Extract<Effect, { type: 'dispatch' }>

export class RunEffects {
  readonly #parts: RunEffectsParts
  /** Results of the runs that forks come from, until the forks have taken them. */
  readonly #known = new Map<string, KnownResults>()
  readonly #aborts = new Set<(message: TaskMessage) => void>()

  constructor(parts: RunEffectsParts) {
    this.#parts = parts
  }

  /** For the executors of this process. */
  readonly onAbort: Results['onAbort'] = (listener) => {
    // An entry of its own, so that the same function can listen twice.
    const own = (message: TaskMessage) => listener(message)
    this.#aborts.add(own)
    return () => this.#aborts.delete(own)
  }

  /** What is known is given to the run where it orders the same. */
  know(run: string, known: KnownResults): void {
    this.#known.set(run, known)
  }

  /** To be called when a record is on disk, before its effects are performed. */
  note(run: OpenRun, record: RunRecord): void {
    this.#known.get(run.id)?.apply(record, run.state.namesFrom)
    this.#parts.reuse.note(run, record)
  }

  perform(run: OpenRun, effects: readonly Effect[]): void {
    const known = this.#known.get(run.id)
    for (const effect of effects) {
      switch (effect.type) {
        case 'dispatch':
          if (known === undefined || !this.#giveKnown(run, known, effect)) this.#dispatch(run, effect)
          break
        case 'abort':
          for (const listener of this.#aborts) listener(messageOf(run, effect))
          break
        case 'pay':
          this.#parts.payments.pay(run.id, effect.id, effect.debt)
          break
        default:
          effect satisfies never
      }
    }
  }

  /** A record that is on disk although its append failed is real, and its tasks were not dispatched. */
  dispatchUnclaimed(run: OpenRun): void {
    const effects: Dispatch[] = []
    for (const { id: token, wait, attempt, dispatch } of run.state.tokens.values()) {
      const effect: Dispatch = { type: 'dispatch', token, attempt, dispatch }
      if (wait === 'task' && !isHeld(run, messageOf(run, effect))) effects.push(effect)
    }
    this.perform(run, effects)
  }

  /** A run was loaded: what it may still take over is known again. */
  async recall({ run, namesFrom, ended }: RunState): Promise<void> {
    // Only forks have names to go on behind.
    if (namesFrom === 0 || ended !== null || this.#known.has(run)) return
    const known = await this.#parts.history.knownTo(run)
    if (known !== null) this.#known.set(run, known)
  }

  /** Nothing of the run is out. */
  forget(run: OpenRun): void {
    this.#known.delete(run.id)
    this.#parts.reuse.forget(run)
  }

  /** The run was not begun, or will be loaded again and may have records that were not noted here. */
  forgetKnown(run: string): void {
    this.#known.delete(run)
  }

  /** To an executor, unless its result is that of an earlier attempt. */
  #dispatch(run: OpenRun, effect: Dispatch): void {
    const { reuse, dispatcher } = this.#parts
    if (!reuse.concerns(run, effect)) return dispatcher.dispatch(messageOf(run, effect))
    this.#orRun(run, effect, this.#reuseOrDispatch(run, effect))
  }

  async #reuseOrDispatch(run: OpenRun, effect: Dispatch): Promise<void> {
    const { reuse, dispatcher } = this.#parts
    const found = await reuse.find(run, effect)
    if (found === null) return dispatcher.dispatch(messageOf(run, effect))
    const { output, artifacts, reused } = found
    await this.#complete(run, effect, { output, artifacts, reused })
  }

  /** Whether the result of what was ordered is known: it is given then, and nothing runs. */
  #giveKnown(run: OpenRun, known: KnownResults, effect: Dispatch): boolean {
    const { token, attempt } = effect
    const result = known.take(token, attempt, run.state.tokens.get(token)?.input ?? null)
    if (result === null) return false
    this.#orRun(run, effect, this.#giveResult(run, effect, result))
    return true
  }

  async #giveResult(run: OpenRun, effect: Dispatch, { steps, artifacts, completed }: KnownResult): Promise<void> {
    const { dispatcher, command } = this.#parts
    const { token, attempt } = effect
    for (const { step, output } of steps) {
      await command(run.id, { kind: 'complete_step', token, attempt, step, output: await this.#whole(run, output) })
    }
    if (completed === null) return dispatcher.dispatch(messageOf(run, effect))
    await this.#complete(run, effect, { output: await this.#whole(run, completed.output), artifacts })
  }

  async #complete(
    run: OpenRun,
    { token, attempt }: Dispatch,
    {
      artifacts,
      ...result
    }: Pick<Extract<Command, { kind: 'complete_task' }>, 'output' | 'reused'> & {
      readonly artifacts: readonly Artifact[]
    },
  ): Promise<void> {
    const more = artifacts.length === 0 ? {} : { artifacts }
    await this.#parts.command(run.id, { kind: 'complete_task', token, attempt, ...result, ...more })
  }

  /** A result that cannot be given is made anew. Where it was given after all, the claim finds nothing to do. */
  #orRun(run: OpenRun, effect: Dispatch, giving: Promise<void>): void {
    giving.catch(() => this.#parts.dispatcher.dispatch(messageOf(run, effect)))
  }

  #whole(run: OpenRun, value: Json): Promise<Json> {
    return inline(value, (digest) => this.#parts.values.load(run.id, digest))
  }
}

function messageOf(run: OpenRun, effect: Exclude<Effect, { type: 'pay' }>): TaskMessage {
  const { token, attempt, dispatch } = effect
  return { run: run.id, token, attempt, dispatch }
}
