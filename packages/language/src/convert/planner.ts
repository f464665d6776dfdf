import type { Problems } from '../problems.ts'
import { child, textOf } from '../tree.ts'
import { idOf, type Names } from './names.ts'
import { type Body, type Chain, closes, type Place, type Plan, type Planned, type Step } from './plan.ts'
import type { Remarks } from './remarks.ts'
import type { SourceTask } from './source-task.ts'
import { TaskGraph } from './task-graph.ts'

type Around = {
  readonly graph: TaskGraph
  /** Where the list ends and another goes on. */
  readonly stop: SourceTask | undefined
  readonly chain: Chain
}

/** Ways that cross each other without order would be written again and again. */
const MAX_TASKS = 2_000

/** Makes lists of tasks that say by `next` what follows them: chains become lists, routers groups. */
export class Planner {
  readonly #problems: Problems
  readonly #remarks: Remarks
  readonly #names: Names
  readonly #places = new Map<string, Place[]>()
  #written = 0

  constructor(problems: Problems, remarks: Remarks, names: Names) {
    this.#problems = problems
    this.#remarks = remarks
    this.#names = names
  }

  plan(tasks: readonly SourceTask[]): Plan {
    const graph = new TaskGraph(tasks, this.#problems, this.#remarks)
    const [first] = tasks
    return { items: this.#follow(first, { graph, stop: undefined, chain: [] }), places: this.#places }
  }

  /** The list that begins at a task and ends at `stop`, or where nothing follows. */
  #follow(first: SourceTask | undefined, around: Around): readonly Planned[] {
    const { graph, stop, chain } = around
    const list: { readonly task: SourceTask; planned: Planned }[] = []
    for (let task = first; task !== undefined && task !== stop && this.#room(task); ) {
      const router: boolean = task.type === 'router'
      const onward = graph.edge(task, task.next)
      const meeting: SourceTask | undefined = router ? graph.meeting(task) : undefined
      const next: SourceTask | undefined = router ? meeting : onward?.back === true ? undefined : onward?.to
      const again = onward?.back === true ? onward.to.id : undefined
      const reaches = next === undefined && again === undefined && !router
      const planned = this.#task(task, { chain, graph, stop: next ?? stop, ends: reaches && stop !== undefined, again })
      list.push({ task, planned })
      // Where every way ends, nothing follows, though the ways seem to meet again.
      task = router && closes([planned]) ? undefined : next
    }
    for (const [index, { task, planned }] of list.entries()) {
      const following = list[index + 1]?.task ?? stop
      planned.onError = this.#handler(task, planned, { index, list, following, around })
      const late = graph.edge(task, task.timeoutNext)
      if (late !== undefined && !late.back) planned.onTimeout = this.#aside(late.to, planned, following, around)
    }
    this.#jumped(list.map(({ planned }) => planned))
    return list.map(({ planned }) => planned)
  }

  #room({ at }: SourceTask): boolean {
    this.#written += 1
    if (this.#written <= MAX_TASKS) return true
    if (this.#written > MAX_TASKS + 1) return false
    const message = `the ways of these tasks cross so often that they would be written more than ${MAX_TASKS.toLocaleString('en')} times`
    this.#problems.add({
      code: 'source_invalid',
      message,
      at,
      help: 'Let the ways meet again in one task, or split the workflow.',
    })
    return false
  }

  #task(
    task: SourceTask,
    at: { chain: Chain; graph: TaskGraph; stop: SourceTask | undefined; ends: boolean; again: string | undefined },
  ): Planned {
    const copies = this.#places.get(task.id) ?? []
    if (copies.length === 1)
      this.#remarks.decide(
        task.at,
        `Several ways lead to "${task.id}" and go on differently: it is written once for each.`,
      )
    const id = this.#names.take(idOf(task.id))
    if (id !== task.id && copies.length === 0) this.#remarks.changed(task.at, `The task "${task.id}" is named "${id}".`)
    const wraps = child(task.tree, 'outputs') !== undefined && task.type !== 'aggregate' && task.type !== 'composite'
    const call = wraps ? this.#names.take(`${id}_call`) : undefined
    const chain = call === undefined ? at.chain : [...at.chain, { group: id, kind: 'sequence', body: 0 } as const]
    const bodies = this.#bodies(task, call ?? id, { ...at, chain })
    const { ends, again } = at
    const planned: Planned = { id, task, call, bodies, ends, again, onError: undefined, onTimeout: undefined }
    const condition = task.type !== 'router' && task.type !== 'wait' && child(task.tree, 'condition') !== undefined
    this.#places.set(task.id, [...copies, { planned, chain: at.chain, uncertain: condition }])
    return planned
  }

  #bodies(
    task: SourceTask,
    group: string,
    at: { chain: Chain; graph: TaskGraph; stop: SourceTask | undefined },
  ): readonly Body[] {
    const { chain, graph } = at
    switch (task.type) {
      case 'router':
        return task.routes.flatMap(({ entry, to }, body): readonly Body[] => {
          const edge = graph.edge(task, to)
          if (edge === undefined) return []
          if (edge.back) return [{ entry, items: [], again: edge.to.id }]
          const step: Step = { group, kind: 'route', body }
          return [{ entry, items: this.#follow(edge.to, { graph, stop: at.stop, chain: [...chain, step] }) }]
        })
      case 'parallel':
        return task.children.map((each, body) => {
          const step: Step = { group, kind: 'parallel', body }
          return { items: this.#inOrder([each], [...chain, step]) }
        })
      case 'collection':
        return [{ items: this.#inOrder(task.children, [...chain, { ...this.#each(task), group }]) }]
      case 'composite':
        return [{ items: this.#inOrder(task.children, [...chain, { group, kind: 'sequence', body: 0 }]) }]
      default:
        return []
    }
  }

  #each(task: SourceTask): Step {
    const item = textOf(child(task.tree, 'item_var')) ?? 'item'
    const index = textOf(child(task.tree, 'index_var')) ?? 'index'
    const as = idOf(item)
    return {
      group: '',
      kind: 'each',
      body: 0,
      item: { as, names: [...new Set([item, 'item'])], index: [...new Set([index, 'index'])] },
    }
  }

  /** Tasks of a group: they run as they are written, each with what it leads to left aside. */
  #inOrder(tasks: readonly SourceTask[], chain: Chain): readonly Planned[] {
    for (const [index, task] of tasks.entries()) {
      const next = textOf(task.next)
      if (task.next !== undefined && next !== tasks[index + 1]?.id)
        this.#remarks.decide(
          task.next,
          `Tasks of a group run in the order of the list, so "next: ${next}" was left out.`,
        )
      if (task.timeoutNext !== undefined)
        this.#remarks.decide(
          task.timeoutNext,
          'What follows a wait that took too long is a list of tasks under `on_timeout`, inside a group. It was left out.',
        )
      if (task.errorNext !== undefined)
        this.#remarks.decide(
          task.errorNext,
          'What follows an error inside a group is a list of tasks under `on_error`. It was left out.',
        )
    }
    const graph = new TaskGraph([], this.#problems, this.#remarks)
    return tasks.map((task) => this.#task(task, { chain, graph, stop: undefined, ends: false, again: undefined }))
  }

  #handler(
    task: SourceTask,
    planned: Planned,
    at: {
      readonly index: number
      readonly list: readonly { readonly task: SourceTask; readonly planned: Planned }[]
      readonly following: SourceTask | undefined
      readonly around: Around
    },
  ): Planned['onError'] {
    const edge = at.around.graph.edge(task, task.errorNext)
    if (edge === undefined || edge.back) return undefined
    const target = at.list.findIndex((other) => other.task === edge.to)
    if (edge.to === at.following) return 'continue'
    const found = at.list[target]
    if (found !== undefined && target > at.index) return { next: found.planned.id }
    return this.#aside(edge.to, planned, at.following, at.around)
  }

  /** A list that runs instead of what should have followed; it ends the run unless it leads to `following`. */
  #aside(
    first: SourceTask,
    planned: Planned,
    following: SourceTask | undefined,
    { graph, chain }: Around,
  ): readonly Planned[] {
    const step: Step = { group: planned.id, kind: 'on_error', body: 0 }
    const items = this.#follow(first, { graph, stop: following, chain: [...chain, step] })
    const last = items.at(-1)
    const leads = last !== undefined && following !== undefined && graph.after(last.task).has(following)
    return last === undefined || leads || closes(items) ? items : [...items.slice(0, -1), { ...last, ends: true }]
  }

  /** Tasks over which an error may jump need not have run. */
  #jumped(list: readonly Planned[]): void {
    for (const [from, { onError }] of list.entries()) {
      if (typeof onError !== 'object' || !('next' in onError)) continue
      const to = list.findIndex(({ id }) => id === onError.next)
      for (const { task } of list.slice(from, to)) this.#unsure(task.id)
    }
  }

  #unsure(id: string): void {
    this.#places.set(
      id,
      (this.#places.get(id) ?? []).map((place) => ({ ...place, uncertain: true })),
    )
  }
}
