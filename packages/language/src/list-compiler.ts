import type { JsonSchema } from '@wonder/context'
import type { NodeDef, OutlineItem } from '@wonder/engine'
import { type Certainty, Flow } from './flow.ts'
import { NodeSettings } from './node-settings.ts'
import { type CompilerParts, type Exit, entryRef, type ListResult, type Place, type TooLate } from './place.ts'
import type { Scope } from './scope.ts'
import { kinds } from './shapes/task-shape.ts'
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
  readonly #settings: NodeSettings

  constructor(parts: CompilerParts) {
    this.parts = parts
    this.#tasks = new TaskCompiler(parts, this)
    this.#successors = new Successors(parts.problems, parts.names)
    this.#settings = new NodeSettings(parts)
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
    const around = { task, index, tasks, place, position, jumps, scope: scope.outer }
    const onError = this.#onError(around)
    const tooLate = this.#tooLate(around)
    const passed = onError.passes || tooLate?.passes === true
    const inner = kinds[task.kind].sort === 'group' ? { ...place, blocks: this.#blocksInside(task, place) } : place
    const made = task.broken
      ? this.#broken(task, inner, when)
      : this.#tasks.compile(task, inner, { when, onError: onError.node, tooLate: tooLate?.node })
    if (owns && named !== undefined) named.output = made?.schema
    const done = before.fork()
    if (owns) done.add(task.id, 'done')
    const undone = task.broken ? [] : this.#compensation(task, { ...place, flow: done })
    if (!task.broken) this.#settings.compile(task, { before: place.scope, after: seeing(place.scope, done) })
    // Every other way on has a copy of its own, so this one goes on as it is: a list of n tasks costs n.
    const after = before
    const certainty: Certainty = condition !== undefined && when !== 'true' ? 'if' : passed ? 'failed' : 'done'
    if (owns) after.add(task.id, certainty)
    const ends = (task.kind === 'end' || task.kind === 'fail') && condition === undefined && !task.broken
    if (next !== undefined) jumps.push({ to: position, flow: ran(after, task.id, passed) })
    if (task.kind === 'end') this.ends.push(before.fork())
    const passes = next === undefined ? made?.ends !== true || passed : condition !== undefined
    const flow = !ends && passes ? after : undefined
    const kind = task.kind
    const name = textOf(child(task.tree, 'name'))
    const beside = [...(onError.outline ?? []), ...(tooLate?.outline ?? []), ...undone]
    const item: OutlineItem = {
      id: task.id,
      kind,
      ...(name === undefined ? {} : { name }),
      node: task.id,
      ...(made?.outline ?? {}),
      ...(beside.length === 0 ? {} : { children: [...(made?.outline?.children ?? []), ...beside] }),
    }
    return { outline: item, schema: made?.schema, jumps, flow }
  }

  /** Tells what else is wrong with a task whose form is: what is wrong there does not hide it. It gives nothing. */
  #broken(task: Task, place: Place, when: string | undefined): undefined {
    const { soundPart } = task
    if (soundPart === undefined || kinds[task.kind].sort === 'waiting') return
    this.#tasks.compile({ ...task, tree: soundPart }, place, { when, onError: undefined })
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

  #onError(at: Around): Omit<Detour, 'node'> & { readonly node: NodeDef['onError'] } {
    const { task, place } = at
    const handler = child(task.tree, 'on_error')
    if (task.broken) return { node: undefined, passes: false }
    const word = textOf(handler)
    const works = ['simple', 'waiting'].includes(kinds[task.kind].sort)
    const blocks = handler === undefined ? place.blocks === true : word === 'block'
    if (blocks) return { node: works ? 'block' : undefined, passes: false }
    if (handler === undefined) return { node: undefined, passes: false }
    const caught = { ...at, scope: { ...at.scope, error: true }, place: { ...place, error: task.id } }
    const way = this.#way(handler, caught, task.onError)
    return way ?? { node: undefined, passes: false }
  }

  /** What follows when a wait or a question has taken too long. */
  #tooLate(at: Around): Detour | undefined {
    const answer = child(at.task.tree, at.task.kind === 'ask' ? 'on_expiry' : 'on_timeout')
    return answer === undefined || at.task.broken ? undefined : this.#way(answer, at, at.task.tooLate)
  }

  /** `fail`, `continue`, `{next: id}` or a list of tasks; undefined for anything else. */
  #way(answer: Tree, at: Around, tasks: readonly Task[] | undefined): Detour | undefined {
    const word = textOf(answer)
    if (word === 'continue') return { node: 'continue', passes: true }
    if (word === 'fail') return { node: 'fail', passes: false }
    if (tasks !== undefined) return this.#list(tasks, at)
    const next = child(answer, 'next')
    const target = next === undefined ? undefined : this.#successors.target(next, at)
    if (target === undefined) return undefined
    at.jumps.push({ to: target.index, flow: this.#failed(at) })
    return { node: { to: entryRef(target.task) }, passes: target.index === at.position }
  }

  /** Tasks that run instead; behind them the ways come together again. */
  #list(tasks: readonly Task[], at: Around): Detour {
    const { place, scope } = at
    const failed = this.#failed(at)
    const exit: Exit = place.exit === undefined ? undefined : { ...place.exit, skipped: undefined }
    const list = this.compile(tasks, { ...place, scope, exit, flow: failed.inside() })
    if (list.entry === undefined) return { node: 'continue', passes: true }
    if (list.flow !== undefined) at.jumps.push({ to: at.position, flow: failed })
    return { node: { to: list.entry }, passes: false, outline: list.outline }
  }

  #failed({ task, place }: Around): Flow {
    const failed = place.flow.fork()
    if (this.parts.names.owns(task)) failed.add(task.id, 'failed')
    return failed
  }

  /** Do failures inside of a group wait for a person? Where the group has an answer of its own, that one has them. */
  #blocksInside({ tree }: Task, { blocks = false }: Place): boolean {
    const handler = child(tree, 'on_error')
    return handler === undefined ? blocks : textOf(handler) === 'block'
  }

  /** The list that undoes a task: it begins when the run stops, and leads nowhere. */
  #compensation(task: Task, place: Place): readonly OutlineItem[] {
    const { compensate } = task
    if (compensate === undefined) return []
    this.#successors.inCompensation(compensate)
    const { outline } = this.compile(compensate, {
      ...place,
      scope: { ...place.scope, error: false },
      flow: place.flow.inside(),
      exit: undefined,
      branch: undefined,
      error: undefined,
      parallel: false,
      blocks: false,
    })
    return outline
  }
}

/** Where a task leads when it did not do what it should; `passes`: to what would follow it anyway. */
type Detour = { readonly node: TooLate; readonly passes: boolean; readonly outline?: readonly OutlineItem[] }

/** A task where it stands, and what leads away from it. */
type Around = {
  readonly task: Task
  readonly index: number
  readonly tasks: readonly Task[]
  readonly place: Place
  readonly position: number
  readonly jumps: { to: number; flow: Flow }[]
  readonly scope: Scope
}

function seeing(scope: Scope, flow: Flow): Scope {
  return scope.tasks === undefined ? scope : { ...scope, tasks: { ...scope.tasks, flow } }
}

/** The place after a task that surely ran, where it had no failure to pass over. */
function ran(flow: Flow, id: string, mayFail: boolean): Flow {
  const after = flow.fork()
  if (flow.of(id) !== undefined) after.add(id, mayFail ? 'failed' : 'done')
  return after
}
