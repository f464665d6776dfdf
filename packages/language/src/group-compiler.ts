import type { JsonSchema } from '@wonder/context'
import type { NodeWork, OutlineItem } from '@wonder/engine'
import { hasDetour } from './detours.ts'
import { EachCompiler } from './each-compiler.ts'
import { object } from './known-schemas.ts'
import type { ListCompiler } from './list-compiler.ts'
import { LoopCompiler } from './loop-compiler.ts'
import { leave, type NodeExtra, nodeOf, type Place, type TaskResult } from './place.ts'
import { RouteCompiler } from './route-compiler.ts'
import { strategyOf } from './strategy.ts'
import type { Task } from './task.ts'
import { child, entryOf, numberOf, textOf } from './tree.ts'

/** Where a group's body begins, the node of its value, and what adds that node with the way on. */
export type Doors = { readonly open: string; readonly value: string; readonly close: (does: NodeWork) => void }

/**
 * Compiles each, parallel, route, sequence and loop. A group opens at `<id>:open` and its value stands at `<id>`. With an
 * `if` it begins at `<id>:if`, which keeps the answer: the way inside and the status of `<id>` both follow it.
 */
export class GroupCompiler {
  readonly #lists: ListCompiler
  readonly #each: EachCompiler
  readonly #routes: RouteCompiler
  readonly #loops: LoopCompiler

  constructor(lists: ListCompiler) {
    this.#lists = lists
    this.#each = new EachCompiler(lists)
    this.#routes = new RouteCompiler(lists)
    this.#loops = new LoopCompiler(lists)
  }

  compile(task: Task, place: Place, extra: NodeExtra): TaskResult {
    const { builder } = this.#lists.parts
    const open = `${task.id}:open`
    const when = extra.when === undefined ? undefined : this.#gate(task, place, extra.when)
    builder.node(nodeOf(open, { kind: 'open' }, { error: place.error }))
    const close = (does: NodeWork) => {
      builder.node(nodeOf(task.id, does, { when, onError: extra.onError, error: place.error }))
      leave(builder, task.id, place.exit)
    }
    const inOrder = task.kind === 'sequence' || task.kind === 'route'
    const guarded = inOrder && extra.onError !== undefined
    const group =
      task.kind === 'loop'
        ? this.#loops.compile(task, place, close)
        : guarded
          ? this.#guarded(task, place, close)
          : this.#body(task, place, { open, value: task.id, close })
    const ends = group.ends === true && when === undefined
    return { ...group, ends, outline: { open, ...group.outline } }
  }

  /**
   * A sequence or a route with `on_error` is the only branch of a fan-out: a failure anywhere in it ends the branch,
   * and the join answers for it.
   */
  #guarded(task: Task, place: Place, close: (does: NodeWork) => void): TaskResult {
    const { builder } = this.#lists.parts
    const fan = task.id
    const [outer, open, value] = [`${task.id}:open`, `${task.id}:try`, `${task.id}:done`]
    builder.node(nodeOf(open, { kind: 'open' }, { error: place.error }))
    builder.transition({ from: outer, to: open, fan, branch: 'do' })
    builder.fans.push({ ref: fan, node: outer, joins: [{ node: task.id, strategy: 'wait_all', merge: 'last_wins' }] })
    const group = this.#body(task, place, {
      open,
      value,
      close: (does) => {
        builder.node(nodeOf(value, does, { error: place.error }))
        builder.transition({ from: value, to: task.id, join: { fan, take: { node: value } } })
      },
    })
    close({ kind: 'join', fan })
    return group
  }

  /** The answer of a group's `if` is kept as the output of a node, so that it is asked once. */
  #gate(task: Task, place: Place, when: string): string {
    const { builder } = this.#lists.parts
    const gate = `${task.id}:if`
    const holds = `tasks["${gate}"].output`
    builder.node(nodeOf(gate, { kind: 'collect', value: { cel: when } }, { error: place.error }))
    builder.transition({ from: gate, to: `${task.id}:open`, if: holds })
    builder.transition({ from: gate, to: task.id, priority: 1 })
    return holds
  }

  #body(task: Task, place: Place, doors: Doors): TaskResult {
    switch (task.kind) {
      case 'each':
        return this.#each.compile(task, place, doors.close)
      case 'parallel':
        return this.#parallel(task, place, doors.close)
      case 'route':
        return this.#routes.compile(task, place, doors)
      default:
        return this.#sequence(task, place, doors)
    }
  }

  #sequence(task: Task, place: Place, { open, value, close }: Doors): TaskResult {
    const { builder } = this.#lists.parts
    const flow = place.flow.inside()
    const list = this.#lists.compile(task.bodies[0]?.tasks ?? [], {
      ...place,
      exit: { to: value },
      flow,
      parallel: false,
    })
    builder.transition({ from: open, to: list.entry ?? value })
    close({ kind: 'last' })
    return { schema: list.last, ends: list.flow === undefined, outline: { children: list.outline } }
  }

  #parallel(task: Task, place: Place, close: (does: NodeWork) => void): TaskResult {
    const { builder } = this.#lists.parts
    const open = `${task.id}:open`
    const fan = task.id
    const outline: OutlineItem[] = []
    const outputs: Record<string, JsonSchema> = {}
    const tolerant = ['best_effort', 'race'].includes(textOf(child(task.tree, 'strategy')) ?? '')
    for (const body of task.bodies) {
      const [branch] = body.tasks
      if (branch === undefined) continue
      const exit = { to: task.id, join: { fan, take: { node: branch.id } } } as const
      const flow = place.flow.inside()
      const list = this.#lists.compile(body.tasks, { ...place, exit, flow, branch: task.id, parallel: true })
      builder.transition({ from: open, to: list.entry ?? task.id, fan, branch: branch.id })
      outline.push(...list.outline)
      const certain = !tolerant && entryOf(branch.tree, 'if') === undefined && !hasDetour(branch.tree)
      outputs[branch.id] = certain ? (list.last ?? true) : true
    }
    const workers = numberOf(child(task.tree, 'max_workers'))
    builder.fans.push({
      ref: fan,
      node: open,
      ...(workers === undefined ? {} : { workers }),
      joins: [{ node: task.id, strategy: strategyOf(task), merge: 'keyed_by_branch' }],
    })
    close({ kind: 'join', fan })
    const race = textOf(child(task.tree, 'strategy')) === 'race'
    return { schema: race ? undefined : object(outputs), outline: { fan, children: outline } }
  }
}
