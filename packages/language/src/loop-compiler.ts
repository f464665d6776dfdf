import type { NodeWork } from '@wonder/engine'
import { Flow } from './flow.ts'
import type { ListCompiler } from './list-compiler.ts'
import { nodeOf, type Place, type TaskResult } from './place.ts'
import type { Task } from './task.ts'
import { child, numberOf } from './tree.ts'

/**
 * Compiles `loop`. It is the only branch of a fan-out, from `<id>:try`, where every round begins, to `<id>:round`, where
 * it ends: so a loop inside a loop counts its rounds anew, and the join answers for whatever fails.
 */
export class LoopCompiler {
  readonly #lists: ListCompiler

  constructor(lists: ListCompiler) {
    this.#lists = lists
  }

  compile(task: Task, place: Place, close: (does: NodeWork) => void): TaskResult {
    const { builder, values } = this.#lists.parts
    const { error } = place
    const fan = task.id
    const [outer, open, round, limit] = ['open', 'try', 'round', 'limit'].map((part) => `${task.id}:${part}`) as [
      string,
      string,
      string,
      string,
    ]
    const max = numberOf(child(task.value, 'max')) ?? 1
    const tasks = task.bodies[0]?.tasks ?? []
    builder.node(nodeOf(open, { kind: 'open' }, { error }))
    builder.transition({ from: outer, to: open, fan, branch: 'do' })
    builder.fans.push({ ref: fan, node: outer, joins: [{ node: task.id, strategy: 'wait_all', merge: 'last_wins' }] })
    const list = this.#lists.compile(tasks, {
      ...place,
      exit: { to: round },
      flow: roundsBefore(place.flow, tasks),
      parallel: false,
    })
    builder.transition({ from: open, to: list.entry ?? round })
    builder.node(nodeOf(round, { kind: 'last' }, { error }))
    const until = child(task.value, 'until')
    const seen = list.flow ?? roundsBefore(place.flow, tasks)
    const { tasks: around } = place.scope
    const scope =
      around === undefined
        ? place.scope
        : { ...place.scope, tasks: { names: around.names, flow: seen, asked: around.asked, ifs: around.ifs } }
    const done = until === undefined ? undefined : values.condition(until, scope)
    builder.transition({ from: round, to: task.id, if: done ?? 'false', join: { fan, take: { node: round } } })
    if (max > 1) builder.transition({ from: round, to: open, priority: 1, max_iterations: max - 1 })
    builder.transition({ from: round, to: limit, priority: 2 })
    const rounds = max === 1 ? '1 round' : `${max} rounds`
    const message = { lit: `Loop "${task.id}" was not done after ${rounds}` }
    builder.node(nodeOf(limit, { kind: 'error', code: 'loop_limit_reached', message }, { error }))
    close({ kind: 'join', fan })
    return { schema: list.last, ends: list.flow === undefined, outline: { children: list.outline } }
  }
}

/** Where a round begins, any task of the loop may have run in a round before. */
function roundsBefore(around: Flow, tasks: readonly Task[]): Flow {
  return new Flow(around, new Map(tasks.map(({ id }) => [id, 'jump'] as const)))
}
