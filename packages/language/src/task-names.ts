import type { JsonSchema } from '@wonder/context'
import type { Problems } from './problems.ts'
import type { Task } from './task.ts'
import { child, type MapTree } from './tree.ts'

export type NamedTask = {
  readonly task: Task
  /** The group around it. */
  readonly group: NamedTask | undefined
  /** Which list of the group it is in; tasks of `on_error`, `on_timeout` and `compensate` are in none of its lists. */
  readonly body: number | 'on_error' | 'too_late' | 'compensate'
  /** Told to be unreachable: nothing more is said of it. */
  unreachable: boolean
  /** Schema of its output, once it is compiled and where it is known. */
  output: JsonSchema | undefined
}

/** Every task of a workflow by its id, and where it stands. */
export class TaskNames {
  readonly workflow: string
  readonly #tasks = new Map<string, NamedTask>()

  constructor(workflow: string) {
    this.workflow = workflow
  }

  /** Takes in a list with all that is inside; an id that stands twice is a problem at the second place. */
  add(tasks: readonly Task[], problems: Problems, group?: NamedTask, body: NamedTask['body'] = 0): void {
    for (const task of tasks) {
      const first = this.#tasks.get(task.id)
      const named: NamedTask = { task, group, body, unreachable: false, output: undefined }
      if (first === undefined) this.#tasks.set(task.id, named)
      else reportDuplicate(task, first.task, problems)
      for (const [index, { tasks: inner }] of task.bodies.entries()) this.add(inner, problems, named, index)
      if (task.onError !== undefined) this.add(task.onError, problems, named, 'on_error')
      if (task.tooLate !== undefined) this.add(task.tooLate, problems, named, 'too_late')
      if (task.compensate !== undefined) this.add(task.compensate, problems, named, 'compensate')
    }
  }

  /** A join of a graph is read as a task is. */
  addJoin(ref: string, tree: MapTree | undefined, output: JsonSchema | undefined): void {
    if (tree === undefined || this.#tasks.has(ref)) return
    const task: Task = { id: ref, kind: 'each', tree, value: tree, broken: false, bodies: [] }
    this.#tasks.set(ref, { task, group: undefined, body: 0, unreachable: false, output })
  }

  get(id: string): NamedTask | undefined {
    return this.#tasks.get(id)
  }

  ids(): readonly string[] {
    return [...this.#tasks.keys()]
  }

  /** Is this the entry of that very task, not of another with the same id? */
  owns(task: Task): boolean {
    return this.#tasks.get(task.id)?.task === task
  }
}

function reportDuplicate(task: Task, first: Task, problems: Problems): void {
  const tree = child(task.tree, 'id') ?? task.tree
  const place = child(first.tree, 'id') ?? first.tree
  if (place.file === tree.file && place.span.start === tree.span.start) {
    const help = 'Make a task of its own for each place: call the function that builds it twice, with two ids.'
    problems.add({ code: 'duplicate_id', message: `the task "${task.id}" stands in two places`, at: tree, help })
    return
  }
  problems.add({
    code: 'duplicate_id',
    message: `the id "${task.id}" is taken by the task on line ${place.file.place(place.span.start).line}`,
    at: { file: tree.file, span: tree.span },
    help: 'Ids are unique in a workflow, also across groups.',
  })
}
