import { sha256Hex } from '@wonder/crypto'
import { type ErrorBody, toErrorBody } from '@wonder/errors'
import { Changes } from './changes.ts'
import { payment } from './debts.ts'
import type { Command, CommandNote, Effect, EventId, RunEvent, RunRecord } from './events.ts'
import { evolve } from './evolve.ts'
import { Fold } from './fold.ts'
import type { Json } from './json.ts'
import { isBlobMarker, isObject } from './markers.ts'
import { remaining } from './measure.ts'
import type { Plan } from './plan.ts'
import type { FanOut, Frame, RunState, Token } from './run-state.ts'
import { type EvalContext, type LargeValues, NeedsBlobs } from './scope.ts'

/** Values whose encoding is longer (UTF-16 units) are kept in Blobs. */
export const largestInlineValue = 65_536

/** What one command may write (UTF-16 units, about) before smaller values are kept in Blobs, too. */
export const roomOfCommand = 786_432
/** From there on, as `largestInlineValue`. */
const largestInFullRecord = 1_024

/** A large value that the record refers to: it must be in Blobs before the record is appended. */
export type LargeValue = { readonly digest: string; readonly text: string; readonly value: Json }

/** The value of an expression, or why it has none. */
export type Computed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorBody }

/** What is still to be done within a decision. */
export type Work =
  | { readonly kind: 'run'; readonly token: EventId }
  | { readonly kind: 'start'; readonly fanout: FanOut }
  | { readonly kind: 'checkpoint'; readonly token: EventId }
  | { readonly kind: 'rest' }

/**
 * What one decision has come to so far: events that are folded as they are emitted, and the effects that follow.
 * It keeps the state, the journal and the effects in step; the rules are in decide.ts and beside it.
 */
export class Decision {
  readonly plan: Plan
  readonly state: RunState
  readonly time: number
  readonly effects: Effect[] = []
  readonly large = new Map<string, LargeValue>()
  /** Large values that are at hand. */
  readonly blobs: LargeValues
  readonly #changes = new Changes()
  readonly #fold: Fold
  readonly #events: RunEvent[] = []
  readonly #notes: CommandNote[] = []
  /** Events that are owed to the commands noted so far, and their size. */
  #noted = 0
  #notedSize = 0
  readonly #hadBlobs: boolean
  /** About how much of the record's room is used, UTF-16 units. */
  size = 0
  readonly #work: Work[] = []
  #nextWork = 0
  /** What is owed was asked for again. */
  asksAgain = false
  /** The plan of the next record is another one. */
  migrates = false
  /** Branches could start, but the record is full. */
  more = false

  constructor(plan: Plan, state: RunState, context: { readonly time: number; readonly blobs: LargeValues }) {
    this.plan = plan
    this.state = state
    this.time = Math.max(context.time, state.time)
    this.blobs = {
      get: (digest) => this.large.get(digest)?.value ?? context.blobs.get(digest),
      has: (digest) => this.large.has(digest) || context.blobs.has(digest),
    }
    this.#hadBlobs = state.blobs
    this.#changes.begin()
    this.#fold = new Fold(plan, state, this.#changes)
    this.#fold.open(state.number + 1, this.time)
  }

  get events(): number {
    return this.#events.length
  }

  /** Adds an event, and folds it into the state. Returns its name. */
  emit(event: RunEvent): EventId {
    this.#events.push(event)
    this.size += 120
    return evolve(this.#fold, event)
  }

  /** The token will run its node, after what this decision is doing already: recursion without a stack. */
  enter(token: EventId): void {
    this.#work.push({ kind: 'run', token })
  }

  /** The token's node has its value, and will tell of it before the token goes on. */
  tell(token: EventId): void {
    this.#work.push({ kind: 'checkpoint', token })
  }

  /** Branches of the fan-out will start. */
  start(fanout: FanOut): void {
    this.#work.push({ kind: 'start', fanout })
  }

  /** The part will be finished, if no token is live by then. */
  rest(): void {
    this.#work.push({ kind: 'rest' })
  }

  drain(perform: (work: Work) => void): void {
    while (this.#nextWork < this.#work.length) {
      const work = this.#work[this.#nextWork] as Work
      this.#nextWork += 1
      perform(work)
    }
    this.#work.length = 0
    this.#nextWork = 0
  }

  /** What was emitted since the last note is owed to this command. */
  note(command: Command): void {
    this.#notes.push({
      kind: command.kind,
      ...(command.by === undefined ? {} : { by: command.by }),
      ...(command.key === undefined ? {} : { key: command.key }),
      events: this.#events.length - this.#noted,
    })
    this.#noted = this.#events.length
    this.#notedSize = this.size
  }

  /** The record, or null when nothing happened. The state keeps what was folded. */
  finish(): RunRecord | null {
    if (this.#events.length === 0) {
      this.#changes.rollback()
      this.#noteAsking()
      return null
    }
    this.#fold.close()
    for (const id of new Set(this.#fold.made)) {
      const debt = this.state.debts.get(id)
      if (debt !== undefined) this.effects.push(payment(id, debt))
    }
    this.#noteAsking()
    const blobs = this.state.blobs && !this.#hadBlobs
    this.#changes.commit()
    return {
      number: this.state.number,
      format: 1,
      time: this.time,
      commands: this.#notes.filter((note) => note.events > 0),
      events: this.#events,
      ...(blobs ? { blobs: true as const } : {}),
    }
  }

  #noteAsking(): void {
    if (this.asksAgain) this.state.askedAt = this.time
  }

  /** The state is as it was. */
  abandon(): void {
    this.#changes.rollback()
  }

  context(frame: Frame, token: Token | null, item?: EvalContext['item']): EvalContext {
    return {
      plan: this.plan,
      state: this.state,
      frame,
      token,
      time: this.time,
      blobs: this.blobs,
      ...(item === undefined ? {} : { item }),
    }
  }

  /** Evaluates; what a workflow's author got wrong is a result, what we got wrong is thrown on. */
  compute<T>(evaluate: () => T): Computed<T> {
    try {
      return { ok: true, value: evaluate() }
    } catch (thrown) {
      if (thrown instanceof NeedsBlobs) throw thrown
      const error = toErrorBody(thrown)
      if (error.code === 'invariant_broken' || error.code === 'internal') throw thrown
      return { ok: false, error }
    }
  }

  /** The value as the journal carries it: large parts are replaced by markers. */
  compact(value: Json): Json {
    // One command is never cut in two: what it writes beyond its room is moved out piece by piece.
    const largest = this.size - this.#notedSize < roomOfCommand ? largestInlineValue : largestInFullRecord
    // Half the room, because escaping can double a text.
    const left = remaining(value, largest / 2)
    if (left >= 0) {
      this.size += largest / 2 - left
      return value
    }
    const text = JSON.stringify(value)
    if (text.length <= largest) {
      this.size += text.length
      return value
    }
    if (isObject(value) && !isBlobMarker(value)) {
      const members = Object.entries(value).map(([key, member]) => [key, this.#compactMember(member, largest)] as const)
      const smaller: Json = Object.fromEntries(members)
      const { length } = JSON.stringify(smaller)
      if (length <= largest) {
        this.size += length
        return smaller
      }
    }
    return this.#moveOut(value, text)
  }

  #compactMember(value: Json, largest: number): Json {
    if (remaining(value, largest / 16) >= 0) return value
    const text = JSON.stringify(value)
    return text.length <= largest / 4 ? value : this.#moveOut(value, text)
  }

  #moveOut(value: Json, text: string): Json {
    const digest = `sha256:${sha256Hex(text)}`
    this.large.set(digest, { digest, text, value })
    if (!this.state.blobs) this.#changes.set(this.state, 'blobs', true)
    return { $blob: digest, size: text.length }
  }
}
