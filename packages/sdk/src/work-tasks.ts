import { bareCel, type Condition, type Literal, type Marked, type Value, type Written } from './reference.ts'
import { makeTask, type Task, type TaskFields, type Values, type WorkFields } from './task.ts'
import type { ToolDefinition } from './tool.ts'

/** A tool by its name and what its file exports: `{ list_files }`, from `import list_files from '../tools/list_files.ts'`. */
export type NamedTool = { readonly [name: string]: ToolDefinition<never, unknown, unknown> }

type GivenOf<Tool> = Tool extends ToolDefinition<never, unknown, infer Given> ? Given : never
type ResultOf<Tool> = Tool extends ToolDefinition<never, infer Output, unknown> ? Output : never

/** `with` may be left out only where the tool needs nothing. */
type ToolFields<Given> =
  Record<never, never> extends Given
    ? [fields?: WorkFields & { readonly with?: Literal<Given> }]
    : [fields: WorkFields & { readonly with: Literal<Given> }]

/**
 * Runs a tool of the project. Given as `{ name }` with what its file exports, its input and output are typed; a text is
 * the name alone.
 *
 * @example
 * import list_files from '../tools/list_files.ts'
 * const files = tool('files', { list_files }, { with: { repository: input.repository } })
 */
export function tool<const Id extends string, const Named extends NamedTool>(
  id: Id,
  named: Named,
  ...fields: ToolFields<GivenOf<Named[keyof Named]>>
): Task<Id, ResultOf<Named[keyof Named]>>
export function tool<const Id extends string>(
  id: Id,
  name: string,
  fields?: WorkFields & { readonly with?: Values },
): Task<Id, unknown>
export function tool(id: string, named: string | NamedTool, fields?: WorkFields): Task<string, unknown> {
  const names = typeof named === 'string' ? [named] : Object.keys(named)
  const [name] = names
  if (name === undefined || names.length > 1)
    throw new TypeError(`tool("${id}") takes one tool, and got ${names.length}`)
  return makeTask(tool, id, { words: { tool: name }, fields })
}

type Parsed<Parse> = Parse extends 'text'
  ? string
  : Parse extends 'lines'
    ? string[]
    : Parse extends 'json'
      ? unknown
      : null

/** Runs a program: a list of its arguments, or a text for bash. */
export function shell<const Id extends string, const Parse extends 'text' | 'lines' | 'json' | 'none' = 'none'>(
  id: Id,
  command: string | readonly (string | number | Marked<string | number>)[],
  fields?: WorkFields & {
    readonly cwd?: Value<string>
    readonly env?: { readonly [name: string]: Value<string | number | boolean> }
    readonly stdin?: Value<string>
    readonly parse?: Parse
    readonly ok_exit_codes?: readonly number[]
  },
): Task<Id, { exit_code: number; stdout: string; stderr: string; value: Parsed<Parse> }> {
  return makeTask(shell, id, { words: { shell: command }, fields })
}

type Request = {
  readonly url: Value<string>
  readonly method?: string
  readonly query?: Values
  readonly headers?: Values
  readonly body?: unknown
  readonly ok_status?: readonly (number | '1xx' | '2xx' | '3xx' | '4xx' | '5xx')[]
  readonly max_bytes?: number | `${number}${'B' | 'KB' | 'MB' | 'GB'}`
}

/** Sends an HTTP request. */
export function http<const Id extends string>(
  id: Id,
  request: Request,
  fields?: WorkFields,
): Task<Id, { status: number; headers: { [name: string]: string }; body: unknown }> {
  return makeTask(http, id, { words: { http: request }, fields })
}

/** Renders a template: a file that ends in .hbs, or a text. */
export function render<const Id extends string>(
  id: Id,
  template: string,
  fields?: WorkFields & { readonly with?: Values },
): Task<Id, { text: string }> {
  return makeTask(render, id, { words: { render: template }, fields })
}

/** Runs a reusable task: its file, or its id. */
export function use<const Id extends string>(
  id: Id,
  task: string,
  fields?: WorkFields & { readonly with?: Values },
): Task<Id, unknown> {
  return makeTask(use, id, { words: { use: task }, fields })
}

/** Changes state: paths and values. */
export function set<const Id extends string>(
  id: Id,
  values: Values,
  fields?: TaskFields,
): Task<Id, { [name: string]: never }> {
  return makeTask(set, id, { words: { set: values }, fields })
}

/** Gives these values. */
export function collect<const Id extends string, const Mapping extends Values>(
  id: Id,
  mapping: Mapping,
  fields?: TaskFields,
): Task<Id, Written<Mapping>> {
  return makeTask(collect, id, { words: { collect: mapping }, fields })
}

/** Ends the run: completed. */
export function end<const Id extends string>(id: Id, fields?: TaskFields): Task<Id, null> {
  return makeTask(end, id, { words: { end: {} }, fields })
}

/** Ends the run: failed, with this message. `code` is the code of the error. */
export function fail<const Id extends string>(
  id: Id,
  message: Value<string>,
  fields?: TaskFields & { readonly code?: string },
): Task<Id, null> {
  return makeTask(fail, id, { words: { fail: message }, fields })
}

/**
 * A task of any kind, in the words of YAML: for kinds that have no builder of their own yet.
 *
 * @example
 * task('review', { agent: 'reviewer', prompt: 'Look at this.' })
 */
export function task<const Id extends string>(
  id: Id,
  words: TaskFields & { readonly [word: string]: unknown },
): Task<Id, unknown> {
  const { until } = words
  const bare = until === undefined ? {} : { until: bareCel(until as Condition) }
  return makeTask(task, id, { words: {}, fields: { ...words, ...bare } })
}
