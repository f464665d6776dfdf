import { bareCel, type Condition, type Marked, type Ref, ref, type Written } from './reference.ts'
import {
  type AnyTask,
  type LastOutput,
  makeTask,
  type OutputOf,
  type Strategy,
  type Task,
  type TaskError,
  type TaskFields,
  type Values,
} from './task.ts'

/** What `each` goes over and how, in the words of YAML. */
export type Over = {
  /** A list, a map, or a range such as `1..10`. */
  readonly in?: unknown
  /** Every combination of these lists, instead of `in`. */
  readonly matrix?: Values
  readonly exclude?: unknown
  readonly max?: number
  /** Name of the item; default `item`. */
  readonly as?: string
  readonly filter?: Condition
  readonly order?: 'parallel' | 'sequential'
  readonly batch?: number
  readonly max_workers?: number
}

/** One item of what `in` or `matrix` say. */
type Item<Each extends Over> = Each extends { readonly matrix: infer Matrix extends Values }
  ? { [Name in keyof Matrix]: ItemOf<Written<Matrix[Name]>> }
  : Each extends { readonly in: infer In }
    ? In extends string
      ? number
      : ItemOf<Written<In>>
    : unknown

type ItemOf<List> = unknown extends List
  ? unknown
  : NonNullable<List> extends readonly (infer One)[]
    ? One
    : List extends object
      ? { key: string; value: List[keyof List] }
      : unknown

type NameOfItem<Each extends Over> = Each extends { readonly as: infer As extends string } ? As : 'item'

/** What the tasks of `each` see beside everything else. */
export type EachScope<Each extends Over> = { readonly [Name in NameOfItem<Each>]: Ref<Item<Each>> } & {
  readonly index: Ref<number>
}

type EachTask<Id extends string, Output> = Task<Id, Output> & {
  readonly failed: Ref<{ index: number; item: unknown; error: TaskError }[]>
  readonly stats: Ref<{ total: number; succeeded: number; failed: number; skipped: number }>
}

/**
 * Does its tasks for each item; `do` gets the item by its name, typed by the list, and `index`.
 *
 * @example
 * each('all', { in: files.output.paths, as: 'path', max_workers: 8 }, {
 *   strategy: 'best_effort',
 *   do: ({ path }) => [tool('inspect', { inspect_file }, { with: { path } })],
 * })
 */
export function each<const Id extends string, const Each extends Over, const Tasks extends readonly AnyTask[]>(
  id: Id,
  over: Each,
  fields: TaskFields & {
    readonly do: Tasks | ((scope: EachScope<Each>) => Tasks)
    readonly strategy?: Strategy
  },
): EachTask<Id, (LastOutput<Tasks> | null)[]> {
  const item = over.as ?? 'item'
  const scope: object = { [item]: ref(item), index: ref('index') }
  const tasks = typeof fields.do === 'function' ? fields.do(scope as EachScope<Each>) : fields.do
  const { do: _do, ...rest } = fields
  return makeTask(each, id, { words: { each: overWords(over), do: tasks }, fields: rest })
}

/** `filter` is bare CEL. */
export function overWords(over: Over): Values {
  return over.filter === undefined ? over : { ...over, filter: bareCel(over.filter) }
}

type ParallelTask<Id extends string, Tasks extends readonly AnyTask[]> = Task<
  Id,
  { [T in Tasks[number] as T['id']]: OutputOf<T> }
> & { readonly children: Ref<{ [T in Tasks[number] as T['id']]: { status: string; error: TaskError } }> }

/** Does its tasks at the same time; its output has that of each by its id. */
export function parallel<const Id extends string, const Tasks extends readonly AnyTask[]>(
  id: Id,
  tasks: Tasks,
  fields?: TaskFields & { readonly max_workers?: number; readonly strategy?: Strategy },
): ParallelTask<Id, Tasks> {
  return makeTask(parallel, id, { words: { parallel: tasks }, fields })
}

/** Does its tasks one after the other; its output is that of the last. */
export function sequence<const Id extends string, const Tasks extends readonly AnyTask[]>(
  id: Id,
  tasks: Tasks,
  fields?: TaskFields,
): Task<Id, LastOutput<Tasks>> {
  return makeTask(sequence, id, { words: { sequence: tasks }, fields })
}

type Arm = { readonly if?: Condition; readonly do: readonly AnyTask[] }
type Cases = { readonly [value: string]: readonly AnyTask[] }

/**
 * Takes one way: the first arm whose `if` holds, or the case that CEL names. An arm without `if` is the otherwise and
 * must be last.
 */
export function route<const Id extends string, const Arms extends readonly Arm[]>(
  id: Id,
  arms: Arms,
  fields?: TaskFields,
): Task<Id, { taken: string; output: LastOutput<Arms[number]['do']> }>
export function route<const Id extends string, const Ways extends Cases>(
  id: Id,
  value: string | Marked<unknown>,
  fields: TaskFields & { readonly cases: Ways },
): Task<Id, { taken: string; output: LastOutput<Ways[keyof Ways]> }>
export function route(id: string, ways: readonly Arm[] | string | Marked<unknown>, fields?: TaskFields): AnyTask {
  const words = Array.isArray(ways) ? ways.map(bareArm) : bareCel(ways)
  return makeTask(route, id, { words: { route: words }, fields })
}

function bareArm(arm: Arm): Values {
  return arm.if === undefined ? arm : { ...arm, if: bareCel(arm.if) }
}

/** Does its tasks again until CEL holds, at most `max` times; its output is that of the last task. */
export function loop<const Id extends string, const Tasks extends readonly AnyTask[]>(
  id: Id,
  words: { readonly do: Tasks; readonly until: Condition; readonly max: number },
  fields?: TaskFields,
): Task<Id, LastOutput<Tasks>> {
  return makeTask(loop, id, { words: { loop: { ...words, until: bareCel(words.until) } }, fields })
}
