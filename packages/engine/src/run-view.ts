import type { ErrorBody } from '@wonder/errors'
import type { Definition } from './definition.ts'
import type { Artifact, RunRecord } from './events.ts'
import type { BudgetName } from './fold-budget.ts'
import type { Json } from './json.ts'
import type { RunItem } from './run-item.ts'
import type { DerivedStatus } from './run-status.ts'
import { viewEvent } from './view-events.ts'
import { ViewFanOuts } from './view-fan-outs.ts'
import { ViewItems } from './view-items.ts'
import { activityOf, createRunFacts, type ToldCheckpoint, type ViewParts } from './view-parts.ts'
import { isQuestion, isWait, type OpenQuestion, type OpenWait } from './view-subjects.ts'
import { ViewTokens } from './view-tokens.ts'

export type RunViewOptions = {
  /** Called when an item outside of every `each` changes its status; within `apply`. */
  readonly onChange?: (item: RunItem) => void
}

/**
 * A run as people see it: a projection of its records, for live displays, lists and `--json`.
 * It owns nothing and decides nothing. An event costs the same however many came before; what is kept of a branch ends
 * with it, so that 100,000 branches are counts and the live ones.
 *
 * @example
 * const view = new RunView(definition)
 * for (const record of records) view.apply(record)
 * console.log(view.status, view.items)
 */
export class RunView {
  readonly #parts: ViewParts
  #version = 0

  constructor(definition: Definition, options: RunViewOptions = {}) {
    const items = new ViewItems(definition, options.onChange)
    const tokens = new ViewTokens(definition, items)
    this.#parts = { run: createRunFacts(), items, tokens, fanouts: new ViewFanOuts(definition, items, tokens) }
  }

  /** Takes the next record. One that was applied before changes nothing. */
  apply(record: RunRecord): void {
    if (record.number <= this.#version) return
    this.#version = record.number
    record.events.forEach((event, index) => {
      viewEvent(this.#parts, event, `${record.number + this.#parts.run.namesFrom}.${index}`, record.time)
    })
  }

  /** Number of the last record that was applied. */
  get version(): number {
    return this.#version
  }
  /** The derived status of a run, as `RunStatus` of the index names it. */
  get status(): DerivedStatus {
    const { stopping, final } = this.#parts.run
    return stopping && final === null ? 'stopping' : this.activity
  }
  /** The status, but of a run that stops what it does meanwhile: a list that undoes may wait for a person, too. */
  get activity(): DerivedStatus {
    return activityOf(this.#parts)
  }
  /** Epoch ms. */
  get started(): number | null {
    return this.#parts.run.started
  }
  get ended(): number | null {
    return this.#parts.run.ended
  }
  get input(): Json {
    return this.#parts.run.input
  }
  /** Undefined until the run has one. */
  get output(): Json | undefined {
    return this.#parts.run.output
  }
  get error(): ErrorBody | null {
    return this.#parts.run.error
  }
  /** Tasks that have completed: how many ran, and how many have the result of an earlier attempt. */
  get completions(): { readonly ran: number; readonly reused: number } {
    const { ran, reused } = this.#parts.run
    return { ran, reused }
  }
  get tags(): readonly string[] {
    return this.#parts.run.tags
  }
  /** In the order in which they were saved; of those with the same name the last. */
  get artifacts(): readonly Artifact[] {
    return [...this.#parts.run.artifacts.values()]
  }
  /** The budget in which something did not fit, last. */
  get limit(): BudgetName | null {
    return this.#parts.run.limit
  }
  /** The last one that the run has emitted. */
  get checkpoint(): ToldCheckpoint | null {
    return this.#parts.run.checkpoint
  }
  /** The budget of the project in which something does not fit. */
  get projectLimit(): string | null {
    return this.#parts.run.projectLimit
  }
  /** Nothing is ordered: a limit of time, or of the project, is used up. Null: it is not so. */
  get held(): 'wall_time' | 'timeout' | 'project' | null {
    return this.#parts.run.held
  }
  /** The tree of tasks. The objects are live: `apply` changes them. */
  get items(): readonly RunItem[] {
    return this.#parts.items.list
  }

  /** The item that a node belongs to; undefined for nodes that people do not see. */
  itemOf(node: string): RunItem | undefined {
    return this.#parts.items.at(node)?.item
  }

  /** Items with a task whose interruption a person has to decide. */
  interrupted(): readonly RunItem[] {
    return this.#itemsIn('interrupted')
  }

  /** Items that have failed for good and wait for a repair; `error` says why. */
  blocked(): readonly RunItem[] {
    return this.#itemsIn('blocked')
  }

  /** What people are asked, the oldest first. */
  questions(): readonly OpenQuestion[] {
    return this.#parts.tokens.subjects(isQuestion)
  }

  /** Signals that are waited for. */
  waits(): readonly OpenWait[] {
    return this.#parts.tokens.subjects(isWait)
  }

  #itemsIn(status: 'interrupted' | 'blocked'): readonly RunItem[] {
    const { tokens, items } = this.#parts
    return tokens.count(status) === 0 ? [] : items.withStatus(status)
  }
}
