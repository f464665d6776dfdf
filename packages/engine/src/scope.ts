import { WonderError } from '@wonder/errors'
import type { Reader } from './compile-expr.ts'
import { markersIn, withoutMarkers } from './compile-expr.ts'
import type { Json } from './json.ts'
import { isBlobMarker } from './markers.ts'
import type { Plan } from './plan.ts'
import { formatPath, member, type Path, readPath } from './read-path.ts'
import { readable } from './readable.ts'
import type { BoundItem, Frame, RunState, TaskValue, Token } from './run-state.ts'

/** Large values that are at hand, by digest. */
export type LargeValues = {
  get(digest: string): Json | undefined
  has(digest: string): boolean
}

/** What an expression of the kernel is evaluated in. */
export type EvalContext = {
  readonly plan: Plan
  readonly state: RunState
  readonly frame: Frame
  readonly time: number
  /** The token that stands on the node, where there is one. */
  readonly token: Token | null
  /** An item that has no branch yet: for the filter of an each. */
  readonly item?: { readonly as: string; readonly value: Json; readonly index: number }
  /** A signal that is judged: for `until` of a wait. */
  readonly signal?: { readonly payload: Json; readonly processor?: Json }
  /** Large values that have been loaded. */
  readonly blobs: LargeValues
}

/** Thrown when an evaluation needs large values that are not at hand; `decide` answers with them. */
export class NeedsBlobs extends Error {
  readonly digests: readonly string[]
  constructor(digests: readonly string[]) {
    super('values must be loaded')
    this.digests = digests
  }
}

/** Reads the kernel's scope straight from the run's state; no scope is built for a single path. */
export const kernelReader: Reader<EvalContext> = {
  path: compilePath,
  value: compileValue,
  names: scopeNames,
  scope: compileScope,
  now: (context) => context.time,
}

function compilePath(path: Path): (context: EvalContext) => Json {
  const root = String(path[0])
  if (root === 'tasks' && path.length > 1) {
    const id = String(path[1])
    return (context) => {
      const value = taskValue(context, id)
      if (value === undefined) throw noTask(context, path)
      return follow(context, readable(value), path, 2)
    }
  }
  return (context) => follow(context, rootValue(context, root), path, 1)
}

function compileValue(path: Path): (context: EvalContext) => Json | undefined {
  const root = String(path[0])
  const [, task] = path
  if (root !== 'tasks') return (context) => valueAt(context, rootValue(context, root), path, 1)
  if (task === undefined) return (context) => valueAt(context, allTasks(context), path, 1)
  const id = String(task)
  return (context) => valueAt(context, readable(taskValue(context, id)), path, 2)
}

/** What stands at the path, with large values in place; undefined when nothing does. */
function valueAt(context: EvalContext, start: Json | undefined, path: Path, from: number): Json | undefined {
  let at = start
  for (let i = from; i < path.length && at !== undefined; i++) {
    if (isBlobMarker(at)) at = load(context, at.$blob)
    at = member(at, path[i] as string | number)
  }
  return at === undefined || !context.state.blobs ? at : loadedValue(context, at)
}

function allTasks(context: EvalContext): Json {
  const tasks: { [id: string]: Json } = {}
  for (const { ref } of context.plan.nodes) {
    const value = taskValue(context, ref)
    if (value !== undefined) tasks[ref] = readable(value)
  }
  return tasks
}

function scopeNames(context: EvalContext): readonly string[] {
  const items: string[] = []
  for (let frame: Frame | null = context.frame; frame !== null; frame = frame.parent) {
    const each = frame.fanout === null ? undefined : context.plan.fans[frame.fanout.fan]?.def.each
    if (each !== undefined) items.push(each.as, 'index')
  }
  for (const name of ['signal', 'processor'] as const) if (signalValue(context, name) !== undefined) items.push(name)
  return ['input', 'state', 'tasks', 'env', 'run', 'workflow', 'project', ...items]
}

/** readPath that steps into large values. */
function follow(context: EvalContext, start: Json | undefined, path: Path, from: number): Json {
  if (!context.state.blobs) return readPath(start, path, from)
  let at = start
  for (let i = from; i < path.length; i++) {
    if (isBlobMarker(at)) at = load(context, at.$blob)
    const next = member(at, path[i] as string | number)
    if (next === undefined) return readPath(at, path, i)
    at = next
  }
  return readPath(at, path, path.length)
}

function load(context: EvalContext, digest: string): Json {
  const value = context.blobs.get(digest)
  if (value === undefined) throw new NeedsBlobs([digest])
  return value
}

/** Builds an object with the roots, and of `tasks` the tasks, that the references name. */
function compileScope(references: readonly Path[]): (context: EvalContext) => { readonly [name: string]: Json } {
  const roots = [...new Set(references.map((path) => String(path[0])))].filter((root) => root !== 'tasks')
  const taskPaths = references.filter((path) => path[0] === 'tasks')
  const taskIds = taskPaths.some((path) => path.length < 2)
    ? null
    : [...new Set(taskPaths.map((path) => String(path[1])))]
  return (context) => {
    const scope: { [name: string]: Json } = {}
    for (const root of roots) {
      const value = rootValue(context, root)
      if (value !== undefined) scope[root] = value
    }
    if (taskPaths.length > 0) {
      const tasks: { [id: string]: Json } = {}
      for (const id of taskIds ?? context.plan.nodes.map((node) => node.ref)) {
        const value = taskValue(context, id)
        if (value !== undefined) tasks[id] = readable(value)
      }
      scope.tasks = tasks
    }
    return context.state.blobs ? (loadedValue(context, scope) as { readonly [name: string]: Json }) : scope
  }
}

function loadedValue(context: EvalContext, value: Json): Json {
  const digests = new Set<string>()
  markersIn(value, digests)
  if (digests.size === 0) return value
  const missing = [...digests].filter((digest) => !context.blobs.has(digest))
  if (missing.length > 0) throw new NeedsBlobs(missing)
  return withoutMarkers(value, (digest) => load(context, digest))
}

/** The value of a node as seen from a frame: its own, or that of a frame around it. */
export function valueIn(frame: Frame, node: number): TaskValue | undefined {
  for (let at: Frame | null = frame; at !== null; at = at.parent) {
    const value = at.values?.get(node)
    if (value !== undefined) return value
  }
  return undefined
}

function taskValue(context: EvalContext, ref: string): TaskValue | undefined {
  const node = context.plan.nodeIndex.get(ref)
  return node === undefined ? undefined : valueIn(context.frame, node)
}

function rootValue(context: EvalContext, root: string): Json | undefined {
  const { state } = context
  switch (root) {
    case 'input':
      return state.input
    case 'state':
      return state.values
    case 'env':
      return state.env
    case 'workflow':
      return state.workflow
    case 'project':
      return state.project
    case 'run':
      return runValue(context)
    case 'error':
      return errorValue(context)
    case 'signal':
    case 'processor':
      return signalValue(context, root) ?? itemValue(context, root)
    default:
      return itemValue(context, root)
  }
}

function runValue({ state, token }: EvalContext): Json {
  return {
    id: state.run,
    started_at: new Date(state.startedAt).toISOString(),
    ...(token === null ? {} : { attempt_key: attemptKey(state.run, token.id, token.attempt) }),
  }
}

/** The same for every dispatch of an attempt: what makes an outside effect happen once. */
export function attemptKey(run: string, token: string, attempt: number): string {
  return `${run}/${token}/${attempt}`
}

function errorValue(context: EvalContext): Json | undefined {
  const ref = context.token === null ? undefined : context.plan.nodes[context.token.node]?.def.error
  if (ref === undefined) return undefined
  const error = ref === '$run' ? context.state.stopping?.error : taskValue(context, ref)?.error
  return readable(error) ?? null
}

/** In the processor of a wait and in its `until`. */
function signalValue({ signal, token }: EvalContext, name: 'signal' | 'processor'): Json | undefined {
  const taken = token?.subject?.kind === 'signal' ? token.subject.taken : undefined
  const known = signal ?? taken
  return name === 'signal' ? known?.payload : known?.processor
}

function itemValue(context: EvalContext, name: string): Json | undefined {
  if (context.item !== undefined) {
    if (name === context.item.as) return context.item.value
    if (name === 'index') return context.item.index
  }
  const item = itemIn(context, name)
  if (item === undefined) return undefined
  if ('value' in item) return item.value
  const items = isBlobMarker(item.of) ? load(context, item.of.$blob) : item.of
  return (items as readonly Json[])[item.index]
}

/** An item as a frame sees it, without loading what is large: undefined where there is none of this name. */
export function itemIn(
  { plan, state, frame: from }: Pick<EvalContext, 'plan' | 'state' | 'frame'>,
  name: string,
): BoundItem | undefined {
  for (let frame: Frame | null = from; frame !== null; frame = frame.parent) {
    const { fanout } = frame
    if (fanout === null) {
      const bound = state.detached.size === 0 ? undefined : state.detached.get(frame.id)?.items
      return bound !== undefined && Object.hasOwn(bound, name) ? bound[name] : undefined
    }
    const each = plan.fans[fanout.fan]?.def.each
    if (each === undefined) continue
    if (name === 'index') return { value: frame.index }
    if (name === each.as) return { of: fanout.items, index: frame.index }
  }
  return undefined
}

function noTask(context: EvalContext, path: Path): WonderError {
  const id = String(path[1])
  const known = context.plan.nodeIndex.has(id)
  return new WonderError(
    'missing_reference',
    `Cannot read "${formatPath(path)}": ${known ? `task "${id}" has not run` : `there is no task "${id}"`}`,
    { details: { path: formatPath(path) } },
  )
}
