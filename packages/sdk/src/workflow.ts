import { type Document, documentOf, Part } from './document.ts'
import { type Over, overWords } from './group-tasks.ts'
import { bareCel, type Condition, type Marked, type Ref, ref, type Written } from './reference.ts'
import {
  type AnyTask,
  type CheckpointType,
  type Concurrency,
  type Duration,
  idOf,
  type Retry,
  type RunBudget,
  type Strategy,
  type TaskError,
  type Values,
} from './task.ts'
import type { Fields, ValueOf } from './tool.ts'

type NoFields = Record<never, string>
type Scalars = { readonly [name: string]: string | number | boolean }

/** Fields, or a whole schema under `$schema`. */
export type FieldsOrSchema = Fields | { readonly $schema: object }

export type Defaults = {
  readonly timeout?: Duration
  readonly retry?: Retry
  readonly shell?: { readonly cwd?: string }
}

/** What a workflow says of itself, before its tasks. */
export type Head<Input extends FieldsOrSchema, State extends FieldsOrSchema, Env extends Scalars> = {
  readonly id: string
  readonly name?: string
  readonly version?: string
  readonly description?: string
  readonly input?: Input
  /** Every field has a default or a `?`. */
  readonly state?: State
  readonly env?: Env
  readonly defaults?: Defaults
  /** What a run may use, its sub-workflows included. */
  readonly budget?: RunBudget
  readonly timeout?: Duration
  readonly on_timeout?: 'block' | 'fail' | 'cancel'
  readonly concurrency?: Concurrency
  readonly checkpoints?: { readonly on?: readonly CheckpointType[]; readonly every_steps?: number }
  readonly nesting?: { readonly depth?: number; readonly children?: number }
  readonly triggers?: readonly Trigger[]
}

/** What starts runs: `{ schedule: … }`, `{ webhook: … }`, … */
export type Trigger = {
  readonly [kind: string]: {
    readonly if?: Condition
    readonly dedupe?: string | Marked<unknown>
    readonly [field: string]: unknown
  }
}

/** What a workflow does: `tasks` in their order, or a graph of `nodes` and `transitions`. */
export type Body<Outputs extends Values = Values> = {
  readonly tasks?: readonly AnyTask[]
  readonly nodes?: readonly AnyTask[]
  /** The node where a graph begins; default the first. */
  readonly start?: string | AnyTask
  readonly transitions?: readonly Transition[]
  readonly outputs?: Outputs
  /** Tasks that run when the run fails; `block`: tasks without an `on_error` of their own wait for a person. */
  readonly on_error?: 'fail' | 'block' | readonly AnyTask[]
  readonly finally?: readonly AnyTask[]
}

/** A way of a graph from one node to another. */
export type Transition = {
  readonly from: string | AnyTask
  readonly to: string | AnyTask
  readonly if?: Condition
  /** Of a node's transitions those of the lowest priority with a match are taken, all of them. */
  readonly priority?: number
  /** What is taken together under this name are branches that a join brings together again. */
  readonly group?: string
  readonly each?: Over
  /** So many branches. */
  readonly spawn?: number | string | Marked<number>
  readonly max_workers?: number
  readonly join?: Join
  readonly max_iterations?: number
}

/** How the branches of a group come together: all of them, all and to their very end, any, or a quorum. */
export type Join = {
  readonly group: string
  readonly all?: boolean
  readonly ended?: boolean
  readonly any?: boolean
  readonly quorum?: number
  readonly merge?: 'append' | 'collect' | 'merge_object' | 'keyed_by_branch' | 'last_wins'
  readonly strategy?: Strategy
  readonly timeout?: Duration
  readonly on_timeout?: 'fail' | 'proceed'
  readonly rest?: 'cancel' | 'continue'
}

/** What the tasks of a workflow may read. */
export type WorkflowScope<Input, State, Env> = {
  readonly input: Ref<ValueOf<Input>>
  readonly state: Ref<ValueOf<State>>
  /** Of this workflow; those of the project are in it too, without a type. */
  readonly env: { readonly [Name in keyof Env]: Ref<string> } & { readonly [name: string]: Ref<string> }
  /** Only where a task acts: `with`, `env`, `headers`. */
  readonly secrets: { readonly [name: string]: Ref<string> }
  readonly run: Ref<{ id: string; started_at: string; attempt_key: string }>
  readonly workflow: Ref<unknown>
  readonly project: Ref<unknown>
  /** In the tasks of `on_error`. */
  readonly error: Ref<TaskError>
}

declare const childTypes: unique symbol

/** The document of a workflow, with the types of what it is given and gives. */
export type WorkflowDocument<Input, Output> = Document & {
  readonly [childTypes]?: { readonly input: Input; readonly output: Output }
}

/**
 * A workflow. What is returned is the document that its YAML would be parsed to; the file's default export.
 *
 * @example
 * export default workflow({ id: 'hello', input: { name: 'string = "world"' } }, ({ input }) => {
 *   const greeting = render('greeting', text`Hello, ${input.name}!`)
 *   return { tasks: [greeting], outputs: { text: greeting.output.text } }
 * })
 */
export function workflow<
  const Input extends FieldsOrSchema = NoFields,
  const State extends FieldsOrSchema = NoFields,
  const Env extends Scalars = Record<never, string>,
  const Outputs extends Values = Record<never, never>,
>(
  head: Head<Input, State, Env> & Body<Outputs>,
  body: Body<Outputs> | ((scope: WorkflowScope<Input, State, Env>) => Body<Outputs>) = {},
): WorkflowDocument<ValueOf<Input, 'output'>, Written<Outputs>> {
  const names = ['input', 'state', 'env', 'secrets', 'run', 'workflow', 'project', 'error']
  const scope: object = Object.fromEntries(names.map((name) => [name, ref(name)]))
  const does = typeof body === 'function' ? body(scope as WorkflowScope<Input, State, Env>) : body
  if (does instanceof Promise)
    throw new TypeError('the function given to workflow() must not be async: it returns the tasks at once')
  const words = { ...head, ...does }
  const { triggers, transitions, start } = words
  return documentOf(
    new Part(
      {
        ...words,
        ...(transitions === undefined ? {} : { transitions: transitions.map(transitionWords) }),
        ...(start === undefined ? {} : { start: idOf(start) }),
        ...(triggers === undefined ? {} : { triggers: triggers.map(triggerWords) }),
      },
      workflow,
    ),
  )
}

function transitionWords(transition: Transition): Values {
  const { from, to, each: over } = transition
  return {
    ...transition,
    from: idOf(from),
    to: idOf(to),
    ...(transition.if === undefined ? {} : { if: bareCel(transition.if) }),
    ...(over === undefined ? {} : { each: overWords(over) }),
  }
}

/** `if` and `dedupe` are bare CEL. */
function triggerWords(trigger: Trigger): Values {
  return Object.fromEntries(
    Object.entries(trigger).map(([kind, fields]) => {
      const bare = (['if', 'dedupe'] as const).filter((name) => fields[name] !== undefined)
      return [kind, { ...fields, ...Object.fromEntries(bare.map((name) => [name, bareCel(fields[name])])) }]
    }),
  )
}

/** What a project says of itself: the words of wonder.yaml. */
export type ProjectWords = {
  readonly wonder: 1
  readonly name: string
  readonly version?: string
  readonly description?: string
  readonly workflows?: readonly string[]
  readonly tasks?: readonly string[]
  readonly tools?: readonly string[]
  readonly agents?: readonly string[]
  readonly models?: readonly string[]
  readonly prompts?: readonly string[]
  readonly environments?: { readonly [name: string]: EnvironmentWords & { readonly triggers?: boolean } }
  readonly triggers?: unknown
} & EnvironmentWords

type EnvironmentWords = {
  readonly secrets?: readonly string[]
  readonly env?: Scalars
  readonly env_file?: string
  readonly defaults?: Defaults
  readonly settings?: {
    readonly network?: { readonly allow?: readonly string[] }
    readonly budget?: RunBudget
  }
}

/** A project: the document that wonder.yaml is parsed to. */
export function project(words: ProjectWords): Document {
  return documentOf(new Part(words, project))
}
