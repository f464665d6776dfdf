import type { JsonSchema } from '@wonder/context'
import type { NodeDef, OutlineItem } from '@wonder/engine'
import { type Certainty, Flow } from './flow.ts'
import { type CompilerParts, type Exit, entryRef, type ListResult, type Place } from './place.ts'
import type { Scope } from './scope.ts'
import { Successors } from './successors.ts'
import type { Task } from './task.ts'
import { TaskCompiler } from './task-compiler.ts'
import { child, type Tree, textOf } from './tree.ts'

/** Compiles lists of tasks to nodes and transitions, in the order of their writing. */
export class ListCompiler {
  readonly parts: CompilerParts
  /** What had run where the run may end early. */
  readonly ends: Flow[] = []
  readonly #tasks: TaskCompiler
  readonly #successors: Successors

  constructor(parts: CompilerParts) {
    this.parts = parts
    this.#tasks = new TaskCompiler(parts, this)
    this.#successors = new Successors(parts.problems, parts.names)
  }

  /** A node of a graph: where it leads, the transitions say. */
  node(task: Task, place: Place): OutlineItem {
    return this.#task({ task, index: 0, tasks: [task], place }).outline
  }

  compile(tasks: readonly Task[], around: Place): ListResult {
    const place: Place = around.graph === undefined ? around : { ...around, graph: undefined }
    const waiting = new Map<number, Flow[]>()
    const outline: OutlineItem[] = []
    let current: Flow | undefined = place.flow
    let last: JsonSchema | undefined
    let told = false
    for (const [index, task] of tasks.entries()) {
      const ways: Flow[] = [...(current === undefined ? [] : [current]), ...(waiting.get(index) ?? [])]
      const [first, ...more] = ways
      if (first === undefined && !told) {
        this.#successors.unreachable(task, tasks[index - 1])
        told = true
      }
      const named = this.parts.names.get(task.id)
      if (first === undefined && named !== undefined) named.unreachable = true
      const flow = first === undefined ? place.flow.fork() : Flow.meet([first, ...more])
      const step = this.#task({ task, index, tasks, place: { ...place, flow } })
      outline.push(step.outline)
      last = step.schema
      for (const jump of step.jumps) waiting.set(jump.to, [...(waiting.get(jump.to) ?? []), jump.flow])
      current = first === undefined ? undefined : step.flow
    }
    const ends = [...(current === undefined ? [] : [current]), ...(waiting.get(tasks.length) ?? [])]
    const [first, ...more] = ends
    const [begin] = tasks
    return {
      entry: begin === undefined ? undefined : entryRef(begin),
      flow: first === undefined ? undefined : Flow.meet([first, ...more]),
      outline,
      last: tasks.length === 0 ? undefined : last,
    }
  }

  #task(at: { task: Task; index: number; tasks: readonly Task[]; place: Place }) {
    const { task, index, tasks } = at
    const named = this.parts.names.get(task.id)
    const follower = child(task.tree, 'next')
    const graph = at.place.graph !== undefined
    if (follower !== undefined && graph) this.#successors.noNext(task)
    const next = follower === undefined || task.broken || graph ? undefined : this.#successors.target(follower, at)
    const following = tasks[index + 1]
    const inOrder: Exit = following === undefined || at.place.parallel ? at.place.exit : { to: entryRef(following) }
    const condition = child(task.tree, 'if')
    const exit: Exit =
      next === undefined
        ? inOrder
        : { to: entryRef(next.task), ...(condition === undefined ? {} : { skipped: { exit: inOrder } }) }
    const position = next?.index ?? (at.place.parallel ? tasks.length : index + 1)
    const scope = this.#scopeOf(task, at.place, condition)
    const place: Place = { ...at.place, scope: scope.inner, exit }
    const owns = named?.task === task
    const before = at.place.flow
    const jumps: { to: number; flow: Flow }[] = []
    const when = condition === undefined ? undefined : this.parts.values.condition(condition, scope.outer)
    const onError = this.#onError({ task, index, tasks, place, position, jumps, scope: scope.outer })
    const made = task.broken ? undefined : this.#tasks.compile(task, place, { when, onError: onError.node })
    if (owns && named !== undefined) named.output = made?.schema
    // Every other way on has a copy of its own, so this one goes on as it is: a list of n tasks costs n.
    const after = before
    const certainty: Certainty = condition !== undefined && when !== 'true' ? 'if' : onError.passes ? 'failed' : 'done'
    if (owns) after.add(task.id, certainty)
    const ends = (task.kind === 'end' || task.kind === 'fail') && condition === undefined && !task.broken
    if (next !== undefined) jumps.push({ to: position, flow: ran(after, task.id, onError.passes) })
    if (task.kind === 'end') this.ends.push(before.fork())
    const passes = next === undefined ? made?.ends !== true || onError.passes : condition !== undefined
    const flow = !ends && passes ? after : undefined
    const kind = task.kind
    const name = textOf(child(task.tree, 'name'))
    const item: OutlineItem = {
      id: task.id,
      kind,
      ...(name === undefined ? {} : { name }),
      node: task.id,
      ...(made?.outline ?? {}),
      ...(onError.outline === undefined ? {} : { children: [...(made?.outline?.children ?? []), ...onError.outline] }),
    }
    return { outline: item, schema: made?.schema, jumps, flow }
  }

  #scopeOf(task: Task, place: Place, condition: Tree | undefined): { readonly outer: Scope; readonly inner: Scope } {
    const { scope } = place
    const tasks = scope.tasks
    if (tasks === undefined) return { outer: scope, inner: scope }
    const here = { ...tasks, flow: place.flow, self: task.id }
    const outer: Scope = { ...scope, tasks: here }
    const text = textOf(condition)
    if (text === undefined) return { outer, inner: outer }
    const asked = new Set([...tasks.asked, ...[...text.matchAll(/\btasks\.\??(\w+)/g)].flatMap(([, id]) => id ?? [])])
    return { outer, inner: { ...outer, tasks: { ...here, asked, ifs: new Set([...tasks.ifs, text]) } } }
  }

  #onError(at: {
    readonly task: Task
    readonly index: number
    readonly tasks: readonly Task[]
    readonly place: Place
    readonly position: number
    readonly jumps: { to: number; flow: Flow }[]
    readonly scope: Scope
  }): { readonly node: NodeDef['onError']; readonly passes: boolean; readonly outline?: readonly OutlineItem[] } {
    const { task, place, position, jumps } = at
    const handler = child(task.tree, 'on_error')
    if (handler === undefined || task.broken) return { node: undefined, passes: false }
    const failed = place.flow.fork()
    if (this.parts.names.owns(task)) failed.add(task.id, 'failed')
    const word = textOf(handler)
    if (word === 'continue') return { node: 'continue', passes: true }
    if (word === 'block') this.#successors.noBlock(handler)
    if (word !== undefined) return { node: undefined, passes: false }
    const next = child(handler, 'next')
    if (next !== undefined) {
      const target = this.#successors.target(next, at)
      if (target === undefined) return { node: undefined, passes: false }
      jumps.push({ to: target.index, flow: failed })
      return { node: { to: entryRef(target.task) }, passes: target.index === position }
    }
    const scope: Scope = { ...at.scope, error: true }
    const exit: Exit = place.exit === undefined ? undefined : { ...place.exit, skipped: undefined }
    const list = this.compile(task.onError ?? [], { ...place, scope, exit, flow: failed.inside(), error: task.id })
    if (list.entry === undefined) return { node: 'continue', passes: true }
    if (list.flow !== undefined) jumps.push({ to: position, flow: failed })
    return { node: { to: list.entry }, passes: false, outline: list.outline }
  }
}

/** The place after a task that surely ran, where it had no failure to pass over. */
function ran(flow: Flow, id: string, mayFail: boolean): Flow {
  const after = flow.fork()
  if (flow.of(id) !== undefined) after.add(id, mayFail ? 'failed' : 'done')
  return after
}
