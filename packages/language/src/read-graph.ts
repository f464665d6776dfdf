import { nearest } from '@wonder/errors'
import { checkRequirement, said, saysMore } from './check-join.ts'
import { shownSpan } from './check-shape.ts'
import { detoursOf } from './detours.ts'
import { type Edge, type Graph, type GraphNode, type Group, type Join, labelOf, openerOf } from './graph.ts'
import type { Problem, Problems } from './problems.ts'
import type { Task } from './task.ts'
import type { TaskNames } from './task-names.ts'
import { child, entryOf, itemsOf, type MapTree, numberOf, type Tree, textOf } from './tree.ts'

type Reading = {
  readonly tree: MapTree
  readonly tasks: readonly Task[]
  readonly names: TaskNames
  readonly problems: Problems
}

/** Reads `nodes`, `start` and `transitions`. Undefined when there is no node. */
export function readGraph(reading: Reading): Graph | undefined {
  return new GraphReader(reading).read()
}

class GraphReader {
  readonly #tree: MapTree
  readonly #names: TaskNames
  readonly #problems: Problems
  readonly #nodes = new Map<string, GraphNode>()
  readonly #groups = new Map<string, Group>()
  readonly #unnamed: Group[] = []
  readonly #joins = new Map<string, Join>()
  #sound = true

  constructor({ tree, tasks, names, problems }: Reading) {
    this.#tree = tree
    this.#names = names
    this.#problems = problems
    for (const task of tasks) {
      if (!names.owns(task)) continue
      this.#nodes.set(task.id, { task, index: this.#nodes.size, out: [], in: [] })
    }
  }

  read(): Graph | undefined {
    const [first] = this.#nodes.values()
    if (first === undefined) return undefined
    const written = child(this.#tree, 'start')
    const start = written === undefined ? first : (this.#node(written) ?? first)
    const edges = itemsOf(child(this.#tree, 'transitions')).flatMap((tree) => this.#edge(tree) ?? [])
    for (const edge of edges) this.#open(edge)
    for (const edge of edges) this.#join(edge)
    const failures = [...this.#nodes.values()].flatMap((node) => this.#failures(node))
    for (const edge of [...edges, ...failures]) {
      edge.from.out.push(edge)
      edge.to.in.push(edge)
    }
    return {
      workflow: this.#names.workflow,
      nodes: [...this.#nodes.values()],
      start,
      edges: [...edges, ...failures],
      groups: [...this.#groups.values(), ...this.#unnamed],
      joins: [...this.#joins.values()],
      sound: this.#sound,
    }
  }

  /** What is not sound makes whatever follows from the whole graph unsure. */
  #tell(problem: Problem): undefined {
    this.#sound = false
    this.#problems.add(problem)
    return undefined
  }

  #edge(tree: Tree): Edge | undefined {
    const [from, to] = [child(tree, 'from'), child(tree, 'to')]
    const [source, target] = [from && this.#node(from), to && this.#node(to)]
    if (tree.kind !== 'map' || source === undefined || target === undefined) {
      this.#sound = false
      return undefined
    }
    const limit = entryOf(tree, 'max_iterations')
    const opens = ['group', 'each', 'spawn'].some((key) => entryOf(tree, key) !== undefined)
    if (limit !== undefined && opens) {
      this.#problems.add({
        code: 'field_not_here',
        message: '"max_iterations" has no meaning on a transition that opens branches',
        at: { file: tree.file, span: limit.keySpan },
        help: 'Give it to the transition before it, or after the join.',
      })
    }
    return {
      tree,
      target: to,
      from: source,
      to: target,
      priority: numberOf(child(tree, 'priority')) ?? 0,
      if: child(tree, 'if'),
      limit: opens ? undefined : numberOf(limit?.value),
      group: undefined,
      join: undefined,
      failure: false,
    }
  }

  #node(tree: Tree): GraphNode | undefined {
    const id = textOf(tree)
    if (id === undefined) return undefined
    const found = this.#nodes.get(id)
    if (found !== undefined) return found
    const inner = this.#names.get(id)
    if (inner?.group !== undefined) {
      const message = `"${id}" is inside "${inner.group.task.id}", and transitions lead from node to node`
      return this.#tell({ code: 'task_inside_group', message, at: tree, help: 'Name a node of the graph.' })
    }
    const near = nearest(id, this.#nodes.keys())
    return this.#tell({
      code: 'unknown_task',
      message: `there is no node "${id}" in workflow "${this.#names.workflow}"`,
      at: tree,
      help: near === undefined ? `Its nodes are ${[...this.#nodes.keys()].join(', ')}.` : `Did you mean "${near}"?`,
    })
  }

  /** A transition with each, spawn or group opens branches. */
  #open(edge: Edge): void {
    const { tree, from } = edge
    const [each, spawn, name] = [entryOf(tree, 'each'), entryOf(tree, 'spawn'), child(tree, 'group')]
    if (each !== undefined && spawn !== undefined) {
      this.#problems.add({
        code: 'group_conflict',
        message: 'a transition makes branches by "each" or by "spawn", not by both',
        at: { file: tree.file, span: spawn.keySpan },
        help: 'Remove one of the two.',
      })
    }
    const id = textOf(name)
    if (name === undefined || id === undefined) {
      const workers = entryOf(tree, 'max_workers')
      if (each !== undefined || spawn !== undefined) {
        const group: Group = {
          ref: `${from.task.id}:fan${this.#unnamed.length + 1}`,
          name: undefined,
          edges: [edge],
          joins: [],
        }
        this.#unnamed.push(group)
        edge.group = group
      } else if (workers !== undefined) {
        this.#problems.add({
          code: 'field_not_here',
          message: '"max_workers" has no meaning on a transition that opens no branches',
          at: { file: tree.file, span: workers.keySpan },
          help: 'Add group: a name for the branches.',
        })
      }
      return
    }
    const group = this.#groups.get(id) ?? this.#newGroup(id, name)
    const other = openerOf(group)
    if (other !== undefined && other !== from) {
      this.#tell({
        code: 'group_conflict',
        message: `the branches of "${id}" begin at "${other.task.id}", and this transition leaves "${from.task.id}"`,
        at: name,
        help: 'Give it a group of another name.',
      })
      return
    }
    const makesAll = [...group.edges, edge].some((one) => entryOf(one.tree, 'each') !== undefined)
    if (group.edges.length > 0 && makesAll) {
      this.#problems.add({
        code: 'group_conflict',
        message: `"each" makes all branches of the group "${id}", and this is another transition of it`,
        at: name,
        help: 'Give it a group of another name.',
      })
    }
    group.edges.push(edge)
    edge.group = group
  }

  #newGroup(id: string, at: Tree): Group {
    const group: Group = { ref: id, name: id, edges: [], joins: [] }
    this.#groups.set(id, group)
    this.#free(id, at, 'group')
    return group
  }

  /** Names of groups and joins stand beside those of nodes. */
  #free(id: string, at: Tree, what: string): void {
    if (this.#names.get(id) === undefined) return
    this.#problems.add({
      code: 'duplicate_id',
      message: `the name "${id}" of a ${what} is the id of a task as well`,
      at,
      help: 'The value of a join is read as tasks.<group>.output, so names of groups are no ids of tasks.',
    })
  }

  #join(edge: Edge): void {
    const tree = child(edge.tree, 'join')
    const name = child(tree, 'group')
    const id = textOf(name)
    if (tree === undefined) return
    if (name === undefined || id === undefined) {
      this.#sound = false
      return
    }
    const group = this.#groups.get(id)
    if (group === undefined) {
      const near = nearest(id, this.#groups.keys())
      const known = [...this.#groups.keys()].join(', ')
      this.#tell({
        code: 'unknown_group',
        message: `no transition opens the group "${id}"`,
        at: name,
        help:
          near !== undefined
            ? `Did you mean "${near}"?`
            : known === ''
              ? `Give the transitions that begin its branches group: ${id}.`
              : `The groups of this workflow are ${known}.`,
      })
      return
    }
    checkRequirement(tree, group, this.#problems)
    if (edge.group !== undefined && edge.group !== group) {
      this.#tell({
        code: 'group_conflict',
        message: `a transition that opens branches of "${labelOf(edge.group)}" cannot join those of "${id}"`,
        at: name,
        help: 'Put a node between the two.',
      })
      return
    }
    const { to } = edge
    const key = `${id} ${to.task.id}`
    const join = this.#joins.get(key) ?? this.#newJoin(group, edge, tree)
    if (saysMore(tree) && saysMore(join.tree) && said(tree) !== said(join.tree)) {
      this.#problems.add({
        code: 'group_conflict',
        message: `another transition says something else of the join of "${id}" before "${to.task.id}"`,
        at: { file: tree.file, span: shownSpan(tree) },
        help: `Say it once, and here only join: { group: ${id} }.`,
      })
    }
    join.edges.push(edge)
    edge.join = join
  }

  #newJoin(group: Group, { to, tree: transition }: Edge, tree: Tree): Join {
    const id = group.name ?? group.ref
    const first = group.joins.length === 0
    const ref = first ? id : `${id}_${to.task.id}`
    // Another transition to the same join may be the one that says what it waits for.
    const others = itemsOf(child(this.#tree, 'transitions')).filter(
      (other) => textOf(child(child(other, 'join'), 'group')) === id && textOf(child(other, 'to')) === to.task.id,
    )
    const best = [tree, ...others.flatMap((other) => child(other, 'join') ?? [])].find(saysMore) ?? tree
    const join: Join = { ref, index: this.#joins.size, group, to, edges: [], tree: best }
    if (!first) this.#free(ref, child(transition, 'to') ?? transition, 'join')
    group.joins.push(join)
    this.#joins.set(`${id} ${to.task.id}`, join)
    return join
  }

  /** Where a node leads when it failed or ran out of time is a way, too. */
  #failures(from: GraphNode): readonly Edge[] {
    const { tree } = from.task
    return detoursOf(tree).flatMap((target) => {
      const to = this.#nodes.get(textOf(target) ?? '')
      if (to === undefined) {
        this.#sound = false
        return []
      }
      const none = { if: undefined, limit: undefined, group: undefined, join: undefined }
      return [{ tree, target, from, to, priority: 0, ...none, failure: true }]
    })
  }
}
