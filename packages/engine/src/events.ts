import type { JsonSchema } from '@wonder/context'
import type { ErrorBody } from '@wonder/errors'
import type { Checkpoint } from './checkpoint.ts'
import type { Debt } from './debts.ts'
import type { BudgetDef } from './definition.ts'
import type { BudgetName } from './fold-budget.ts'
import type { ChildUsage, Parent } from './fold-child.ts'
import type { ProjectAmounts } from './fold-project.ts'
import type { Json } from './json.ts'
import type { PermitResult } from './permits.ts'
import type { ProjectWarning, ReservationResult } from './project-budget.ts'
import type { StopTarget } from './run-state.ts'
import type { Usage } from './usage.ts'

/** `<record number>.<index of its event in the record>`: the name of a token or a fan-out. */
export type EventId = string

/** A file that a run made. */
export type Artifact = {
  readonly name: string
  /** `sha256:<hex>`. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly media_type: string
}

/** The attempt whose result counts for another one. */
export type Reused = { readonly run: string; readonly token: EventId; readonly attempt: number }

/**
 * What happened. State is a fold over these; nothing else is true about a run.
 * Nodes and fan-outs of the definition are named by their ref. Times are those of the record.
 */
export type RunEvent =
  /**
   * The first event of a run. `env`: the values that the kernel reads. `parent`: the run that ordered it, `depth` how many
   * there are above it (absent: none), `grant` what they let it use. `reuse`: the run whose results it takes. `tasks_env`:
   * digest of the env values that tasks see, where some task reads them.
   */
  | {
      readonly type: 'run_started'
      readonly definition: string
      readonly project: string
      readonly workflow: string
      readonly input: Json
      readonly env: { readonly [name: string]: string }
      readonly seed: number
      readonly tags?: readonly string[]
      readonly parent?: Parent
      readonly depth?: number
      readonly grant?: BudgetDef
      readonly reuse?: string
      readonly tasks_env?: string
    }
  /**
   * The first event of a fork: `state` is a snapshot of the run `from` as of its record `record`, made ready to go on by
   * itself. `retry`: what that run has done after the record is taken over where the same is ordered.
   */
  | {
      readonly type: 'run_forked'
      readonly from: string
      readonly record: number
      readonly definition: string
      readonly state: Json
      readonly retry?: true
    }
  /** The run follows another revision from the next record on; this event is alone in its record. */
  | { readonly type: 'run_migrated'; readonly definition: string; readonly from: string }
  /** A token begins, outside of fan-outs: at the start, on a further way of a split, for an error list or `finally`. */
  | {
      readonly type: 'token_created'
      readonly node: string
      readonly from?: EventId
      /** Where it has a limit or a label. */
      readonly transition?: string
      readonly part?: 'error' | 'finally'
    }
  /** A token goes on to a node. */
  | { readonly type: 'token_moved'; readonly token: EventId; readonly node: string; readonly transition?: string }
  | { readonly type: 'token_ended'; readonly token: EventId; readonly reason: 'done' | 'cancelled' }
  /** A task is ordered. `input` and `save` are absent when the same attempt is ordered again. */
  | {
      readonly type: 'task_dispatched'
      readonly token: EventId
      readonly attempt: number
      readonly dispatch: number
      readonly input?: Json
      readonly save?: string
      /** What it may use at most of the budgets that the run has. */
      readonly reserved?: Usage
      /** Name of its result across runs, where it has `cache`. */
      readonly cache?: string
    }
  /** An executor is about to act; only for tasks whose `interrupted` is ask or fail. */
  | { readonly type: 'task_started'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
  | {
      readonly type: 'step_completed'
      readonly token: EventId
      readonly attempt: number
      readonly step: string
      readonly output: Json
      /** Absent: one step, and one tool call where it is a tool. */
      readonly usage?: Usage
    }
  | { readonly type: 'artifact_saved'; readonly token: EventId; readonly artifact: Artifact }
  | {
      readonly type: 'task_completed'
      readonly token: EventId
      readonly attempt: number
      readonly output: Json
      /** Since the last step that is in the journal. */
      readonly usage?: Usage
      /** Nothing ran: the result is that of an earlier attempt. */
      readonly reused?: Reused
    }
  /** An attempt failed. `retry_at` (epoch ms): another will follow; absent: the task has failed. */
  | {
      readonly type: 'task_failed'
      readonly token: EventId
      readonly attempt: number
      readonly error: ErrorBody
      readonly retry_at?: number
      readonly usage?: Usage
    }
  /** The executor of this dispatch has given no sign of life for too long. */
  | { readonly type: 'lease_expired'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
  /** A crash cut the task off and its `interrupted` is ask: a person decides. */
  | { readonly type: 'task_interrupted'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
  | {
      readonly type: 'interruption_decided'
      readonly token: EventId
      readonly decision: 'rerun' | 'fail'
      readonly by: string
    }
  /** `when` was false. */
  | { readonly type: 'node_skipped'; readonly token: EventId }
  /** A node of the kernel has a value (collect, last, route). */
  | { readonly type: 'node_completed'; readonly token: EventId; readonly output: Json }
  /** A node of the kernel failed: an expression, a mapping, an unknown case. */
  | { readonly type: 'node_failed'; readonly token: EventId; readonly error: ErrorBody }
  | {
      readonly type: 'state_set'
      readonly token: EventId
      readonly values: readonly (readonly [readonly string[], Json])[]
    }
  /**
   * A token becomes the branches of a fan-out. Its own name is that of this event. `skipped`: items that the filter left out.
   * `items` are the items, `from` a path of the scope where they are already; neither for named branches.
   */
  | {
      readonly type: 'fanned_out'
      readonly token: EventId
      readonly fan: string
      readonly count: number
      readonly items?: Json
      readonly from?: readonly (string | number)[]
      readonly skipped?: number
      /** Transitions that fired and how many branches each makes, where that is not one for each of the fan-out's. */
      readonly ways?: readonly (readonly [transition: string, count: number])[]
    }
  /** A branch begins: its token is named by this event. */
  | { readonly type: 'branch_started'; readonly fanout: EventId; readonly index: number; readonly node: string }
  /** A token reached a join; it has ended, and with its first token there its branch has arrived. */
  | { readonly type: 'branch_arrived'; readonly token: EventId; readonly transition: string }
  /** A branch cannot reach the join any more. */
  | { readonly type: 'branch_failed'; readonly fanout: EventId; readonly index: number; readonly error: ErrorBody }
  /** A join is decided; a new token, named by this event, stands at its node. With the last join the fan-out is closed. */
  | {
      readonly type: 'joined'
      readonly fanout: EventId
      /** The join's node, where the fan-out has several joins. */
      readonly node?: string
      readonly status: 'completed' | 'failed'
      readonly error?: ErrorBody
      /** Its time was up: it went on with what had arrived. */
      readonly timed_out?: true
      /** It was the last join, and the branches that are live go on. */
      readonly open?: true
      /** How many branches neither arrived nor failed, where some have done both: else it follows from the other counts. */
      readonly skipped?: number
      /** The merge, where it cannot be folded from the branches without loading large values. */
      readonly output?: Json
    }
  /** Every branch has ended, and no further join will activate. */
  | { readonly type: 'fan_out_closed'; readonly fanout: EventId }
  /** The token sleeps until `until` (epoch ms). */
  | { readonly type: 'token_slept'; readonly token: EventId; readonly until: number }
  /** A sub-workflow is to be started as the run `child`; `due_at` (epoch ms): when it is too late. */
  | {
      readonly type: 'child_ordered'
      readonly token: EventId
      readonly child: string
      readonly workflow: string
      readonly definition: string
      readonly input: Json
      readonly grant?: BudgetDef
      readonly due_at?: number
      readonly detached?: true
    }
  /**
   * The child is not waited for any more: it has ended, could not be started, or (`expired`) took too long and is cancelled.
   * `error` is what the node fails with.
   */
  | {
      readonly type: 'child_ended'
      readonly token: EventId
      readonly child: string
      readonly status: StopTarget
      readonly output?: Json
      readonly error?: ErrorBody
      readonly usage?: ChildUsage
      readonly expired?: true
    }
  /**
   * The token does not go on within a budget, and waits for it: `used` and `reserved` so far, `needed` by it (absent: not
   * known). With `fan` it is to become branches, along these `ways`.
   */
  | {
      readonly type: 'budget_reached'
      readonly token: EventId
      readonly budget: BudgetName
      readonly limit: number
      readonly used: number
      readonly reserved: number
      readonly needed?: number
      readonly fan?: string
      readonly ways?: readonly string[]
    }
  /** The share of a limit is used at which a warning is to be given. */
  | { readonly type: 'budget_warned'; readonly budget: BudgetName; readonly limit: number; readonly used: number }
  /** These are the limits from here on. */
  | { readonly type: 'budget_raised'; readonly budget: BudgetDef; readonly by: string }
  | { readonly type: 'checkpoint_emitted'; readonly checkpoint: Checkpoint }
  /** A signal has come and is kept until a wait takes it; it is named by this event. */
  | {
      readonly type: 'signal_received'
      readonly name: string
      readonly payload: Json
      readonly key?: string
      readonly by: string
    }
  /** The token waits for a signal, until `due_at` (epoch ms). */
  | { readonly type: 'signal_awaited'; readonly token: EventId; readonly name: string; readonly due_at?: number }
  /** The wait takes a kept signal: it is the node's value, or goes through the processor first. */
  | { readonly type: 'signal_taken'; readonly token: EventId; readonly id: EventId }
  /** A signal is on its way to another run. */
  | {
      readonly type: 'signal_sent'
      readonly token: EventId
      readonly to: string
      readonly name: string
      readonly payload: Json
    }
  /** No signal came in time. */
  | { readonly type: 'wait_expired'; readonly token: EventId }
  /**
   * A person is asked; the question is named by this event. `digest`: of the canonical JSON of `{text, shows}`.
   * `role`: who may answer, absent: anybody. `checkpoint`: the node has its value, and waits only to go on.
   */
  | {
      readonly type: 'question_asked'
      readonly token: EventId
      readonly text: string
      readonly shows?: Json
      readonly digest: string
      readonly answers?: JsonSchema
      readonly role?: string
      readonly expires_at?: number
      readonly checkpoint?: true
    }
  /** Nobody answered in time: others may from here on. */
  | {
      readonly type: 'question_escalated'
      readonly token: EventId
      readonly role: string
      readonly expires_at?: number
    }
  | {
      readonly type: 'question_answered'
      readonly token: EventId
      readonly decision: 'approved' | 'answered' | 'rejected'
      readonly answers?: Json
      readonly reason?: string
      readonly by: string
    }
  /** Nobody answered in time, for the last time. */
  | { readonly type: 'question_expired'; readonly token: EventId }
  /** Something that the run owed to the outside is done, or cannot be done. */
  | { readonly type: 'settled'; readonly debt: string; readonly error?: ErrorBody }
  /** It has failed for good, and waits for a repair. */
  | { readonly type: 'task_blocked'; readonly token: EventId }
  /** A person has decided how it goes on after that. */
  | {
      readonly type: 'task_repaired'
      readonly token: EventId
      readonly action: 'retry' | 'skip' | 'fail'
      readonly by: string
    }
  /** The run is about to stop, and waits for this task alone, because what it does can be undone. Its frame is named by this event. */
  | { readonly type: 'task_awaited'; readonly token: EventId }
  /** What `task` did is undone: a token, named by this event, stands at the first node of its list. */
  | { readonly type: 'compensation_started'; readonly task: string; readonly node: string }
  | { readonly type: 'compensation_ended'; readonly task: string; readonly error?: ErrorBody }
  /** What is left of them will not run. */
  | { readonly type: 'compensations_skipped'; readonly by: string }
  /** The time that the run may take is used up: nothing is ordered and no timer runs until it is resumed. */
  | { readonly type: 'run_held'; readonly kind: 'wall_time' | 'timeout' }
  /** The token, or without one the run, asks for a permit of a key; it waits until it has one. */
  | {
      readonly type: 'permit_requested'
      readonly token?: EventId
      readonly key: string
      readonly limit: number
      readonly when_full: 'queue' | 'reject' | 'cancel_older'
    }
  | { readonly type: 'permit_granted'; readonly token?: EventId }
  /** There is none for it, or a younger one has taken its place: the node, or the run, fails. */
  | { readonly type: 'permit_refused'; readonly token?: EventId; readonly error: ErrorBody }
  /**
   * The token's attempt, or without one the run, asks the project for room in its budget. `must`: it goes on also where
   * there is none.
   */
  | {
      readonly type: 'reservation_requested'
      readonly token?: EventId
      readonly amounts: ProjectAmounts
      readonly must?: true
    }
  | { readonly type: 'reservation_granted'; readonly token?: EventId }
  /** There is no room for it in the project's budget, and it waits. */
  | {
      readonly type: 'project_budget_reached'
      readonly token?: EventId
      readonly budget: string
      readonly limit: number
      readonly used: number
      readonly reserved: number
      readonly needed: number
    }
  /** The share of a limit of the project is used at which a warning is to be given, by what this run has settled. */
  | {
      readonly type: 'project_budget_warned'
      readonly budget: string
      readonly limit: number
      readonly used: number
    }
  | { readonly type: 'run_paused'; readonly by: string }
  | { readonly type: 'run_resumed'; readonly by: string }
  /** No new work from here on but the error list and `finally`. */
  | {
      readonly type: 'run_stopping'
      readonly target: StopTarget
      readonly output?: Json
      readonly error?: ErrorBody
      readonly by?: string
    }
  | {
      readonly type: 'run_ended'
      readonly status: StopTarget
      readonly output?: Json
      readonly error?: ErrorBody
    }

export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>

/** Who asked for what; each event of the record is owed to one of them. */
export type CommandNote = {
  readonly kind: Command['kind']
  readonly by?: string
  readonly key?: string
  /** How many of the record's events are owed to it: the first command owns the first ones, and so on. */
  readonly events: number
}

/** What one decision wrote. */
export type RunRecord = {
  /** From 1, without gaps. */
  readonly number: number
  readonly format: 1
  /** Epoch ms; never before that of the previous record. */
  readonly time: number
  readonly commands: readonly CommandNote[]
  readonly events: readonly RunEvent[]
  /** A value was moved to Blobs, in this record for the first time. */
  readonly blobs?: true
}

/** A signal as it is given to a run. `key`: a second one with it is a duplicate. */
export type SignalToRun = { readonly name: string; readonly payload: Json; readonly key?: string }

/** What a run can be asked. `key` makes repeating it harmless; `by` is who asks. */
export type Command = CommandBody & { readonly by?: string; readonly key?: string }

export type CommandOf<T extends Command['kind']> = Extract<Command, { readonly kind: T }>

export type CommandBody =
  | {
      readonly kind: 'start'
      readonly definition: string
      readonly input: Json
      readonly env: { readonly [name: string]: string }
      readonly seed: number
      readonly tags?: readonly string[]
      /** Kept for the run's waits from its first record on. */
      readonly signals?: readonly SignalToRun[]
      readonly parent?: Parent
      readonly depth?: number
      readonly grant?: BudgetDef
      /** The run whose results it takes. */
      readonly reuse?: string
      /** Digest of the env values that tasks see. */
      readonly tasksEnv?: string
    }
  /** An executor's claim of a task whose start must be known. */
  | { readonly kind: 'begin_task'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
  | {
      readonly kind: 'complete_step'
      readonly token: EventId
      readonly attempt: number
      readonly step: string
      readonly output: Json
      readonly usage?: Usage
    }
  | {
      readonly kind: 'complete_task'
      readonly token: EventId
      readonly attempt: number
      readonly output: Json
      readonly artifacts?: readonly Artifact[]
      readonly usage?: Usage
      readonly reused?: Reused
    }
  | {
      readonly kind: 'fail_task'
      readonly token: EventId
      readonly attempt: number
      readonly error: ErrorBody
      readonly usage?: Usage
    }
  /** Nobody knows what became of the dispatch: its executor gives no sign of life. */
  | { readonly kind: 'expire_lease'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
  /** Time has passed: what is due happens. */
  | { readonly kind: 'wake' }
  /**
   * A new owner: what was out when the old one died is ordered again, or follows `interrupted`. `lost`: the tokens whose
   * tasks were out then; absent: all whose tasks are out.
   */
  | { readonly kind: 'recover'; readonly lost?: readonly EventId[] }
  | { readonly kind: 'decide_interruption'; readonly task: string; readonly decision: 'rerun' | 'fail' }
  /** A run that this one ordered has ended. */
  | {
      readonly kind: 'complete_child'
      readonly token: EventId
      readonly child: string
      readonly status: StopTarget
      readonly output?: Json
      readonly error?: ErrorBody
      readonly usage?: ChildUsage
    }
  /** A debt has been paid, or (`error`) cannot be. `order`: which of several of that name was paid. */
  | {
      readonly kind: 'settle'
      readonly debt: string
      readonly error?: ErrorBody
      readonly order?: number
      readonly permit?: PermitResult
      readonly reservation?: ReservationResult
      readonly warned?: readonly ProjectWarning[]
    }
  /** Begins a run where another one was; `state` is what `forkedState` made of it. */
  | {
      readonly kind: 'fork'
      readonly from: string
      readonly record: number
      readonly definition: string
      readonly state: Json
      readonly retry?: true
    }
  /** Another revision is followed. Whoever asks has seen that it `fits`. */
  | { readonly kind: 'migrate'; readonly definition: string }
  /** A signal; its `key` makes a second delivery harmless. */
  | { readonly kind: 'signal'; readonly name: string; readonly payload: Json }
  /**
   * What a person says to a question: named by its event, or by its task where that asks one only; neither where the run
   * asks one only. `digest`: what they were shown. `roles`: what they are.
   */
  | {
      readonly kind: 'answer'
      readonly question?: EventId
      readonly task?: string
      readonly decision: 'approve' | 'reject' | 'answer'
      readonly answers?: Json
      readonly reason?: string
      readonly digest?: string
      readonly roles: readonly string[]
    }
  /** What a person says about tasks that wait for a repair; all of them where none is named. */
  | { readonly kind: 'repair'; readonly task?: string; readonly action: 'retry' | 'skip' | 'fail' }
  /** A permit that was waited for is there. `request`: of the holder. */
  | { readonly kind: 'grant_permit'; readonly request: string }
  /** There is room in the project's budget for what waited. `request`: of the holder. */
  | { readonly kind: 'grant_reservation'; readonly request: string }
  /** A younger one takes the place of the task that holds, or waits for, this permit: it fails with `superseded`. */
  | { readonly kind: 'cancel_task'; readonly request: string }
  /** New limits; those that are not named stay. */
  | { readonly kind: 'raise_budget'; readonly budget: BudgetDef }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'cancel'; readonly reason?: string }

/** What the host must do, once the record is on disk. */
export type Effect =
  | { readonly type: 'dispatch'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
  /** Another party must do or know something, until a `settle` of this debt. Asking twice is harmless. */
  | { readonly type: 'pay'; readonly id: string; readonly debt: Debt }
  /** Nobody waits for this dispatch any more. */
  | { readonly type: 'abort'; readonly token: EventId; readonly attempt: number; readonly dispatch: number }
