import { nearest } from '@wonder/errors'
import type { Problems } from '../problems.ts'
import { type Tree, textOf } from '../tree.ts'
import type { Remarks } from './remarks.ts'
import type { SourceTask } from './source-task.ts'

/** What leads from one task to another. */
type Edge = { readonly to: SourceTask; readonly at: Tree; readonly back: boolean }

type Open = { to: SourceTask; at: Tree; back: boolean }

/**
 * Which task follows which. Edges that lead back to a task that is on the way are known as such, so that what is left
 * has no cycles.
 */
export class TaskGraph {
  readonly #tasks: ReadonlyMap<string, SourceTask>
  readonly #edges = new Map<SourceTask, Map<Tree | SourceTask, Open>>()
  readonly #after = new Map<SourceTask, ReadonlySet<SourceTask>>()
  readonly #problems: Problems
  readonly #remarks: Remarks
  readonly #reached = new Set<SourceTask>()

  constructor(tasks: readonly SourceTask[], problems: Problems, remarks: Remarks) {
    this.#problems = problems
    this.#remarks = remarks
    const inline = tasks.flatMap((task) => task.routes.flatMap(({ to }) => ('type' in to ? [to] : [])))
    this.#tasks = new Map([...tasks, ...inline].map((task) => [task.id, task]))
    for (const task of this.#tasks.values()) this.#connect(task)
    const [first] = tasks
    if (first === undefined) return
    this.#findCycles(first, new Set(), new Set())
    for (const task of tasks) {
      if (task === first || this.#reached.has(task)) continue
      this.#remarks.decide(task.at, `"${task.id}" is never reached: no task leads to it. It was left out.`)
    }
  }

  /** The edge that a `next`, a route or an inline task stands for. */
  edge(from: SourceTask, by: Tree | SourceTask | undefined): Edge | undefined {
    return by === undefined ? undefined : this.#edges.get(from)?.get(by)
  }

  /** The tasks that may follow when nothing fails. */
  followers(task: SourceTask): readonly SourceTask[] {
    const ways = [task.next, ...task.routes.map(({ to }) => to)]
    const edges = ways.flatMap((way) => this.edge(task, way) ?? [])
    return edges.flatMap(({ to, back }) => (back ? [] : [to]))
  }

  /** All tasks that may come after a task when nothing fails, nearest first. */
  after(task: SourceTask): ReadonlySet<SourceTask> {
    const known = this.#after.get(task)
    if (known !== undefined) return known
    const found = new Set<SourceTask>()
    const wait = [...this.followers(task)]
    for (let next = wait.shift(); next !== undefined; next = wait.shift()) {
      if (found.has(next)) continue
      found.add(next)
      wait.push(...this.followers(next))
    }
    this.#after.set(task, found)
    return found
  }

  /**
   * Where the ways of a router meet again: the nearest task through which all of them lead, else the first that two of
   * them reach.
   */
  meeting(router: SourceTask): SourceTask | undefined {
    const ways = this.followers(router).map((to) => [to, ...this.after(to)])
    const [first = []] = ways
    const common = first.filter((task) => ways.every((way) => way.includes(task)))
    const certain = common.filter((task) => ways.every(([begin]) => begin !== undefined && this.#allPass(begin, task)))
    const shared =
      first.length === 0 ? [] : ways.flat().filter((task) => ways.filter((way) => way.includes(task)).length > 1)
    return this.#earliest(certain) ?? (ways.length > 1 ? this.#earliest(shared) : undefined)
  }

  /** Of several tasks the one that comes before the others. */
  #earliest(tasks: readonly SourceTask[]): SourceTask | undefined {
    return tasks.find((task) => tasks.every((other) => other === task || !this.after(other).has(task)))
  }

  /** Does every way from a task lead through another? Asked once for each task. */
  #allPass(from: SourceTask, through: SourceTask, known = new Map<SourceTask, boolean>()): boolean {
    if (from === through) return true
    const answer = known.get(from)
    if (answer !== undefined) return answer
    const followers = this.followers(from)
    const all = followers.every((next) => this.#allPass(next, through, known))
    const passes = followers.length > 0 && this.#whole(from) && all
    known.set(from, passes)
    return passes
  }

  /** No way out of it ends or leads back. */
  #whole(task: SourceTask): boolean {
    return [...(this.#edges.get(task)?.values() ?? [])].every(({ back }) => !back)
  }

  #connect(task: SourceTask): void {
    const edges = new Map<Tree | SourceTask, Open>()
    const named = [task.next, task.errorNext, task.timeoutNext].flatMap((tree) => tree ?? [])
    for (const tree of [...named, ...task.routes.map(({ to }) => to)]) {
      if ('type' in tree) {
        edges.set(tree, { to: tree, at: tree.at, back: false })
        continue
      }
      const id = textOf(tree) ?? ''
      const to = this.#tasks.get(id)
      if (to === undefined) this.#unknown(id, tree)
      else edges.set(tree, { to, at: tree, back: false })
    }
    this.#edges.set(task, edges)
  }

  #unknown(id: string, at: Tree): void {
    const near = nearest(id, this.#tasks.keys())
    const help = near === undefined ? `The tasks are ${[...this.#tasks.keys()].join(', ')}.` : `Did you mean "${near}"?`
    this.#problems.add({ code: 'source_reference_unknown', message: `there is no task "${id}" in this list`, at, help })
  }

  #findCycles(task: SourceTask, path: Set<SourceTask>, done: Set<SourceTask>): void {
    this.#reached.add(task)
    path.add(task)
    for (const edge of this.#edges.get(task)?.values() ?? []) {
      if (path.has(edge.to)) {
        edge.back = true
        const message = `"${task.id}" leads back to "${edge.to.id}", and a list leads only forward: write it as a loop, or as a graph of nodes and transitions. The run fails there until then.`
        this.#remarks.decide(edge.at, message)
      } else if (!done.has(edge.to)) this.#findCycles(edge.to, path, done)
    }
    path.delete(task)
    done.add(task)
  }
}
