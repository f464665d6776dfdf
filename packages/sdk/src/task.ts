import { hold, Part } from './document.ts'
import { bareCel, type Condition, type Ref, ref, type Value } from './reference.ts'

declare const outputType: unique symbol

/** A task, whatever it gives. */
export type AnyTask = {
  readonly id: string
  readonly [outputType]: unknown
}

/** A task: it stands in the list in which it runs, and later tasks read what it gave. */
export type Task<Id extends string, Output> = {
  readonly id: Id
  readonly [outputType]: Output
  /** `tasks.<id>.output` */
  readonly output: Ref<Output>
  /** `tasks.<id>.status` */
  readonly status: Ref<'completed' | 'failed' | 'skipped' | 'cancelled'>
  /** `tasks.<id>.error`, when it failed and the run went on. */
  readonly error: Ref<TaskError>
  /** `tasks.<id>.artifact`, of a task with `save`. */
  readonly artifact: Ref<unknown>
  /** `tasks.<id>.usage`, of agents and models. */
  readonly usage: Ref<unknown>
}

export type TaskError = { code: string; message: string; details: unknown }

export type OutputOf<T> = T extends { readonly [outputType]: infer Output } ? Output : never

/** The output of the last task of a list. */
export type LastOutput<Tasks extends readonly AnyTask[]> = Tasks extends readonly []
  ? null
  : Tasks extends readonly [...AnyTask[], infer Last]
    ? OutputOf<Last>
    : unknown

/** `250ms`, `1s`, `5m`, `2h`, `3d` */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

export type Retry = {
  readonly max_attempts?: number
  readonly backoff?: 'none' | 'linear' | 'exponential'
  readonly initial_delay?: Duration
  readonly max_delay?: Duration
  readonly jitter?: number
  /** Only these codes of errors are retried. */
  readonly only?: readonly string[]
  /** These codes of errors are never retried. */
  readonly except?: readonly string[]
}

/** What one attempt of a task may use at most. */
export type Budget = {
  readonly tokens?: number
  readonly cost_usd?: number
  readonly tool_calls?: number
  readonly steps?: number
}

/** What a run, or all runs of a project together, may use. */
export type RunBudget = Budget & {
  readonly wall_time?: Duration
  readonly retries?: number
  /** Most branches of one fan-out; of a run alone. */
  readonly width?: number
  /** Share of a limit at which a warning is given. */
  readonly warn_at?: number
}

/** How many at a time, by a key. */
export type Concurrency = {
  readonly key?: Value<string | number>
  readonly limit: number
  readonly when_full?: 'queue' | 'reject' | 'cancel_older'
}

export type CheckpointType = 'plan' | 'progress' | 'decision-needed' | 'blocked' | 'completed'

/** What is reported once a task is done; `decision-needed` waits for a person. */
export type Checkpoint =
  | CheckpointType
  | {
      readonly type?: CheckpointType
      readonly summary?: Value<string>
      readonly required_action?: { readonly kind: string; readonly instructions: Value<string> }
      readonly role?: Value<string>
      readonly reasons?: readonly string[]
    }

/** What follows a failure: a word, another task of the same list, or tasks that run instead. */
export type OnError = 'fail' | 'continue' | 'block' | { readonly next: string | AnyTask } | readonly AnyTask[]

export type Strategy = 'wait_all' | 'fail_fast' | 'best_effort' | 'race'

/** Fields of every task. */
export type TaskFields = {
  readonly name?: string
  readonly if?: Condition
  readonly next?: string | AnyTask
  readonly on_error?: OnError
  /** Tasks that undo it when the run fails or is cancelled afterwards. */
  readonly compensate?: readonly AnyTask[]
  readonly checkpoint?: Checkpoint
}

/** Fields of tasks that something outside of the run works on. */
export type WorkFields = TaskFields & {
  readonly timeout?: Duration
  readonly retry?: Retry
  readonly interrupted?: 'rerun' | 'ask' | 'fail'
  readonly save?: string
  readonly artifacts?: readonly string[]
  readonly concurrency?: Concurrency
  readonly budget?: Budget
  /** Results are kept across runs: by their input, or by `key`, `for` so long. */
  readonly cache?: boolean | { readonly key?: unknown; readonly for?: Duration }
}

/** What is given by name. */
export type Values = { readonly [name: string]: unknown }

/** Makes a task: `words` are those of its kind, `fields` what every task may have. */
export function makeTask<T extends AnyTask>(
  builder: (...args: never) => unknown,
  id: string,
  { words, fields = {} }: { readonly words: Values; readonly fields?: TaskFields | undefined },
): T {
  const root = ref(`tasks.${id}`)
  const parts = ['output', 'status', 'error', 'artifact', 'usage', 'failed', 'stats', 'children'] as const
  const task: object = { id, ...Object.fromEntries(parts.map((name) => [name, root[name]])) }
  const document = { id, ...words, ...commonWords(fields) }
  return hold(Object.freeze(task), new Part(document, builder)) as T
}

/** `if` is bare CEL, and a task is named by its id. */
function commonWords(fields: TaskFields): Values {
  const { on_error: onError } = fields
  return {
    ...fields,
    ...(fields.if === undefined ? {} : { if: bareCel(fields.if) }),
    ...(fields.next === undefined ? {} : { next: idOf(fields.next) }),
    ...(typeof onError === 'object' && 'next' in onError ? { on_error: { next: idOf(onError.next) } } : {}),
  }
}

export function idOf(task: string | AnyTask): string {
  return typeof task === 'string' ? task : task.id
}
