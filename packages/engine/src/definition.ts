import type { JsonSchema } from '@wonder/context'
import type { Expr } from './expr.ts'
import type { Json } from './json.ts'

/**
 * The intermediate form: what every front end compiles to and all that the engine knows of a workflow.
 * It is data, immutable, and named by the hash of its closure (`closureDigest`).
 *
 * Shape of a list: each task is a node; a transition leads to the next. A group (each, parallel, route, sequence)
 * is a node `<id>:open` where it begins and a node `<id>` where it ends, which carries the group's value.
 */
export type Definition = {
  readonly format: 1
  readonly project: string
  /** Id of the workflow. */
  readonly workflow: string
  readonly name?: string
  readonly description?: string
  /** Object schema of the input; defaults are applied before the run starts. */
  readonly input: JsonSchema
  /** State at the start. */
  readonly state: { readonly schema: JsonSchema; readonly initial: { readonly [key: string]: Json } }
  /** Names of the env values that expressions and mappings of the kernel read. */
  readonly env: readonly string[]
  /** Names of secrets that mappings refer to. */
  readonly secrets: readonly { readonly name: string; readonly optional: boolean }[]
  readonly nodes: readonly NodeDef[]
  readonly transitions: readonly TransitionDef[]
  readonly fans: readonly FanDef[]
  /** Ref of the node where the first token stands. */
  readonly start: string
  /** Computed when no token is live any more and nothing failed. Absent: `{}`. */
  readonly outputs?: Expr
  /** First node of the list that runs when the run fails, before `finally`; `error` is the run's error there. */
  readonly onError?: string
  /** First node of the list that runs whatever happened. */
  readonly finally?: string
  /** Sub-workflows by id: the digest of each one's closure, so that this definition's digest covers them. */
  readonly workflows?: { readonly [id: string]: string }
  /** What a run may use; absent: no limit of its own. */
  readonly budget?: BudgetDef
  /** What all runs of the project may use together; without `width`. Absent: no limit. */
  readonly projectBudget?: BudgetDef
  /** `after` milliseconds of wall time (paused and blocked time left out): the run waits for a person, fails as `timed_out`, or is cancelled. */
  readonly timeout?: { readonly after: number; readonly action: 'block' | 'fail' | 'cancel' }
  /** Which checkpoints a run emits by itself. */
  readonly checkpoints?: { readonly on?: readonly CheckpointType[]; readonly every_steps?: number }
  /** At most so many runs of a key at a time. */
  readonly concurrency?: ConcurrencyDef
  /** How deep sub-workflows nest, and how many one run may order. Default 16 and 10,000. */
  readonly nesting?: { readonly depth: number; readonly children: number }
  /** Tasks by ref; a node names one. */
  readonly tasks: { readonly [ref: string]: TaskDef }
  /** Tools by name. The bundle's code is in Blobs under `tools/<digest>`. */
  readonly tools: { readonly [name: string]: ToolDef }
  /** Template texts by digest (`sha256:<hex>`). */
  readonly texts: { readonly [digest: string]: { readonly file: string; readonly text: string } }
  /** `allow`: the only hosts that http and tools may reach, `settings.network.allow`; absent: every public host. */
  readonly network: { readonly allow?: readonly string[] }
  /** The tasks as their author wrote them: for people, never read to decide. */
  readonly outline: readonly OutlineItem[]
}

/** Where a token can stand. It does one thing, then goes on along the transitions. */
export type NodeDef = {
  /** Unique in the workflow. */
  readonly ref: string
  /** CEL; false: the node is skipped (`status: skipped`, output null) and the token goes on as if it had completed. */
  readonly when?: string
  readonly does: NodeWork
  /**
   * What follows a failure that has no attempts left; default `fail`. Applies to work that is done outside of the kernel
   * and to joins that fail. block: the run keeps everything, waits for a repair and goes on at this node.
   */
  readonly onError?: 'fail' | 'continue' | 'block' | { readonly to: string }
  /** The node whose error is `error` here: set in every node of an error list. `$run` is the run's error. */
  readonly error?: string
  /** First node of the list that undoes what this node did, when the run stops after it has completed. */
  readonly compensate?: string
  /** Emitted once the node has its value; `decision-needed` waits there until it is approved. */
  readonly checkpoint?: CheckpointDef
  /** At most so many of a key at a time: tasks and sub-workflows. */
  readonly concurrency?: ConcurrencyDef
  /** What one attempt may use at most: reserved when it is ordered, settled with its result. */
  readonly budget?: BudgetDef
  /** Results are kept across runs by `key` (default: the task's input) and task, for so many milliseconds (absent: for ever). */
  readonly cache?: { readonly key?: Expr; readonly for?: number }
}

/** Limits of usage; one that is absent is none. Usage may reach a limit, not exceed it. */
export type BudgetDef = {
  /** Milliseconds; paused and blocked time does not count. */
  readonly wall_time?: number
  /** Steps of tasks. */
  readonly steps?: number
  /** Attempts after the first one of a task. */
  readonly retries?: number
  readonly tool_calls?: number
  /** Of models. */
  readonly tokens?: number
  /** US dollars. */
  readonly cost_usd?: number
  /** Branches of one fan-out. */
  readonly width?: number
  /** Share of a limit at which a warning is given, default 0.8. */
  readonly warn_at?: number
}

/** `key` names what is shared, in the whole project. queue: waits its turn, first come first served. */
export type ConcurrencyDef = {
  readonly key: Expr
  readonly limit: number
  readonly when_full: 'queue' | 'reject' | 'cancel_older'
}

export type CheckpointType = 'plan' | 'progress' | 'decision-needed' | 'blocked' | 'completed'

export type CheckpointDef = {
  readonly type: CheckpointType
  /** 1 to 2,000 characters. */
  readonly summary: Expr
  /** What a person must do; with `decision-needed`. */
  readonly required?: { readonly kind: string; readonly instructions: Expr }
  /** Who may decide; absent: anybody. */
  readonly role?: Expr
  readonly reasons?: readonly string[]
}

export type NodeWork =
  /** One task on an executor. `input` is computed at each attempt; `save` is the name of the artifact that its text becomes. */
  | { readonly kind: 'task'; readonly task: string; readonly input: Expr; readonly save?: Expr }
  /** Changes state: path (dotted) → value. All values are computed before the first is set. */
  | { readonly kind: 'set'; readonly values: readonly { readonly path: readonly string[]; readonly value: Expr }[] }
  /** Its output is the value. */
  | { readonly kind: 'collect'; readonly value: Expr }
  /** Nothing: where a group opens. Forgets the token's `last`, so that a group's value never comes from before it. */
  | { readonly kind: 'open' }
  /** Where a sequence or route ends; its output is that of the last task the token completed since `open`, null when none. */
  | { readonly kind: 'last' }
  /** As `last`, for a route: `{taken, output}`; the value of `taken` is that of the transition from `open` that fired. */
  | { readonly kind: 'route'; readonly open: string }
  /** Where the join of a fan-out leads. Its value is the merge. */
  | { readonly kind: 'join'; readonly fan: string }
  /** Ends the run, from anywhere: completed. */
  | { readonly kind: 'end' }
  /** Ends the run: failed, with this message. */
  | { readonly kind: 'fail'; readonly message: Expr; readonly code?: Expr }
  /** Fails this node as a task would: an unknown case of a route, for example. */
  | { readonly kind: 'error'; readonly code: string; readonly message: Expr }
  | SleepWork
  | WaitWork
  | SignalWork
  | AskWork
  | WorkflowWork

/** Waits for a time. `for`: milliseconds or a duration (`5m`); `until`: epoch ms or an ISO time. One of them. */
export type SleepWork = { readonly kind: 'sleep'; readonly for?: Expr; readonly until?: Expr }

/** Waits for a signal; its output is the payload. */
export type WaitWork = {
  readonly kind: 'wait'
  /** The signal's name. */
  readonly signal: Expr
  /** CEL over `signal` (the payload) and `processor` (the output of the processor); false: waits on. */
  readonly until?: string
  /** false: a signal that came before the wait began is not for it. */
  readonly kept?: boolean
  /** Milliseconds or a duration, from when the wait began. */
  readonly timeout?: Expr
  /** Default fail, with the code `wait_timeout`. */
  readonly onTimeout?: 'fail' | 'continue' | { readonly to: string }
  /** A task that each signal goes through before `until` is judged; its input sees `signal`. */
  readonly processor?: { readonly task: string; readonly input: Expr }
}

/** Sends a signal to a run; absent: to this one. Its output is `{}`. */
export type SignalWork = {
  readonly kind: 'signal'
  readonly name: Expr
  readonly payload?: Expr
  readonly run?: Expr
}

/** Waits for a person; its output is `{decision, answers, by, at}`. */
export type AskWork = {
  readonly kind: 'ask'
  readonly text: Expr
  /** What the person decides about: shown with the text, and the answer is bound to its digest. */
  readonly shows?: Expr
  /** Object schema of the answers; absent: approve or reject. */
  readonly answers?: JsonSchema
  /** Who may answer; absent: anybody. */
  readonly role?: Expr
  /** Milliseconds or a duration, from when it was asked. */
  readonly expires?: Expr
  /** Default fail, with the code `question_expired`. With a role: that role is asked then. */
  readonly onExpiry?: 'fail' | 'continue' | { readonly to: string } | { readonly role: Expr; readonly expires?: Expr }
}

/** Another workflow as a run of its own; its output is that run's. */
export type WorkflowWork = {
  readonly kind: 'workflow'
  /** Id in the definition's `workflows`. */
  readonly workflow: string
  readonly input: Expr
  /** Milliseconds; then it is cancelled, and this node fails with the code `child_timeout`. */
  readonly timeout?: number
  /** What becomes of it when this run ends before it. */
  readonly close: 'cancel' | 'continue'
  /** Not waited for: the output is `{run}`, its id. */
  readonly detached?: boolean
}

/**
 * From one node to the next. Of a node's transitions those of the lowest priority with a match fire, all of them, in their order.
 * No match: the token has reached its end.
 */
export type TransitionDef = {
  readonly ref: string
  readonly from: string
  readonly to: string
  /** Default 0. */
  readonly priority?: number
  /** CEL; absent: true. */
  readonly if?: string
  /** `taken` of a route: what stands for this way. */
  readonly label?: Json
  /** Fires as a branch (or, for each, as all branches) of this fan-out, which begins at `from`. */
  readonly fan?: string
  /** How many branches of the fan-out it makes, a whole number from 0; absent: one. Not with each. */
  readonly spawn?: Expr
  /** Name of the branch, for a fan-out of named branches; no other transition of it has the same. */
  readonly branch?: string
  /** A token that came here this way so often, counted through its lineage, does not go again. */
  readonly max_iterations?: number
  /**
   * Arrives at a join of this fan-out; `to` is its join node. `take`: which value of the branch is merged.
   * A token that is in no branch of the fan-out passes straight through.
   */
  readonly join?: { readonly fan: string; readonly take: 'last' | { readonly node: string } }
}

/** A fan-out and its joins. */
export type FanDef = {
  readonly ref: string
  /** The node where it begins. */
  readonly node: string
  /** Most branches at a time; absent: all at once. */
  readonly workers?: number
  /** With `each`: one branch an item. Without: one branch a transition with this `fan`, in their order. */
  readonly each?: {
    readonly items:
      | { readonly list: Expr }
      | { readonly matrix: { readonly [axis: string]: Expr }; readonly exclude?: Expr; readonly max?: number }
    /** The item's name in scope; `index` stands beside it. */
    readonly as: string
    /** CEL over the item; false leaves it out. */
    readonly filter?: string
    /** Waves of that many branches: the next begins when the one before has ended. */
    readonly batch?: number
  }
  /** None: the branches end where they end, and a failure of one fails what is around them. */
  readonly joins: readonly JoinDef[]
}

/**
 * Where branches come together again. Each join of a fan-out activates at most once; a branch may arrive at several.
 * A branch has arrived with its first token at the join, and is dead when none arrived and none is live.
 */
export type JoinDef = {
  /** The join node. */
  readonly node: string
  /**
   * all (default): every branch has arrived or is dead; the strategy says what failures mean. any, quorum: so many have
   * arrived; when they no longer can, the join fails. ended: as all, and nothing of any branch is live any more; a branch
   * brings what its first token brought. No branches at all: the join activates with the empty merge.
   */
  readonly require?: 'all' | 'any' | 'ended' | { readonly quorum: number }
  readonly strategy: Strategy
  readonly merge: Merge
  /** Milliseconds from the first arrival. */
  readonly timeout?: number
  /** fail (default): the join fails with the code `join_timeout`. proceed: it goes on with what has arrived. */
  readonly onTimeout?: 'fail' | 'proceed'
  /**
   * What becomes of branches that are live when the last join of their fan-out has activated: they end (cancel, the
   * default), or go on and add nothing to it. When the join fails they end.
   */
  readonly rest?: 'cancel' | 'continue'
}

/**
 * wait_all: waits for all, fails when one failed. fail_fast: fails at the first failure and ends the others.
 * best_effort: waits for all, fails only when all failed. race: the first success wins and ends the others.
 */
export type Strategy = 'wait_all' | 'fail_fast' | 'best_effort' | 'race'

/**
 * append: a list, outputs that are lists are joined when all are. collect: a list with null where a branch failed.
 * keyed_by_branch: an object by branch name (`name.0`, `name.1` … along a transition with `spawn`), or by number where the
 * transition has no name. merge_object: assigned in the order of branches.
 * last_wins: the output of the highest branch. A branch that failed or was ended is null, or left out.
 */
export type Merge = 'append' | 'collect' | 'keyed_by_branch' | 'merge_object' | 'last_wins'

export type TaskDef = {
  readonly steps: readonly StepDef[]
  /** Schema of the task's input and output; absent: anything. */
  readonly input?: JsonSchema
  readonly output?: JsonSchema
  /** Computed over `input`, `state`, `steps`; absent: the output of the last step that ran. */
  readonly result?: Expr
  /** Milliseconds from the claim to the end of an attempt. */
  readonly timeout: number
  readonly retry: RetryDef
  readonly interrupted: 'rerun' | 'ask' | 'fail'
  /** Files of the project that become artifacts after the task. */
  readonly artifacts?: readonly string[]
}

export type RetryDef = {
  /** 1 means no retry. */
  readonly max_attempts: number
  readonly backoff: 'none' | 'linear' | 'exponential'
  /** Milliseconds. */
  readonly initial_delay: number
  readonly max_delay: number
  /** Share of the delay that is drawn by the run's seed, 0 to 1. */
  readonly jitter: number
  /** Only these codes of errors are retried. An error that says never is not retried, whatever stands here. */
  readonly only?: readonly string[]
  /** These codes of errors are not retried. */
  readonly except?: readonly string[]
}

export type ActionKind = 'tool' | 'shell' | 'http' | 'render' | 'set' | 'artifact' | 'mock'

export type StepDef = {
  readonly ref: string
  readonly action: ActionKind
  /** The action's fields, over `input`, `state`, `steps.<ref>.output`, `env`, `run`, `secrets`. Absent: the task's input is them. */
  readonly config?: Expr
  /** CEL over the same scope; false: the step is skipped. */
  readonly if?: string
  /** Milliseconds; then its action is aborted, and the step fails with the code `step_timeout`. Absent: the task's time alone. */
  readonly timeout?: number
  /** abort: the task fails. retry: it fails so that a retry is tried even where the error says never. continue: the next step runs; `steps.<ref>.error` is set. */
  readonly on_failure: 'abort' | 'retry' | 'continue'
}

export type ToolDef = {
  readonly file: string
  readonly bundle: string
  readonly input: JsonSchema
  readonly output: JsonSchema
  /** Texts are templates over `input`. */
  readonly permissions: { readonly [kind in 'read' | 'write' | 'net' | 'env' | 'run']?: readonly string[] }
  readonly memory?: number
}

/** A line of the tree that people see. */
export type OutlineItem = {
  readonly id: string
  readonly kind: string
  readonly name?: string
  /** The node that carries the value: its status is the item's. */
  readonly node: string
  /** Where a group opens: the item has begun when a token stood there. */
  readonly open?: string
  /** The fan-out of each and parallel: done and total come from it. */
  readonly fan?: string
  readonly children?: readonly OutlineItem[]
}
