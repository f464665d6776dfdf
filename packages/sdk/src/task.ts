import { hold, Part } from './document.ts'
import { bareCel, type Condition, type Ref, ref } from './reference.ts'

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
}

export type Budget = {
  readonly tokens?: number
  readonly cost_usd?: number
  readonly wall_time?: Duration
  readonly steps?: number
  readonly calls?: number
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
  readonly budget?: Budget
  readonly compensate?: readonly AnyTask[]
  readonly concurrency?: {
    readonly key?: unknown
    readonly limit?: number
    readonly when_full?: 'queue' | 'reject' | 'cancel_older'
  }
  readonly cache?: { readonly key?: unknown; readonly for?: Duration }
  readonly checkpoint?: unknown
}

/** Fields of tasks that something outside of the run works on. */
export type WorkFields = TaskFields & {
  readonly timeout?: Duration
  readonly retry?: Retry
  readonly interrupted?: 'rerun' | 'ask' | 'fail'
  readonly save?: string
  readonly artifacts?: readonly string[]
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
