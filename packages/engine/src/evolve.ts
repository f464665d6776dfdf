/**
 * The fold: what each event changes in a run's state.
 *
 * Owns: every change of RunState. Does not own: deciding which events happen (decide.ts), reading large values (never here).
 * K2 folding a journal, or a snapshot and what follows it, gives the same state: nothing here depends on anything but
 * the state, the event and the plan.
 */
import { type ErrorBody, InvariantError, WonderError } from '@wonder/errors'
import { wayOf } from './branch-ways.ts'
import { Changes } from './changes.ts'
import { foldAccepted, foldChild, releaseChild, steerChildren, tellParent } from './child-fold.ts'
import type { Debt } from './debts.ts'
import type { EventId, RunEvent, RunRecord } from './events.ts'
import {
  budgetOf,
  noteWarned,
  queueUp,
  raise,
  release,
  reserve,
  resumeWallTime,
  settleReservation,
} from './fold-budget.ts'
import { foldCheckpoint, noteArtifact } from './fold-checkpoint.ts'
import { beginCompensation, detach, dropDetached, dropIfDetached, keepCompensation } from './fold-compensation.ts'
import { foldFork } from './fork.ts'
import type { Json, JsonObject } from './json.ts'
import {
  foldAwaited,
  foldProcessed,
  foldReceived,
  foldSent,
  foldTaken,
  foldWaitExpired,
  stopsListening,
} from './mailbox.ts'
import { mergeBranches } from './merge.ts'
import { foldGranted, foldRequested, giveBack, runPermit } from './permit-fold.ts'
import type { Plan } from './plan.ts'
import {
  foldProjectReached,
  foldReservationGranted,
  foldReservationRequested,
  noteProjectUse,
  settleProject,
  settleRun,
} from './project-fold.ts'
import { foldAnswered, foldAsked, foldEscalated, foldQuestionExpired, stopsAsking } from './questions.ts'
import { readPath } from './read-path.ts'
import { readable } from './readable.ts'
import {
  createFrame,
  type FanOut,
  type Frame,
  type Loops,
  type Part,
  type RunState,
  rootFrame,
  type TaskValue,
  type Token,
  type Wait,
} from './run-state.ts'
import { timeCounts, waitsToBegin, wallTime } from './run-status.ts'
import { valueIn } from './scope.ts'
import type { Subject } from './subject.ts'
import { countUsage, usageOf } from './usage.ts'

/** Folds a whole record. */
export function evolveRecord(plan: Plan, state: RunState, record: RunRecord): void {
  if (record.number !== state.number + 1) {
    throw new InvariantError('K2', `record ${record.number} of run "${state.run}" does not follow ${state.number}`)
  }
  const fold = new Fold(plan, state, new Changes())
  fold.open(record.number, record.time)
  for (const event of record.events) fold.apply(event)
  fold.close()
  if (record.blobs === true) state.blobs = true
}

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

  /** Returns the event's name. */
  apply(event: RunEvent): EventId {
    const id = `${this.#number + this.state.namesFrom}.${this.#index}`
    this.#index += 1
    this.#apply(event, id)
    return id
  }

  #apply(event: RunEvent, id: EventId): void {
    const changes = this.changes
    const state = this.state
    switch (event.type) {
      case 'run_started':
        changes.set(state, 'definition', event.definition)
        changes.set(state, 'project', event.project)
        changes.set(state, 'workflow', event.workflow)
        changes.set(state, 'input', event.input)
        changes.set(state, 'env', event.env)
        changes.set(state, 'seed', event.seed)
        changes.set(state, 'tags', event.tags ?? [])
        changes.set(state, 'parent', event.parent ?? null)
        changes.set(state, 'depth', event.depth ?? 0)
        changes.set(state, 'grant', event.grant ?? null)
        changes.set(state, 'reuse', event.reuse ?? null)
        changes.set(state, 'tasksEnv', event.tasks_env ?? null)
        changes.set(state, 'startedAt', this.time)
        changes.set(state, 'timeAllowed', this.plan.definition.timeout?.after ?? 0)
        changes.set(state, 'values', this.plan.definition.state.initial)
        changes.set(state, 'budget', budgetOf(this.plan.definition.budget, event.grant))
        return
      case 'token_created': {
        const from = event.from === undefined ? null : this.token(event.from)
        const part = event.part ?? from?.part ?? 'main'
        if (event.part !== undefined) {
          // A part begins when the one before is over: nothing of it goes on.
          this.dropBelow(this.frame(rootFrame))
          dropDetached(this)
          changes.set(state, 'part', event.part)
        }
        const token = this.createToken(id, this.node(event.node), {
          frame: from === null ? this.frame(rootFrame) : this.frame(from.frame),
          part,
          loops: from === null ? null : from.loops,
        })
        if (from !== null) token.last = from.last
        if (event.transition !== undefined) this.#take(token, event.transition)
        return
      }
      case 'token_moved':
        this.#moveToken(this.token(event.token), this.node(event.node), event.transition)
        return
      case 'token_ended': {
        const token = this.token(event.token)
        const frame = this.frame(token.frame)
        this.removeToken(token)
        this.#endIfEmpty(frame)
        dropIfDetached(this, frame)
        return
      }
      case 'task_dispatched':
        this.#dispatch(this.token(event.token), event)
        return
      case 'task_started': {
        const token = this.token(event.token)
        this.changesOf(token).set(token, 'started', true)
        return
      }
      case 'step_completed': {
        const token = this.token(event.token)
        this.#countUsage(token, event)
        if (state.budget !== null) settleReservation(this, token.id, usageOf(this, token, event))
        this.changesOf(token).set(token, 'steps', { ...token.steps, [event.step]: event.output })
        return
      }
      case 'artifact_saved':
        noteArtifact(this, event.artifact.name)
        changes.set(this.token(event.token), 'artifact', event.artifact)
        changes.set(state, 'artifacts', [
          ...state.artifacts.filter((one) => one.name !== event.artifact.name),
          event.artifact,
        ])
        return
      case 'task_completed': {
        const token = this.token(event.token)
        this.#countUsage(token, event)
        if (state.reservations.size > 0) settleProject(this, token.id)
        if (token.subject?.kind === 'signal') return foldProcessed(this, token, token.subject, event.output)
        const artifact = token.artifact === null ? {} : { artifact: token.artifact }
        this.settle(token, { status: 'completed', output: event.output, ...artifact }, token.node)
        return
      }
      case 'task_failed': {
        const token = this.token(event.token)
        this.#countUsage(token, event)
        if (state.reservations.size > 0) settleProject(this, token.id)
        if (event.retry_at === undefined) {
          this.settle(token, { status: 'failed', output: null, error: event.error })
          return
        }
        this.wait(token, 'retry', event.retry_at)
        return
      }
      case 'lease_expired':
        this.token(event.token)
        return
      case 'task_interrupted':
        this.wait(this.token(event.token), 'decision')
        return
      case 'interruption_decided':
        this.wait(this.token(event.token), 'ready')
        return
      case 'node_skipped':
        this.settle(this.token(event.token), { status: 'skipped', output: null })
        return
      case 'node_completed': {
        const token = this.token(event.token)
        this.settle(token, { status: 'completed', output: event.output }, token.node)
        return
      }
      case 'node_failed':
        this.settle(this.token(event.token), { status: 'failed', output: null, error: event.error })
        return
      case 'state_set': {
        const token = this.token(event.token)
        let values = state.values
        for (const [path, value] of event.values) values = withValue(values, path, 0, value)
        changes.set(state, 'values', values)
        this.settle(token, { status: 'completed', output: {} }, token.node)
        return
      }
      case 'fanned_out':
        this.#fanOut(id, event)
        return
      case 'branch_started':
        this.#startBranch(id, event)
        return
      case 'branch_arrived':
        this.#arrive(this.token(event.token), event.transition)
        return
      case 'branch_failed':
        this.#failBranch(event)
        return
      case 'joined':
        this.#join(id, event)
        return
      case 'fan_out_closed': {
        const fanout = this.#fanout(event.fanout)
        this.#close(fanout)
        this.#endIfEmpty(fanout.frame)
        return
      }
      case 'token_slept':
        this.wait(this.token(event.token), 'timer', event.until)
        return
      case 'permit_requested':
        foldRequested(this, event, id)
        if (event.token !== undefined) this.wait(this.token(event.token), 'permit')
        // What a fork begins with keeps what it waits for.
        else if (state.namesFrom > 0) changes.set(state, 'hold', { kind: 'permit' })
        else for (const token of state.tokens.values()) this.wait(token, 'permit')
        return
      case 'permit_granted':
        foldGranted(this, event.token)
        if (event.token !== undefined) this.wait(this.token(event.token), 'ready')
        else if (state.hold?.kind === 'permit') changes.set(state, 'hold', null)
        else for (const token of state.tokens.values()) this.wait(token, 'ready')
        return
      case 'permit_refused':
        if (event.token === undefined) giveBack(this, runPermit)
        else this.settle(this.token(event.token), { status: 'failed', output: null, error: event.error })
        return
      case 'reservation_requested':
        foldReservationRequested(this, event, id)
        if (event.token !== undefined) this.wait(this.token(event.token), 'permit')
        return
      case 'reservation_granted':
        foldReservationGranted(this, event.token)
        if (event.token !== undefined) this.wait(this.token(event.token), 'ready')
        return
      case 'project_budget_reached':
        foldProjectReached(this, event.token)
        if (event.token === undefined) return
        this.wait(this.token(event.token), 'budget')
        if (state.permits.size > 0) giveBack(this, event.token)
        return
      case 'project_budget_warned':
        return
      case 'child_ordered':
      case 'child_ended':
        return foldChild(this, event)
      case 'run_forked':
        foldFork(this, event)
        return
      case 'run_migrated':
        // Whoever folds puts the state over the new plan before the next record: see revision.ts.
        changes.set(state, 'definition', event.definition)
        return
      case 'budget_reached':
        if (state.permits.size > 0) giveBack(this, event.token)
        if (state.reservations.size > 0) settleProject(this, event.token)
        return queueUp(this, id, event)
      case 'budget_warned':
        return noteWarned(this, event.budget)
      case 'budget_raised':
        return raise(this, event.budget)
      case 'checkpoint_emitted':
        return foldCheckpoint(this, id, event.checkpoint)
      case 'signal_received':
        return foldReceived(this, event, id)
      case 'signal_awaited':
        return foldAwaited(this, event, id)
      case 'signal_taken':
        return foldTaken(this, event)
      case 'signal_sent':
        return foldSent(this, event)
      case 'wait_expired':
        return foldWaitExpired(this, event)
      case 'question_asked':
        return foldAsked(this, event, id)
      case 'question_escalated':
        return foldEscalated(this, event)
      case 'question_answered':
        return foldAnswered(this, event)
      case 'question_expired':
        return foldQuestionExpired(this, event)
      case 'settled': {
        const debt = state.debts.get(event.debt)
        changes.remove(state.debts, event.debt)
        if (debt?.kind === 'start_child' && event.error === undefined) foldAccepted(this, debt)
        return
      }
      case 'task_blocked':
        this.wait(this.token(event.token), 'repair')
        return
      case 'task_repaired': {
        const token = this.token(event.token)
        this.changesOf(token).set(token, 'tries', 0)
        this.wait(token, 'ready')
        return
      }
      case 'task_awaited':
        detach(this, id, this.token(event.token))
        return
      case 'compensation_started':
        beginCompensation(this, id, event.node)
        return
      case 'compensation_ended': {
        dropDetached(this)
        const { stopping } = state
        if (event.error === undefined || stopping === null) return
        const failures = [...(stopping.failures ?? []), { task: event.task, error: event.error }]
        changes.set(state, 'stopping', { ...stopping, failures })
        return
      }
      case 'compensations_skipped':
        dropDetached(this)
        for (const index of [...state.compensations.keys()]) changes.remove(state.compensations, index)
        return
      case 'run_held':
        changes.set(state, 'hold', { kind: event.kind })
        return
      case 'run_paused':
        changes.set(state, 'paused', true)
        steerChildren(this, 'pause')
        return
      case 'run_resumed':
        if (state.paused) steerChildren(this, 'resume')
        if (state.hold?.kind === 'timeout') {
          changes.set(state, 'timeAllowed', wallTime(state, this.time) + (this.plan.definition.timeout?.after ?? 0))
        }
        changes.set(state, 'paused', false)
        resumeWallTime(this)
        if (!waitsToBegin(state)) changes.set(state, 'hold', null)
        return
      case 'run_stopping':
        this.dropBelow(this.frame(rootFrame))
        changes.set(state, 'stopping', { target: event.target, ...outcomeOf(event) })
        changes.set(state, 'paused', false)
        changes.set(state, 'hold', null)
        return
      case 'run_ended': {
        this.dropBelow(this.frame(rootFrame))
        dropDetached(this)
        for (const index of [...state.compensations.keys()]) changes.remove(state.compensations, index)
        const ended = { status: event.status, ...outcomeOf(event) }
        changes.set(state, 'ended', ended)
        if (state.permits.size > 0) giveBack(this, runPermit)
        if (state.reservations.size > 0) settleRun(this)
        tellParent(this, ended)
        return
      }
      default:
        throw unknownEvent(state.run, this.#number, event)
    }
  }

  createToken(
    id: EventId,
    node: number,
    { frame, part, loops }: { readonly frame: Frame; readonly part: Token['part']; readonly loops: Loops },
  ): Token {
    const token: Token = {
      id,
      node,
      frame: frame.id,
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
    this.changesOf(frame).add(frame.tokens, id, token)
    this.#count('ready', 1)
    return token
  }

  #moveToken(token: Token, node: number, transition: string | undefined): void {
    const changes = this.changesOf(token)
    if (transition !== undefined) this.#take(token, transition)
    if (this.plan.nodes[node]?.def.does.kind === 'open') changes.set(token, 'last', -1)
    changes.set(token, 'node', node)
    changes.set(token, 'tries', 0)
    changes.set(token, 'artifact', null)
    changes.set(token, 'input', null)
  }

  /** What a transition leaves behind: the label that a route tells, and a round of a loop. */
  #take(token: Token, ref: string): void {
    const transition = this.plan.transitionIndex.get(ref)
    if (transition === undefined)
      throw new InvariantError('K2', `workflow "${this.state.workflow}" has no transition "${ref}"`)
    const { label } = transition.def
    if (label !== undefined) {
      const value: TaskValue = { status: 'completed', output: label }
      this.#setValue(this.frame(token.frame), transition.from, value)
    }
    if (transition.limit !== Number.POSITIVE_INFINITY) {
      this.changesOf(token).set(token, 'loops', { ...token.loops, [ref]: (token.loops?.[ref] ?? 0) + 1 })
    }
  }

  #dispatch(token: Token, event: Extract<RunEvent, { type: 'task_dispatched' }>): void {
    const changes = this.changesOf(token)
    if (event.input !== undefined) {
      const { usage } = this.state
      if (token.tries > 0) {
        this.changes.set(usage, 'retries', usage.retries + 1)
        if (this.state.reservations.size > 0) noteProjectUse(this, token.id, { retries: 1 })
      }
      changes.set(token, 'input', event.input)
      changes.set(token, 'save', event.save ?? null)
      changes.set(token, 'steps', null)
      changes.set(token, 'tries', token.tries + 1)
      changes.set(token, 'attempt', event.attempt)
    }
    changes.set(token, 'started', false)
    changes.set(token, 'dispatch', event.dispatch)
    this.wait(token, 'task')
    if (event.cache !== undefined) changes.set(token, 'subject', { kind: 'cache', name: event.cache })
    if (event.reserved !== undefined) {
      release(this, token.id)
      reserve(this, token.id, event.reserved)
    }
  }

  /** The node has its value; the token is ready to go on. `last`: the node that counts as its last task. */
  settle(token: Token, value: TaskValue, last?: number): void {
    if (this.state.permits.size > 0) giveBack(this, token.id)
    if (this.state.reservations.size > 0) settleProject(this, token.id)
    const changes = this.changesOf(token)
    const frame = this.frame(token.frame)
    this.#setValue(frame, token.node, value)
    this.#completed(token.part, frame, { node: token.node, value })
    if (last !== undefined) changes.set(token, 'last', last)
    changes.set(token, 'input', null)
    changes.set(token, 'steps', null)
    this.wait(token, 'ready')
    if (token.subject !== null) changes.set(token, 'subject', null)
  }

  #completed(part: Part, frame: Frame, { node, value }: { readonly node: number; readonly value: TaskValue }): void {
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

  /** It is not found any more by what it waited for. */
  #stopsWaiting(token: Token, next: Wait | null): void {
    if (token.wait === next) return
    if (token.wait === 'signal') stopsListening(this, token)
    else if (token.wait === 'answer') stopsAsking(this, token)
    else if (token.subject?.kind === 'child') releaseChild(this, token.subject)
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

  /** The run owes something from here on; its payment is ordered with the record. */
  owe(id: string, debt: Debt): void {
    this.changes.put(this.state.debts, id, debt)
    this.made.push(id)
  }

  /** The record is complete: from here on wall time counts, or stands still. */
  close(): void {
    const { state, changes, time } = this
    const counts = timeCounts(state)
    if (counts === (state.countingSince !== null)) return
    if (state.countingSince !== null) changes.set(state, 'elapsed', state.elapsed + time - state.countingSince)
    changes.set(state, 'countingSince', counts ? time : null)
  }

  #count(wait: Wait, by: number): void {
    this.state.waiting[wait] += by
  }

  #countUsage(token: Token, event: Parameters<typeof countUsage>[2]): void {
    countUsage(this, token, event)
    if (this.state.reservations.size === 0 || (event.type === 'task_completed' && event.reused !== undefined)) return
    noteProjectUse(this, token.id, usageOf(this, token, event))
  }

  changesOf(owner: Token | Frame): Changes {
    return owner.made === this.#number ? unnoted : this.changes
  }

  #setValue(frame: Frame, node: number, value: TaskValue): void {
    const changes = this.changesOf(frame)
    if (frame.values === null) changes.set(frame, 'values', new Map([[node, value]]))
    else changes.put(frame.values, node, value)
  }

  /** The counters of a fan-out change with every branch: they are noted once, and then changed directly. */
  #noteCounters(fanout: FanOut): void {
    if (this.#counted === fanout) return
    this.#counted = fanout
    this.changes.set(fanout, 'next', fanout.next)
    this.changes.set(fanout, 'ended', fanout.ended)
    for (const join of fanout.joins) {
      this.changes.set(join, 'arrived', join.arrived)
      this.changes.set(join, 'missed', join.missed)
    }
  }

  #fanOut(id: EventId, event: Extract<RunEvent, { type: 'fanned_out' }>): void {
    const changes = this.changes
    const token = this.token(event.token)
    const frame = this.frame(token.frame)
    const plan = this.plan.fans[this.#fan(event.fan)]
    const fanout: FanOut = {
      id,
      fan: this.#fan(event.fan),
      frame,
      part: token.part,
      count: event.count,
      skipped: event.skipped ?? 0,
      items: event.items ?? (event.from === undefined ? null : this.#valueAt(frame, event.from)),
      next: 0,
      branches: new Map(),
      joins: (plan?.joins ?? []).map(() => ({ closed: false, dueAt: 0, arrived: 0, missed: 0, results: new Map() })),
      ways: event.ways ?? null,
      loops: token.loops,
      failures: new Map(),
      children: plan?.def.each === undefined ? new Map() : null,
      ended: 0,
    }
    changes.add(this.state.fanouts, id, fanout)
    if (frame.fanouts === null) changes.set(frame, 'fanouts', new Map([[id, fanout]]))
    else changes.put(frame.fanouts, id, fanout)
    this.removeToken(token)
  }

  #valueAt(frame: Frame, path: readonly (string | number)[]): Json {
    if (path[0] !== 'tasks') return readPath({ input: this.state.input, state: this.state.values }, path, 0)
    const value = valueIn(frame, this.node(String(path[1])))
    return readPath(readable(value), path, 2)
  }

  #startBranch(id: EventId, event: Extract<RunEvent, { type: 'branch_started' }>): void {
    const changes = this.changes
    const fanout = this.#fanout(event.fanout)
    const frame = createFrame(id, fanout, event.index)
    frame.made = this.#number
    changes.add(this.state.frames, id, frame)
    changes.add(fanout.branches, event.index, frame)
    this.#noteCounters(fanout)
    fanout.next = event.index + 1
    this.createToken(id, this.node(event.node), { frame, part: fanout.part, loops: fanout.loops })
  }

  #arrive(token: Token, ref: string): void {
    const changes = this.changes
    const join = this.plan.transitionIndex.get(ref)?.join
    const own = this.frame(token.frame)
    const branch = join === undefined || join === null ? null : branchOf(own, join.fan)
    const { fanout } = branch ?? { fanout: null }
    const state = join === undefined || join === null ? undefined : fanout?.joins[join.index]
    if (!join || branch === null || fanout === null || state === undefined || state.closed) {
      throw new InvariantError('K5', `token "${token.id}" arrived through "${ref}", which joins nothing that is open`)
    }
    if (!branch.arrived.includes(join.index)) {
      const value = join.take === 'last' ? valueIn(own, token.last) : valueIn(own, join.take)
      this.#noteCounters(fanout)
      changes.set(branch, 'arrived', [...branch.arrived, join.index])
      changes.add(state.results, branch.index, value?.output ?? null)
      state.arrived += 1
      const { timeout } = this.plan.fans[join.fan]?.joins[join.index]?.def ?? {}
      if (timeout !== undefined && state.dueAt === 0) {
        changes.set(state, 'dueAt', this.time + timeout)
        this.state.timers.add({ at: state.dueAt, id: fanout.id, join: join.index })
      }
      if (typeof join.take === 'number') this.#keepChild(fanout, join.take, value)
    }
    this.removeToken(token)
    this.#endIfEmpty(own)
  }

  #failBranch(event: Extract<RunEvent, { type: 'branch_failed' }>): void {
    const changes = this.changes
    const fanout = this.#fanout(event.fanout)
    const frame = fanout.branches.get(event.index)
    if (frame === undefined) throw new InvariantError('K5', `branch ${event.index} of "${event.fanout}" is not live`)
    changes.put(fanout.failures, event.index, event.error)
    const plan = this.plan.fans[fanout.fan]
    const way = plan === undefined ? undefined : wayOf(plan, fanout, event.index)
    if (fanout.children !== null && way?.def.branch !== undefined) {
      const child = this.plan.nodeIndex.get(way.def.branch)
      const value = child === undefined ? undefined : frame.values?.get(child)
      this.#keepChild(fanout, child ?? -1, value ?? { status: 'failed', output: null, error: event.error })
    }
    this.#endBranch(fanout, frame)
  }

  #keepChild(fanout: FanOut, node: number, value: TaskValue | undefined): void {
    const ref = this.plan.nodes[node]?.ref
    if (fanout.children === null || ref === undefined || value === undefined) return
    this.changes.put(fanout.children, ref, value)
  }

  #endBranch(fanout: FanOut, frame: Frame): void {
    this.dropBelow(frame)
    this.changes.remove(this.state.frames, frame.id)
    this.changes.remove(fanout.branches, frame.index)
    this.#noteCounters(fanout)
    fanout.ended += 1
    for (const [index, join] of fanout.joins.entries()) {
      if (!frame.arrived.includes(index)) join.missed += 1
    }
  }

  /** A branch in which nothing is live any more has ended. */
  #endIfEmpty(frame: Frame): void {
    if (frame.fanout === null || frame.tokens.size > 0 || (frame.fanouts?.size ?? 0) > 0) return
    this.#endBranch(frame.fanout, frame)
  }

  /** Ends every token, fan-out and branch inside of a frame; its values stay. */
  dropBelow(frame: Frame): void {
    const changes = this.changes
    for (const token of [...frame.tokens.values()]) this.removeToken(token)
    if (frame.fanouts === null) return
    for (const fanout of [...frame.fanouts.values()]) {
      for (const branch of fanout.branches.values()) {
        this.dropBelow(branch)
        changes.remove(this.state.frames, branch.id)
      }
      changes.remove(this.state.fanouts, fanout.id)
      changes.remove(frame.fanouts, fanout.id)
    }
  }

  #join(id: EventId, event: Extract<RunEvent, { type: 'joined' }>): void {
    const changes = this.changes
    const fanout = this.#fanout(event.fanout)
    const plan = this.plan.fans[fanout.fan]
    const index = event.node === undefined ? 0 : (plan?.joins.findIndex((one) => one.def.node === event.node) ?? -1)
    const join = plan?.joins[index]
    const state = fanout.joins[index]
    if (plan === undefined || join === undefined || state === undefined || state.closed) {
      throw new InvariantError('K5', `fan-out "${fanout.id}" has no open join ${event.node ?? ''}`)
    }
    changes.set(state, 'closed', true)
    const token = this.createToken(id, join.node, { frame: fanout.frame, part: fanout.part, loops: fanout.loops })
    const value = mergeBranches({ plan, join, fanout, state }, event.output)
    const failed = { ...value, status: 'failed' as const, ...(event.error === undefined ? {} : { error: event.error }) }
    this.#setValue(fanout.frame, join.node, event.status === 'completed' ? value : failed)
    if (event.status === 'completed') {
      token.last = join.node
      this.#completed(fanout.part, fanout.frame, { node: join.node, value })
    }
    if (event.open !== true && fanout.joins.every((one) => one.closed)) this.#close(fanout)
  }

  /** The fan-out is over: whatever of it is live ends. */
  #close(fanout: FanOut): void {
    const changes = this.changes
    for (const branch of fanout.branches.values()) {
      this.dropBelow(branch)
      changes.remove(this.state.frames, branch.id)
    }
    changes.remove(this.state.fanouts, fanout.id)
    if (fanout.frame.fanouts !== null) changes.remove(fanout.frame.fanouts, fanout.id)
  }

  removeToken(token: Token): void {
    if (this.state.permits.size > 0) giveBack(this, token.id)
    if (this.state.reservations.size > 0) settleProject(this, token.id)
    const frame = this.frame(token.frame)
    this.#stopsWaiting(token, null)
    this.changes.remove(this.state.tokens, token.id)
    this.changesOf(frame).remove(frame.tokens, token.id)
    this.#count(token.wait, -1)
    if (this.state.budget !== null) release(this, token.id)
  }

  token(id: EventId): Token {
    const token = this.state.tokens.get(id)
    if (token === undefined) throw new InvariantError('K4', `run "${this.state.run}" has no live token "${id}"`)
    return token
  }

  #fanout(id: EventId): FanOut {
    const fanout = this.state.fanouts.get(id)
    if (fanout === undefined) throw new InvariantError('K5', `run "${this.state.run}" has no open fan-out "${id}"`)
    return fanout
  }

  frame(id: EventId): Frame {
    const frame = this.state.frames.get(id)
    if (frame === undefined) throw new InvariantError('K5', `run "${this.state.run}" has no frame "${id}"`)
    return frame
  }

  node(ref: string): number {
    const index = this.plan.nodeIndex.get(ref)
    if (index === undefined) throw new InvariantError('K2', `workflow "${this.state.workflow}" has no node "${ref}"`)
    return index
  }

  #fan(ref: string): number {
    const index = this.plan.fanIndex.get(ref)
    if (index === undefined) throw new InvariantError('K2', `workflow "${this.state.workflow}" has no fan-out "${ref}"`)
    return index
  }
}

/** For what the record has made itself: it is gone when the record is taken back, so no way back is noted. */
const unnoted = new Changes()

/** The branch of that fan-out in which a frame lies: its own, or one around it. */
export function branchOf(frame: Frame, fan: number): Frame | null {
  for (let at: Frame | null = frame; at !== null; at = at.parent) if (at.fanout?.fan === fan) return at
  return null
}

function unknownEvent(run: string, number: number, event: never): WonderError {
  const type = JSON.stringify((event as { readonly type?: unknown }).type)
  return new WonderError('store_corrupt', `Cannot read record ${number} of run "${run}": there is no event ${type}`)
}

function outcomeOf(event: { readonly output?: Json; readonly error?: ErrorBody }): {
  readonly output?: Json
  readonly error?: ErrorBody
} {
  return {
    ...(event.output === undefined ? {} : { output: event.output }),
    ...(event.error === undefined ? {} : { error: event.error }),
  }
}

function withValue(target: JsonObject, path: readonly string[], at: number, value: Json): JsonObject {
  const key = path[at] as string
  if (at === path.length - 1) return { ...target, [key]: value }
  const inner = Object.hasOwn(target, key) ? target[key] : undefined
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {}
  return { ...target, [key]: withValue(object, path, at + 1, value) }
}
