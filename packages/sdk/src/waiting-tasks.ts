import type { Document } from './document.ts'
import { bareCel, type Condition, type Literal, type Marked, type Open, ref, type Value } from './reference.ts'
import {
  type AnyTask,
  type Budget,
  type Concurrency,
  type Duration,
  idOf,
  makeTask,
  type Retry,
  type Task,
  type TaskFields,
  type Values,
} from './task.ts'
import type { Fields, ValueOf } from './tool.ts'
import type { WorkflowDocument } from './workflow.ts'

/** How long: a duration, or what gives one, or milliseconds, when it runs. */
export type Time = Duration | Marked<string | number> | `{{${string}`

/** What follows when something has taken too long. */
export type TooLate = 'fail' | 'continue' | { readonly next: string | AnyTask } | readonly AnyTask[]

type Nothing = { [name: string]: never }

/** Waits for a time: how long, or `{ until }` a moment such as `2030-01-31T08:00:00Z`. */
export function sleep<const Id extends string>(
  id: Id,
  time: Time | { readonly until: Value<string> },
  fields?: TaskFields,
): Task<Id, Nothing> {
  return makeTask(sleep, id, { words: { sleep: time }, fields })
}

/** What `until` of a wait and its processor may read: the payload of a signal, and what the processor made of it. */
export type SignalScope = { readonly signal: Open; readonly processor: Open }

type ProcessorWords = Values & {
  readonly timeout?: Duration
  readonly retry?: Retry
  readonly interrupted?: 'rerun' | 'ask' | 'fail'
}

/**
 * Waits for a signal of a name; its output is the payload.
 *
 * @example
 * wait('paid', text`paid-${input.order}`, { until: ({ signal }) => cel`${signal.amount} > 0`, timeout: '3d' })
 */
export function wait<const Id extends string>(
  id: Id,
  signal: Value<string>,
  fields: TaskFields & {
    readonly until?: Condition | ((scope: SignalScope) => Condition)
    /** false: signals that came before it waits are not for it. */
    readonly kept?: boolean
    readonly timeout?: Time
    readonly on_timeout?: TooLate
    /** A tool, shell, http or render in the words of YAML, through which each signal goes before `until` is asked. */
    readonly processor?: ProcessorWords | ((scope: Pick<SignalScope, 'signal'>) => ProcessorWords)
  } = {},
): Task<Id, unknown> {
  const { until, on_timeout: late, processor, ...rest } = fields
  const scope: SignalScope = { signal: ref('signal'), processor: ref('processor') }
  const words = {
    wait: signal,
    ...(until === undefined ? {} : { until: bareCel(typeof until === 'function' ? until(scope) : until) }),
    ...(late === undefined ? {} : { on_timeout: lateWords(late) }),
    ...(processor === undefined ? {} : { processor: typeof processor === 'function' ? processor(scope) : processor }),
  }
  return makeTask(wait, id, { words, fields: rest })
}

/** Sends a signal to a run: to this one, unless `run` names another. */
export function signal<const Id extends string>(
  id: Id,
  words: { readonly name: Value<string>; readonly payload?: unknown; readonly run?: Value<string> },
  fields?: TaskFields,
): Task<Id, Nothing> {
  return makeTask(signal, id, { words: { signal: words }, fields })
}

type Answer<Answers> = {
  decision: 'approved' | 'answered'
  answers: ValueOf<Answers, 'input'>
  by: string
  at: string
}

/**
 * Asks a person; the answers are typed by their fields. Who rejects makes the task fail, with the code `rejected`.
 *
 * @example
 * const owner = ask('owner', 'Publish the report?', { answers: { publish: 'boolean' }, role: 'maintainer', expires: '2d' })
 */
export function ask<const Id extends string, const Answers extends Fields = Record<never, string>>(
  id: Id,
  question: Value<string>,
  fields: TaskFields & {
    /** What is shown with the question; the answer holds for exactly this. */
    readonly with?: Values
    readonly answers?: Answers
    readonly role?: Value<string>
    readonly expires?: Time
    readonly on_expiry?: TooLate | { readonly role: Value<string>; readonly expires?: Time }
  } = {},
): Task<Id, Answer<Answers>> {
  const { on_expiry: late, ...rest } = fields
  const words = { ask: question, ...(late === undefined ? {} : { on_expiry: lateWords(late) }) }
  return makeTask(ask, id, { words, fields: rest })
}

type ChildFields = TaskFields & {
  readonly timeout?: Duration
  readonly on_parent_end?: 'cancel' | 'continue'
  readonly concurrency?: Concurrency
  readonly budget?: Budget
}

/** `with` may be left out only where the workflow needs nothing. */
type Given<Input> =
  Record<never, never> extends Input ? { readonly with?: Literal<Input> } : { readonly with: Literal<Input> }

type Arguments<Input, Detached> =
  Record<never, never> extends Input
    ? [fields?: ChildFields & Given<Input> & { readonly detached?: Detached }]
    : [fields: ChildFields & Given<Input> & { readonly detached?: Detached }]

type ChildOutput<Output, Detached> = Detached extends true ? { run: string } : Output

/**
 * Runs another workflow of the project as a run of its own: what its file exports, or its id. With what the file exports,
 * `with` and `output` are typed. `detached: true`: it is not waited for.
 *
 * @example
 * import health from './health.ts'
 * const looked = child('looked', health, { with: { repository: input.repository }, timeout: '1h' })
 */
export function child<const Id extends string, Input, Output, const Detached extends boolean = false>(
  id: Id,
  workflow: WorkflowDocument<Input, Output>,
  ...fields: Arguments<Input, Detached>
): Task<Id, ChildOutput<Output, Detached>>
export function child<const Id extends string>(
  id: Id,
  workflow: string,
  fields?: ChildFields & { readonly with?: Values; readonly detached?: boolean },
): Task<Id, unknown>
export function child(id: string, workflow: string | Document, fields?: TaskFields): Task<string, unknown> {
  const name = typeof workflow === 'string' ? workflow : workflow.id
  if (typeof name !== 'string') throw new TypeError(`child("${id}") takes a workflow or its id`)
  return makeTask(child, id, { words: { workflow: name }, fields })
}

/** A task is named by its id. */
function lateWords<Late>(late: Late | TooLate): unknown {
  if (typeof late !== 'object' || late === null || !('next' in late)) return late
  return { next: idOf(late.next as string | AnyTask) }
}
