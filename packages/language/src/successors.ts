import { nearest } from '@wonder/errors'
import { shownSpan } from './check-shape.ts'
import type { GraphPlace } from './place.ts'
import type { Problems } from './problems.ts'
import type { Task } from './task.ts'
import type { TaskNames } from './task-names.ts'
import { child, entryOf, type Tree, textOf } from './tree.ts'

/** A task of a list: what may follow it are later ones of the same list. */
export type Position = {
  readonly index: number
  readonly tasks: readonly Task[]
  readonly place: { readonly parallel?: boolean; readonly graph?: GraphPlace | undefined }
}

/** Finds the tasks that `next` names, and tells of those that cannot follow or are never reached. */
export class Successors {
  readonly #problems: Problems
  readonly #names: TaskNames

  constructor(problems: Problems, names: TaskNames) {
    this.#problems = problems
    this.#names = names
  }

  /** The later task of the same list that an id this.#names. */
  target(tree: Tree, at: Position): { readonly task: Task; readonly index: number } | undefined {
    const id = textOf(tree) ?? ''
    if (at.place.graph !== undefined) return this.#node(tree, id, at.place.graph)
    const found = at.place.parallel ? -1 : at.tasks.findIndex((other) => other.id === id)
    const target = at.tasks[found]
    if (target !== undefined && found > at.index) return { task: target, index: found }
    const later = at.place.parallel ? [] : at.tasks.slice(at.index + 1).map((other) => other.id)
    const near = nearest(id, later)
    const known = this.#names.get(id) !== undefined
    const message = at.place.parallel
      ? 'tasks of parallel follow nothing: they begin together'
      : target !== undefined
        ? `"next" leads only forward, and "${id}" ${found === at.index ? 'is this task' : 'stands before this one'}`
        : known
          ? `"${id}" is not in the same list`
          : `there is no task "${id}" in workflow "${this.#names.workflow}"`
    const code = known ? 'invalid_next' : 'unknown_task'
    const all = later.length === 0 ? undefined : `Later tasks of this list: ${later.join(', ')}.`
    this.#problems.add({ code, message, at: tree, help: near === undefined ? all : `Did you mean "${near}"?` })
    return undefined
  }

  /** Any node of the graph may follow a failure. */
  #node(tree: Tree, id: string, graph: GraphPlace): { readonly task: Task; readonly index: number } | undefined {
    const task = graph.nodes.get(id)
    if (task !== undefined) return { task, index: -1 }
    const near = nearest(id, graph.nodes.keys())
    const help = near === undefined ? `Its nodes are ${[...graph.nodes.keys()].join(', ')}.` : `Did you mean "${near}"?`
    const message = `there is no node "${id}" in workflow "${graph.workflow}"`
    this.#problems.add({ code: 'unknown_task', message, at: tree, help })
    return undefined
  }

  noNext({ id, tree }: Task): void {
    const entry = entryOf(tree, 'next')
    if (entry === undefined) return
    this.#problems.add({
      code: 'field_not_here',
      message: '"next" has no meaning in a graph: transitions say what follows',
      at: { file: tree.file, span: entry.keySpan },
      help: `Write - { from: ${id}, to: ${textOf(entry.value) ?? '…'} } under transitions.`,
    })
  }

  /** What undoes a task runs while the run ends: it neither ends it nor is undone. */
  inCompensation(tasks: readonly Task[]): void {
    for (const task of tasks) {
      for (const { key, keySpan } of task.tree.entries) {
        if (key !== 'end' && key !== 'compensate') continue
        this.#problems.add({
          code: 'field_not_here',
          message: `"${key}" has no meaning in a compensation: it runs while the run ends`,
          at: { file: task.tree.file, span: keySpan },
          help: key === 'end' ? 'Let the list end here by an `if` on what follows.' : 'Leave it out.',
        })
      }
      for (const { tasks: inner } of task.bodies) this.inCompensation(inner)
      if (task.onError !== undefined) this.inCompensation(task.onError)
    }
  }

  unreachable(task: Task, before: Task | undefined): void {
    const tree = child(task.tree, 'id') ?? task.tree
    const next = textOf(child(before?.tree, 'next'))
    const why =
      before === undefined
        ? ''
        : next !== undefined
          ? `"${before.id}" goes on at "${next}"`
          : `"${before.id}" never goes on`
    this.#problems.add({
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
