import type { ErrorBody } from '@wonder/errors'
import type { Debt } from './debts.ts'
import type { BudgetDef } from './definition.ts'
import type { Artifact, EventId } from './events.ts'
import type { BudgetState } from './fold-budget.ts'
import type { CheckpointState } from './fold-checkpoint.ts'
import type { Parent } from './fold-child.ts'
import type { Permit } from './fold-permit.ts'
import type { Reservation } from './fold-project.ts'
import type { Json, JsonObject } from './json.ts'
import type { Mailbox } from './mailbox.ts'
import type { Questions } from './questions.ts'
import type { Subject } from './subject.ts'
import { Timers } from './timers.ts'
import { noUsage, type UsageTotal } from './usage.ts'

/** What is known of a task that has ended: `tasks.<id>` of the language. */
export type TaskValue = {
  readonly status: 'completed' | 'failed' | 'skipped'
  readonly output: Json
  readonly error?: ErrorBody
  readonly artifact?: Artifact
  readonly failed?: readonly Json[]
  readonly stats?: JsonObject
  /** Tasks of a group with named branches, as seen from outside. */
  readonly children?: { readonly [branch: string]: TaskValue }
}

/**
 * What a live token waits for. `ready` is passed through within a decision, and kept only while the run is paused or held.
 * `decision`: what a person says about an interrupted task. `delivery`: a signal of its own to reach another run.
 */
export type Wait =
  | 'ready'
  | 'task'
  | 'retry'
  | 'decision'
  | 'timer'
  | 'signal'
  | 'answer'
  | 'child'
  | 'delivery'
  | 'permit'
  | 'budget'
  | 'repair'

/** Which part of the run a token belongs to. */
export type Part = 'main' | 'compensation' | 'error' | 'finally'

export type Token = {
  readonly id: EventId
  /** Index in the plan's nodes. */
  node: number
  /** The frame it runs in. */
  readonly frame: Frame
  readonly part: Part
  /** Node of the last task that it completed since the group opened; -1: none. */
  last: number
  wait: Wait
  /** Counts through the token's life, so that a late result never meets another node. */
  attempt: number
  /** Attempts at the present node. */
  tries: number
  dispatch: number
  started: boolean
  /** Epoch ms of the one deadline of what it waits for: the next attempt, the end of a sleep; 0: none. */
  dueAt: number
  input: Json
  save: string | null
  /** Outputs of the steps of this attempt that are in the journal. */
  steps: { readonly [step: string]: Json } | null
  artifact: Artifact | null
  /** How often its lineage took each transition that has a limit. */
  loops: Loops
  /** What more is to be known of what it waits for. */
  subject: Subject | null
  /** Number of the record that made it, while it is in memory; 0: an earlier one. */
  readonly made: number
}

/** By ref of the transition. */
export type Loops = { readonly [transition: string]: number } | null

/** Values of one branch; those of the run itself have the id ''. Dropped when the branch ends. */
export type Frame = {
  readonly id: EventId
  readonly parent: Frame | null
  readonly fanout: FanOut | null
  readonly index: number
  /** By index of the node. Null: there was none yet. */
  values: Map<number, TaskValue> | null
  /** Live tokens and open fan-outs directly in it: the branch is live while there is one. Through frame-tokens.ts. */
  token: Token | null
  /** Tokens that were made while there was one; null: there was none yet, as in most branches. */
  others: Map<EventId, Token> | null
  /** Null: there was none yet. */
  fanouts: Map<EventId, FanOut> | null
  /** Joins of its fan-out at which it has arrived, by number. */
  arrived: readonly number[]
  /** Number of the record that made it, while it is in memory; 0: an earlier one. */
  made: number
}

/** A join of an open fan-out. */
export type JoinState = {
  closed: boolean
  /** Epoch ms at which it is decided with what is there; 0: it has no timeout, or nothing has arrived. */
  dueAt: number
  /** Branches that have arrived. */
  arrived: number
  /** Branches that have ended without arriving. */
  missed: number
  /** What they brought, by number of the branch. */
  readonly results: Map<number, Json>
}

/** A fan-out that has not been joined. */
export type FanOut = {
  readonly id: EventId
  /** Index in the plan's fans. */
  readonly fan: number
  readonly frame: Frame
  readonly part: Part
  readonly count: number
  readonly skipped: number
  /** The items of an each: a list, or the marker of one. */
  readonly items: Json
  /** The next branch to start. */
  next: number
  /** Live branches by number. */
  readonly branches: Map<number, Frame>
  /** By number of the join in the fan-out's plan. */
  readonly joins: readonly JoinState[]
  readonly ways: readonly (readonly [transition: string, count: number])[] | null
  /** Of the token that it was. */
  readonly loops: Loops
  readonly failures: Map<number, ErrorBody>
  /** By name, of named branches. */
  readonly children: Map<string, TaskValue> | null
  /** Branches that have ended, well or not. */
  ended: number
}

/** All that the future of a run depends on. Only `evolve` changes it. */
export type RunState = {
  readonly run: string
  /** Of the last record. */
  number: number
  /** Of the last record, epoch ms. */
  time: number
  definition: string
  project: string
  workflow: string
  input: Json
  env: { readonly [name: string]: string }
  seed: number
  tags: readonly string[]
  /** The run that ordered this one; null: a person or a program did. */
  parent: Parent | null
  /** How many runs are above it. */
  depth: number
  /** What the runs above let it use. */
  grant: BudgetDef | null
  /** The run whose results it takes; null: none. */
  reuse: string | null
  /** Digest of the env values that its tasks see; null: none of them reads any. */
  tasksEnv: string | null
  /** How many sub-workflows it has ordered. */
  children: number
  startedAt: number
  /** `state` of the language. */
  values: JsonObject
  readonly tokens: Map<EventId, Token>
  readonly fanouts: Map<EventId, FanOut>
  /** The run's own frame. Those of branches stand in their fan-outs. */
  readonly root: Frame
  paused: boolean
  /** Nothing is ordered and no timer runs: the time that the run may take is used up, until a person lifts it, or it may not begin yet. */
  hold: Hold | null
  /** Wall time so far, ms, without the span that is being counted. Paused and blocked time does not count. */
  elapsed: number
  /** What a fork adds to the number of a record in the names of its events: they go on behind those of the run it came from. */
  namesFrom: number
  /** Epoch ms since when time counts; null: it does not. */
  countingSince: number | null
  /** Wall time that the run may take, ms; 0: any. A person who goes on after it was used up gives as much again. */
  timeAllowed: number
  /** What undoes nodes that have completed, by the order of their completion, from 0. */
  readonly compensations: Map<number, Compensation>
  /** Ref of the node that is being undone. */
  undoing: string | null
  /** Frames of compensations, and of tasks that are awaited while the run stops, with the items that they see. */
  readonly detached: Map<EventId, Detached>
  /** By token; '' is that of the run. Those that were asked for, and those that were granted. */
  readonly permits: Map<EventId, Permit>
  /** By token; '' is that of the run. What they have reserved of the project's budget, or asked for. */
  readonly reservations: Map<EventId, Reservation>
  /** What the run owes to the outside, by name; it is asked for again until a `settled` says that it is done. */
  readonly debts: Map<string, Debt>
  /** Signals that no wait has taken yet; null: none ever came, and no wait began. */
  mailbox: Mailbox | null
  /** Null: no person was asked. */
  questions: Questions | null
  stopping: {
    readonly target: StopTarget
    readonly output?: Json
    readonly error?: ErrorBody
    /** Compensations that failed. */
    readonly failures?: readonly { readonly task: string; readonly error: ErrorBody }[]
  } | null
  /** The part whose tokens are live. */
  part: Part
  ended: {
    readonly status: StopTarget
    readonly output?: Json
    readonly error?: ErrorBody
  } | null
  /** How many tokens wait for what. */
  waiting: { [wait in Wait]: number }
  /** Not part of what is stored: it follows from tokens and joins. */
  readonly timers: Timers
  /** Not part of what is stored: epoch ms of the last time that debts were asked for again, since the run was loaded. */
  askedAt: number
  /** Some value was moved to Blobs: from then on values are looked through for markers. */
  blobs: boolean
  artifacts: readonly Artifact[]
  readonly usage: UsageTotal
  /** Null: nothing limits the run. */
  budget: BudgetState | null
  /** Null: it has emitted no checkpoint. */
  checkpoints: CheckpointState | null
}

export type StopTarget = 'completed' | 'failed' | 'cancelled' | 'timed_out'

/** A node that has completed and can be undone, with what the list that undoes it reads. */
export type Compensation = {
  /** Ref of the node. */
  readonly node: string
  readonly values: readonly (readonly [ref: string, value: TaskValue])[]
  readonly items: BoundItems
}

/** By name. */
export type BoundItems = { readonly [name: string]: BoundItem }

/** An item of an each: itself, or a place in a list that is too large to be kept. */
export type BoundItem = { readonly value: Json } | { readonly of: Json; readonly index: number }

/** `permit` and `budget`: the run has not begun here, it waits for its permit, or for the project's budget. */
export type Hold = { readonly kind: 'wall_time' | 'timeout' | 'permit' | 'budget' }

/** A frame that lies in no fan-out and around which there is none. */
export type Detached = { readonly frame: Frame; readonly items: BoundItems }

const rootFrame = ''

export function createRunState(run: string): RunState {
  return {
    run,
    number: 0,
    time: 0,
    definition: '',
    project: '',
    workflow: '',
    input: null,
    env: {},
    seed: 0,
    tags: [],
    parent: null,
    depth: 0,
    grant: null,
    reuse: null,
    tasksEnv: null,
    children: 0,
    startedAt: 0,
    values: {},
    tokens: new Map(),
    fanouts: new Map(),
    root: createFrame(rootFrame, null, 0),
    paused: false,
    hold: null,
    elapsed: 0,
    namesFrom: 0,
    countingSince: null,
    timeAllowed: 0,
    compensations: new Map(),
    undoing: null,
    detached: new Map(),
    permits: new Map(),
    reservations: new Map(),
    debts: new Map(),
    mailbox: null,
    questions: null,
    stopping: null,
    part: 'main',
    ended: null,
    waiting: { ...noneWaiting },
    timers: new Timers(),
    askedAt: 0,
    blobs: false,
    artifacts: [],
    usage: { ...noUsage },
    budget: null,
    checkpoints: null,
  }
}

/** The counts of a run without tokens. */
export const noneWaiting: { readonly [wait in Wait]: number } = {
  ready: 0,
  task: 0,
  retry: 0,
  decision: 0,
  timer: 0,
  signal: 0,
  answer: 0,
  child: 0,
  delivery: 0,
  permit: 0,
  budget: 0,
  repair: 0,
}

const noJoins: readonly number[] = []

export function createFrame(id: EventId, fanout: FanOut | null, index: number): Frame {
  const parent = fanout === null ? null : fanout.frame
  return {
    id,
    parent,
    fanout,
    index,
    values: null,
    token: null,
    others: null,
    fanouts: null,
    arrived: noJoins,
    made: 0,
  }
}

/** Every frame in which something may be live: the run's own, the detached, and those of live branches. */
export function* framesOf({ root, detached, fanouts }: RunState): Iterable<Frame> {
  yield root
  for (const { frame } of detached.values()) yield frame
  for (const { branches } of fanouts.values()) yield* branches.values()
}
