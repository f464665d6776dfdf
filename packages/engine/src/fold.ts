/**
 * What folds of events are made of: a run's state, and the only ways to change its tokens and frames.
 *
 * Owns: what a token waits for and what follows from that (counts, timers, permits, reservations), values of nodes, debts,
 * the names of events. Does not own: what an event means (evolve.ts and the files that it calls).
 */
import { InvariantError } from '@wonder/errors'
import { type Changes, unnoted } from './changes.ts'
import type { Debt } from './debts.ts'
import type { EventId } from './events.ts'
import { release } from './fold-budget.ts'
import { releaseChild } from './fold-child.ts'
import { keepCompensation } from './fold-compensation.ts'
import { giveBack } from './fold-permit.ts'
import { settleProject } from './fold-project.ts'
import { addToken, removeToken } from './frame-tokens.ts'
import { stopsListening } from './mailbox.ts'
import type { Plan } from './plan.ts'
import { stopsAsking } from './questions.ts'
import type { FanOut, Frame, Loops, Part, RunState, TaskValue, Token, Wait } from './run-state.ts'
import { timeCounts } from './run-status.ts'
import type { Subject } from './subject.ts'

/** Applies events of one record, in order, through `changes`. */
export class Fold {
  readonly plan: Plan
  readonly state: RunState
  readonly changes: Changes
  /** Of the record, epoch ms. */
  time = 0
  /** Debts that these events have made. */
  readonly made: string[] = []
  /** Whose counters were noted last. */
  #counted: FanOut | null = null
  #number = 0
  #index = 0

  constructor(plan: Plan, state: RunState, changes: Changes) {
    this.plan = plan
    this.state = state
    this.changes = changes
  }

  /** The events that follow belong to this record. */
  open(number: number, time: number): void {
    this.#number = number
    this.#index = 0
    this.time = time
    this.changes.set(this.state, 'number', number)
    this.changes.set(this.state, 'time', time)
    // Counters change with almost every event: they are noted once, here.
    this.changes.set(this.state, 'waiting', { ...this.state.waiting })
  }

  /** Name of the next event. */
  name(): EventId {
    const id = `${this.#number + this.state.namesFrom}.${this.#index}`
    this.#index += 1
    return id
  }

  /** The record is complete: from here on wall time counts, or stands still. */
  close(): void {
    const { state, changes, time } = this
    const counts = timeCounts(state)
    if (counts === (state.countingSince !== null)) return
    if (state.countingSince !== null) changes.set(state, 'elapsed', state.elapsed + time - state.countingSince)
    changes.set(state, 'countingSince', counts ? time : null)
  }

  createToken(
    id: EventId,
    node: number,
    { frame, part, loops }: { readonly frame: Frame; readonly part: Token['part']; readonly loops: Loops },
  ): Token {
    const token: Token = {
      id,
      node,
      frame,
      part,
      last: -1,
      wait: 'ready',
      attempt: 0,
      tries: 0,
      dispatch: 0,
      started: false,
      dueAt: 0,
      input: null,
      save: null,
      steps: null,
      artifact: null,
      loops,
      subject: null,
      made: this.#number,
    }
    this.changes.add(this.state.tokens, id, token)
    addToken(this.changesOf(frame), frame, token)
    this.#count('ready', 1)
    return token
  }

  removeToken(token: Token): void {
    if (this.state.permits.size > 0) giveBack(this, token.id)
    if (this.state.reservations.size > 0) settleProject(this, token.id)
    const { frame } = token
    this.#stopsWaiting(token, null)
    this.changes.remove(this.state.tokens, token.id)
    removeToken(this.changesOf(frame), frame, token)
    this.#count(token.wait, -1)
    if (this.state.budget !== null) release(this, token.id)
  }

  /** The node has its value; the token is ready to go on. `last`: the node that counts as its last task. */
  settle(token: Token, value: TaskValue, last?: number): void {
    if (this.state.permits.size > 0) giveBack(this, token.id)
    if (this.state.reservations.size > 0) settleProject(this, token.id)
    const changes = this.changesOf(token)
    this.setValue(token.frame, token.node, value)
    this.noteCompletion(token.part, token.frame, { node: token.node, value })
    if (last !== undefined) changes.set(token, 'last', last)
    changes.set(token, 'input', null)
    changes.set(token, 'steps', null)
    this.wait(token, 'ready')
    if (token.subject !== null) changes.set(token, 'subject', null)
  }

  setValue(frame: Frame, node: number, value: TaskValue): void {
    const changes = this.changesOf(frame)
    if (frame.values === null) changes.set(frame, 'values', new Map([[node, value]]))
    else changes.put(frame.values, node, value)
  }

  /** What the node did can be undone from here on. */
  noteCompletion(
    part: Part,
    frame: Frame,
    { node, value }: { readonly node: number; readonly value: TaskValue },
  ): void {
    if (value.status !== 'completed' || part !== 'main' || this.plan.nodes[node]?.undo == null) return
    keepCompensation(this, frame, node)
  }

  /** What the token waits for from here on. `dueAt`: epoch ms of its deadline, 0: none. */
  wait(token: Token, wait: Wait, dueAt = 0): void {
    if (token.dueAt !== dueAt) {
      this.changesOf(token).set(token, 'dueAt', dueAt)
      if (dueAt !== 0) this.state.timers.add({ at: dueAt, id: token.id })
    }
    if (token.wait === wait && token.subject === null) return
    this.#stopsWaiting(token, wait)
    // A wait keeps what it listens for while its processor works, retries or is interrupted; a task that is ordered
    // again keeps the name of its result.
    const keeps = token.subject?.kind === 'signal' || (token.subject?.kind === 'cache' && wait === 'task')
    if (token.subject !== null && !keeps) this.changesOf(token).set(token, 'subject', null)
    if (token.wait === wait) return
    if (this.state.budget !== null) release(this, token.id)
    this.#count(token.wait, -1)
    this.#count(wait, 1)
    this.changesOf(token).set(token, 'wait', wait)
  }

  /** As `wait`, with what more is to be known. */
  waitFor(
    token: Token,
    wait: Wait,
    { subject, dueAt = 0 }: { readonly subject: Subject; readonly dueAt?: number },
  ): void {
    this.wait(token, wait, dueAt)
    this.changesOf(token).set(token, 'subject', subject)
  }

  /** It is not found any more by what it waited for. */
  #stopsWaiting(token: Token, next: Wait | null): void {
    if (token.wait === next) return
    if (token.wait === 'signal') stopsListening(this, token)
    else if (token.wait === 'answer') stopsAsking(this, token)
    else if (token.subject?.kind === 'child') releaseChild(this, token.subject)
  }

  #count(wait: Wait, by: number): void {
    this.state.waiting[wait] += by
  }

  /** The counters of a fan-out change with every branch: they are noted once, and then changed directly. */
  noteCounters(fanout: FanOut): void {
    if (this.#counted === fanout) return
    this.#counted = fanout
    this.changes.set(fanout, 'next', fanout.next)
    this.changes.set(fanout, 'ended', fanout.ended)
    for (const join of fanout.joins) {
      this.changes.set(join, 'arrived', join.arrived)
      this.changes.set(join, 'missed', join.missed)
    }
  }

  /** The run owes something from here on; its payment is ordered with the record. */
  owe(id: string, debt: Debt): void {
    this.changes.put(this.state.debts, id, debt)
    this.made.push(id)
  }

  /** Through which an owner changes: what the record has made itself needs no way back. */
  changesOf(owner: Token | Frame): Changes {
    return owner.made === this.#number ? unnoted : this.changes
  }

  token(id: EventId): Token {
    const token = this.state.tokens.get(id)
    if (token === undefined) throw new InvariantError('K4', `run "${this.state.run}" has no live token "${id}"`)
    return token
  }

  fanout(id: EventId): FanOut {
    const fanout = this.state.fanouts.get(id)
    if (fanout === undefined) throw new InvariantError('K5', `run "${this.state.run}" has no open fan-out "${id}"`)
    return fanout
  }

  node(ref: string): number {
    const index = this.plan.nodeIndex.get(ref)
    if (index === undefined) throw new InvariantError('K2', `workflow "${this.state.workflow}" has no node "${ref}"`)
    return index
  }

  fan(ref: string): number {
    const index = this.plan.fanIndex.get(ref)
    if (index === undefined) throw new InvariantError('K2', `workflow "${this.state.workflow}" has no fan-out "${ref}"`)
    return index
  }
}
