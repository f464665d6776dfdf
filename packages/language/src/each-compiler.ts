import type { JsonSchema } from '@wonder/context'
import type { NodeWork } from '@wonder/engine'
import { EachItems } from './each-items.ts'
import type { ListCompiler } from './list-compiler.ts'
import type { Place, TaskResult } from './place.ts'
import { strategyOf } from './strategy.ts'
import type { Task } from './task.ts'

/** Compiles `each`: a fan-out with one branch an item. */
export class EachCompiler {
  readonly #lists: ListCompiler
  readonly #items: EachItems

  constructor(lists: ListCompiler) {
    this.#lists = lists
    this.#items = new EachItems(lists.parts)
  }

  compile(task: Task, place: Place, close: (does: NodeWork) => void): TaskResult {
    const { builder } = this.#lists.parts
    const { value } = task
    const fan = task.id
    const open = `${task.id}:open`
    const key = task.tree.entries.find((entry) => entry.key === 'each')
    const at = { file: task.tree.file, span: key?.keySpan ?? task.tree.span }
    const { each, workers, scope } = this.#items.compile({ value, at, around: place.scope })
    const exit = { to: task.id, join: { fan, take: 'last' } } as const
    const flow = place.flow.inside()
    const list = this.#lists.compile(task.bodies[0]?.tasks ?? [], {
      ...place,
      scope,
      exit,
      flow,
      branch: task.id,
      parallel: false,
    })
    builder.transition(
      list.entry === undefined
        ? { from: open, to: task.id, fan, join: exit.join }
        : { from: open, to: list.entry, fan },
    )
    builder.fans.push({
      ref: fan,
      node: open,
      workers,
      each,
      joins: [{ node: task.id, strategy: strategyOf(task), merge: 'collect' }],
    })
    close({ kind: 'join', fan })
    const strategy = strategyOf(task)
    // What each item gives is known where the last task of the list has surely run.
    const last = task.bodies[0]?.tasks.at(-1)
    const sure =
      last !== undefined && (strategy === 'wait_all' || strategy === 'fail_fast') && list.flow?.of(last.id) === 'done'
    const items = sure && list.last !== undefined ? { items: list.last } : {}
    const schema: JsonSchema | undefined = strategy === 'race' ? undefined : { type: 'array', ...items }
    return { schema, outline: { fan, children: list.outline } }
  }
}
