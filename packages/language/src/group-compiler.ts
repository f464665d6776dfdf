import type { JsonSchema } from '@wonder/context'
import type { NodeDef, NodeWork, OutlineItem } from '@wonder/engine'
import { EachCompiler } from './each-compiler.ts'
import { object } from './known-schemas.ts'
import { type ListCompiler, nodeOf, type Place } from './list-compiler.ts'
import { RouteCompiler } from './route-compiler.ts'
import type { Task } from './task.ts'
import { child, entryOf, numberOf, textOf } from './tree.ts'

export type GroupResult = {
  readonly schema: JsonSchema | undefined
  /** No way leads out of it. */
  readonly ends?: boolean
  readonly outline?: Partial<OutlineItem>
}

export type GroupExtra = { readonly when: string | undefined; readonly onError: NodeDef['onError'] }

/**
 * Compiles each, parallel, route and sequence. A group opens at `<id>:open` and its value stands at `<id>`. With an
 * `if` it begins at `<id>:if`, which keeps the answer: the way inside and the status of `<id>` both follow it.
 */
export class GroupCompiler {
  readonly #lists: ListCompiler
  readonly #each: EachCompiler
  readonly #routes: RouteCompiler

  constructor(lists: ListCompiler) {
    this.#lists = lists
    this.#each = new EachCompiler(lists)
    this.#routes = new RouteCompiler(lists)
  }

  compile(task: Task, place: Place, extra: GroupExtra): GroupResult {
    const open = `${task.id}:open`
    this.#noHandler(task, extra)
    const when = extra.when === undefined ? undefined : this.#gate(task, place, extra.when)
    this.#lists.parts.builder.node(nodeOf(open, { kind: 'open' }, { error: place.error }))
    const close = (does: NodeWork) => {
      const onError = does.kind === 'join' ? extra.onError : undefined
      this.#lists.parts.builder.node(nodeOf(task.id, does, { when, onError, error: place.error }))
      this.#lists.leave(task.id, place.exit)
    }
    const group = this.#body(task, place, close)
    const ends = group.ends === true && when === undefined
    return { ...group, ends, outline: { open, ...group.outline } }
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

  #body(task: Task, place: Place, close: (does: NodeWork) => void): GroupResult {
    switch (task.kind) {
      case 'each':
        return this.#each.compile(task, place, close)
      case 'parallel':
        return this.#parallel(task, place, close)
      case 'route':
        return this.#routes.compile(task, place, close)
      default:
        return this.#sequence(task, place, close)
    }
  }

  #sequence(task: Task, place: Place, close: (does: NodeWork) => void): GroupResult {
    const { builder } = this.#lists.parts
    const exit = { to: task.id }
    const flow = place.flow.inside()
    const list = this.#lists.compile(task.bodies[0]?.tasks ?? [], { ...place, exit, flow, parallel: false })
    builder.transition({ from: `${task.id}:open`, to: list.entry ?? task.id })
    close({ kind: 'last' })
    return { schema: list.last, ends: list.flow === undefined, outline: { children: list.outline } }
  }

  #parallel(task: Task, place: Place, close: (does: NodeWork) => void): GroupResult {
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
      const certain =
        !tolerant && entryOf(branch.tree, 'if') === undefined && entryOf(branch.tree, 'on_error') === undefined
      outputs[branch.id] = certain ? (list.last ?? true) : true
    }
    const workers = numberOf(child(task.tree, 'max_workers'))
    builder.fans.push({
      ref: fan,
      node: open,
      ...(workers === undefined ? {} : { workers }),
      join: { node: task.id, strategy: strategyOf(task), merge: 'keyed_by_branch' },
    })
    close({ kind: 'join', fan })
    const race = textOf(child(task.tree, 'strategy')) === 'race'
    return { schema: race ? undefined : object(outputs), outline: { fan, children: outline } }
  }

  /** A sequence or a route fails where one of its tasks fails; who answers for that is not decided yet. */
  #noHandler(task: Task, extra: GroupExtra): void {
    const entry = entryOf(task.tree, 'on_error')
    if (entry === undefined || extra.onError === undefined || task.kind === 'each' || task.kind === 'parallel') return
    this.#lists.parts.problems.add({
      code: 'not_available_yet',
      message: `"on_error" of a ${task.kind} is part of the language and is not available yet`,
      at: { file: task.tree.file, span: entry.keySpan },
      help: 'Set it on the tasks inside.',
    })
  }
}

export function strategyOf(task: Task): 'wait_all' | 'fail_fast' | 'best_effort' | 'race' {
  const word = textOf(child(task.tree, 'strategy'))
  return word === 'fail_fast' || word === 'best_effort' || word === 'race' ? word : 'wait_all'
}
