import type { JsonSchema } from '@wonder/context'
import type { NodeDef, NodeWork, OutlineItem, TransitionDef } from '@wonder/engine'
import { nearest } from '@wonder/errors'
import { shownSpan } from './check-shape.ts'
import type { DefinitionBuilder } from './definition-builder.ts'
import { type Certainty, Flow } from './flow.ts'
import { GroupCompiler } from './group-compiler.ts'
import type { Problems } from './problems.ts'
import type { Scope } from './scope.ts'
import { SetCompiler } from './set-compiler.ts'
import type { Task } from './task.ts'
import type { TaskNames } from './task-names.ts'
import { taskPolicy } from './task-settings.ts'
import { child, entryOf, type Tree, textOf } from './tree.ts'
import type { UseCompiler } from './use-compiler.ts'
import type { ValueCompiler } from './value-compiler.ts'
import { singleStep, type WorkCompiler } from './work-compiler.ts'

/** Where a task leads; undefined: a token ends there. */
export type Exit = Way | undefined

type Way = {
  readonly to: string
  readonly join?: NonNullable<TransitionDef['join']>
  /** Where it leads when it was skipped: `next` is for a task that ran. */
  readonly skipped?: { readonly exit: Exit } | undefined
}

/** What surrounds a list. */
export type Place = {
  readonly scope: Scope
  readonly flow: Flow
  readonly exit: Exit
  /** The branch of each or parallel that this is in. */
  readonly branch: string | undefined
  /** Whose `error` is in scope. */
  readonly error: string | undefined
  /** Tasks of parallel: they follow nothing and lead nowhere but to the join. */
  readonly parallel?: boolean
}

export type ListResult = {
  /** The node where the list begins; undefined when it is empty. */
  readonly entry: string | undefined
  /** What has run at its end; undefined when its end is never reached. */
  readonly flow: Flow | undefined
  readonly outline: readonly OutlineItem[]
  /** Schema of the last task's output. */
  readonly last: JsonSchema | undefined
}

export type CompilerParts = {
  readonly problems: Problems
  readonly builder: DefinitionBuilder
  readonly values: ValueCompiler
  readonly work: WorkCompiler
  readonly uses: UseCompiler
  readonly names: TaskNames
  /** `defaults` of the workflow and of the project. */
  readonly defaults: readonly (Tree | undefined)[]
}

/** Where the token of a task stands first: groups begin at a node of their own, and at another when they have an `if`. */
export function entryRef(task: Task): string {
  if (task.bodies.length === 0 && !['each', 'parallel', 'route', 'sequence'].includes(task.kind)) return task.id
  return entryOf(task.tree, 'if') === undefined ? `${task.id}:open` : `${task.id}:if`
}

/** Compiles lists of tasks to nodes and transitions, in the order of their writing. */
export class ListCompiler {
  readonly parts: CompilerParts
  /** What had run where the run may end early. */
  readonly ends: Flow[] = []
  readonly #groups: GroupCompiler
  readonly #sets: SetCompiler

  constructor(parts: CompilerParts) {
    this.parts = parts
    this.#groups = new GroupCompiler(this)
    this.#sets = new SetCompiler(parts)
  }

  compile(tasks: readonly Task[], place: Place): ListResult {
    const waiting = new Map<number, Flow[]>()
    const outline: OutlineItem[] = []
    let current: Flow | undefined = place.flow
    let last: JsonSchema | undefined
    let told = false
    for (const [index, task] of tasks.entries()) {
      const ways: Flow[] = [...(current === undefined ? [] : [current]), ...(waiting.get(index) ?? [])]
      const [first, ...more] = ways
      if (first === undefined && !told) {
        this.#unreachable(task, tasks[index - 1])
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
    const next = this.#next(task, index, tasks, at.place)
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
    const named = this.parts.names.get(task.id)
    const owns = named?.task === task
    const before = at.place.flow
    const jumps: { to: number; flow: Flow }[] = []
    const when = condition === undefined ? undefined : this.parts.values.condition(condition, scope.outer)
    const onError = this.#onError({ task, index, tasks, place, position, jumps, scope: scope.outer })
    const made = task.broken ? undefined : this.#make(task, place, { when, onError: onError.node })
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

  #make(
    task: Task,
    place: Place,
    extra: { readonly when: string | undefined; readonly onError: NodeDef['onError'] },
  ):
    | { readonly schema: JsonSchema | undefined; readonly ends?: boolean; readonly outline?: Partial<OutlineItem> }
    | undefined {
    switch (task.kind) {
      case 'each':
      case 'parallel':
      case 'route':
      case 'sequence':
        return this.#groups.compile(task, place, extra)
      case 'set':
      case 'collect':
      case 'end':
      case 'fail': {
        const does = this.#sets.compile(task, place)
        this.#node(task, place, does.work, extra)
        return { schema: does.schema }
      }
      case 'use':
        return this.#use(task, place, extra)
      default:
        return this.#work(task, place, extra)
    }
  }

  #work(task: Task, place: Place, extra: { readonly when: string | undefined; readonly onError: NodeDef['onError'] }) {
    const { work, builder, defaults, values } = this.parts
    const made = work.compile(task.kind, task.tree, task.value, place.scope)
    const save = child(task.tree, 'save')
    const saved =
      save === undefined
        ? {}
        : { save: values.template(save, { ...place.scope, noSecrets: 'names are stored with the run' }, 'none') }
    if (made === undefined) return { schema: undefined }
    const policy = taskPolicy([task.tree, ...defaults], task.kind, made.asks)
    builder.tasks[task.id] = { steps: singleStep(made.action), ...policy }
    this.#node(task, place, { kind: 'task', task: task.id, input: made.config, ...saved }, extra)
    return { schema: made.output }
  }

  #use(task: Task, place: Place, extra: { readonly when: string | undefined; readonly onError: NodeDef['onError'] }) {
    const { uses, builder, defaults, values } = this.parts
    const save = child(task.tree, 'save')
    const saved =
      save === undefined
        ? {}
        : { save: values.template(save, { ...place.scope, noSecrets: 'names are stored with the run' }, 'none') }
    const made = uses.compile(task, place.scope, defaults)
    if (made === undefined) return { schema: undefined }
    builder.tasks[task.id] = made.task
    this.#node(task, place, { kind: 'task', task: task.id, input: made.input, ...saved }, extra)
    return { schema: made.task.output }
  }

  /** One node and the way on from it. */
  #node(
    task: Task,
    place: Place,
    does: NodeWork,
    extra: { readonly when: string | undefined; readonly onError: NodeDef['onError'] },
  ): void {
    const { builder } = this.parts
    builder.node(nodeOf(task.id, does, { ...extra, error: place.error }))
    const ends = does.kind === 'end' || does.kind === 'fail'
    if (ends && extra.when === undefined) return
    this.leave(task.id, place.exit)
  }

  /** The way on from a node. */
  leave(from: string, exit: Exit): void {
    if (exit === undefined) return
    const { builder } = this.parts
    const join = exit.join === undefined ? {} : { join: exit.join }
    if (exit.skipped === undefined) return builder.transition({ from, to: exit.to, ...join })
    builder.transition({ from, to: exit.to, if: `tasks["${from}"].status != "skipped"`, ...join })
    const { exit: other } = exit.skipped
    if (other === undefined) return
    builder.transition({ from, to: other.to, priority: 1, ...(other.join === undefined ? {} : { join: other.join }) })
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

  #next(
    task: Task,
    index: number,
    tasks: readonly Task[],
    place: Place,
  ): { readonly task: Task; readonly index: number } | undefined {
    const tree = child(task.tree, 'next')
    return tree === undefined || task.broken ? undefined : this.#target(tree, { index, tasks, place })
  }

  /** The later task of the same list that an id names. */
  #target(tree: Tree, at: { readonly index: number; readonly tasks: readonly Task[]; readonly place: Place }) {
    const id = textOf(tree) ?? ''
    const { problems, names } = this.parts
    const found = at.place.parallel ? -1 : at.tasks.findIndex((other) => other.id === id)
    const target = at.tasks[found]
    if (target !== undefined && found > at.index) return { task: target, index: found }
    const later = at.place.parallel ? [] : at.tasks.slice(at.index + 1).map((other) => other.id)
    const near = nearest(id, later)
    const known = names.get(id) !== undefined
    const message = at.place.parallel
      ? 'tasks of parallel follow nothing: they begin together'
      : target !== undefined
        ? `"next" leads only forward, and "${id}" ${found === at.index ? 'is this task' : 'stands before this one'}`
        : known
          ? `"${id}" is not in the same list`
          : `there is no task "${id}" in workflow "${names.workflow}"`
    const code = known ? 'invalid_next' : 'unknown_task'
    const all = later.length === 0 ? undefined : `Later tasks of this list: ${later.join(', ')}.`
    problems.add({ code, message, at: tree, help: near === undefined ? all : `Did you mean "${near}"?` })
    return undefined
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
    if (word === 'block') this.#noBlock(handler)
    if (word !== undefined) return { node: undefined, passes: false }
    const next = child(handler, 'next')
    if (next !== undefined) {
      const target = this.#target(next, at)
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

  #noBlock(tree: Tree): void {
    this.parts.problems.add({
      code: 'not_available_yet',
      message: '"on_error: block" is part of the language and is not available yet',
      at: tree,
      help: 'Use fail, continue, {next: id} or a list of tasks for now.',
    })
  }

  #unreachable(task: Task, before: Task | undefined): void {
    const tree = child(task.tree, 'id') ?? task.tree
    const next = textOf(child(before?.tree, 'next'))
    const why =
      before === undefined
        ? ''
        : next !== undefined
          ? `"${before.id}" goes on at "${next}"`
          : `"${before.id}" never goes on`
    this.parts.problems.add({
      code: 'unreachable_task',
      message: `"${task.id}" is never reached: ${why}`,
      at: { file: tree.file, span: shownSpan(tree) },
      help:
        next === undefined
          ? `Give "${before?.id}" an \`if\`, or remove what follows it.`
          : 'Remove it, or let another task lead to it.',
    })
  }
}

/** The place after a task that surely ran, where it had no failure to pass over. */
function ran(flow: Flow, id: string, mayFail: boolean): Flow {
  const after = flow.fork()
  if (flow.of(id) !== undefined) after.add(id, mayFail ? 'failed' : 'done')
  return after
}

export function nodeOf(
  ref: string,
  does: NodeWork,
  extra: {
    readonly when?: string | undefined
    readonly onError?: NodeDef['onError'] | undefined
    readonly error?: string | undefined
  },
): NodeDef {
  return {
    ref,
    ...(extra.when === undefined ? {} : { when: extra.when }),
    does,
    ...(extra.onError === undefined ? {} : { onError: extra.onError }),
    ...(extra.error === undefined ? {} : { error: extra.error }),
  }
}
