import type { JsonSchema } from '@wonder/context'
import type { Expr, FanDef, NodeWork } from '@wonder/engine'
import type { ListCompiler } from './list-compiler.ts'
import type { Place, TaskResult } from './place.ts'
import type { Scope } from './scope.ts'
import { strategyOf } from './strategy.ts'
import type { Task } from './task.ts'
import { child, entriesOf, numberOf, type Tree, textOf } from './tree.ts'

type Each = NonNullable<FanDef['each']>

const RANGE = /^\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*$/
/** A longer range is made by a tool: it would stand in the definition number by number. */
const MAX_RANGE = 100_000

/** Compiles `each`: a fan-out with one branch an item. */
export class EachCompiler {
  readonly #lists: ListCompiler

  constructor(lists: ListCompiler) {
    this.#lists = lists
  }

  compile(task: Task, place: Place, close: (does: NodeWork) => void): TaskResult {
    const { builder } = this.#lists.parts
    const { value } = task
    const fan = task.id
    const open = `${task.id}:open`
    const as = textOf(child(value, 'as')) ?? 'item'
    const { items, item } = this.#items(task, place.scope)
    this.#name(task, as, place.scope)
    const scope: Scope = { ...place.scope, items: new Map([...place.scope.items, [as, item]]) }
    const filter = child(value, 'filter')
    const kept = filter === undefined ? undefined : this.#lists.parts.values.condition(filter, scope)
    const batch = numberOf(child(value, 'batch'))
    const sequential = textOf(child(value, 'order')) === 'sequential'
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
      workers: sequential ? 1 : (numberOf(child(value, 'max_workers')) ?? 8),
      each: { items, as, ...(kept === undefined ? {} : { filter: kept }), ...(batch === undefined ? {} : { batch }) },
      joins: [{ node: task.id, strategy: strategyOf(task), merge: 'collect' }],
    })
    close({ kind: 'join', fan })
    const race = strategyOf(task) === 'race'
    const schema: JsonSchema | undefined = race ? undefined : { type: 'array' }
    return { schema, outline: { fan, children: list.outline } }
  }

  #items(task: Task, around: Scope): { readonly items: Each['items']; readonly item: JsonSchema | undefined } {
    const { problems, values } = this.#lists.parts
    const scope = { ...around, noSecrets: 'the items are stored with the run' }
    const list = child(task.value, 'in')
    const matrix = child(task.value, 'matrix')
    if ((list === undefined) === (matrix === undefined)) {
      problems.add({
        code: list === undefined ? 'missing_field' : 'field_not_here',
        message: list === undefined ? 'each needs "in" or "matrix"' : 'each has "in" or "matrix", not both',
        at: { file: task.tree.file, span: keyOf(task, 'each', matrix) },
        help: 'Write each: { in: "{{ … }}" }.',
      })
      return { items: { list: { lit: [] } }, item: undefined }
    }
    if (matrix !== undefined) return this.#matrix(task.value, matrix, scope)
    if (list === undefined) return { items: { list: { lit: [] } }, item: undefined }
    const range = RANGE.exec(textOf(list) ?? '')
    if (range !== null)
      return { items: { list: this.#range(list, Number(range[1]), Number(range[2])) }, item: { type: 'integer' } }
    const { expr, schema } = values.value(list, scope)
    const known = typeof schema === 'object' ? schema : {}
    const scalar = 'const' in known && typeof known.const !== 'object' ? JSON.stringify(known.const) : undefined
    const type = typeof known.type === 'string' && !['array', 'object'].includes(known.type) ? known.type : undefined
    if (scalar !== undefined || (type !== undefined && known.const === undefined)) {
      problems.add({
        code: 'type_mismatch',
        message: `each needs a list, a map or a range, and this is ${scalar ?? `a ${type}`}`,
        at: list,
        help: scalar === undefined ? undefined : 'Write a list, a range such as 1..10, or "{{ … }}".',
      })
    }
    return { items: { list: expr }, item: known.type === 'array' ? known.items : undefined }
  }

  #matrix(
    value: Tree,
    matrix: Tree,
    scope: Scope,
  ): { readonly items: Each['items']; readonly item: JsonSchema | undefined } {
    const { values } = this.#lists.parts
    const axes: Record<string, Expr> = {}
    for (const { key, value: axis } of entriesOf(matrix)) {
      const range = RANGE.exec(textOf(axis) ?? '')
      axes[key] =
        range === null ? values.value(axis, scope).expr : this.#range(axis, Number(range[1]), Number(range[2]))
    }
    const exclude = child(value, 'exclude')
    const max = numberOf(child(value, 'max'))
    const names = Object.keys(axes)
    return {
      items: {
        matrix: axes,
        ...(exclude === undefined ? {} : { exclude: values.value(exclude, scope).expr }),
        ...(max === undefined ? {} : { max }),
      },
      item: {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, true])),
        required: names,
        additionalProperties: false,
      },
    }
  }

  #range(tree: Tree, from: number, to: number): Expr {
    const count = Math.abs(to - from) + 1
    if (count > MAX_RANGE) {
      this.#lists.parts.problems.add({
        code: 'range_too_long',
        message: `a range has at most ${MAX_RANGE.toLocaleString('en')} numbers, and this one has ${count.toLocaleString('en')}`,
        at: tree,
        help: 'Let a tool give the list.',
      })
      return { lit: [] }
    }
    const step = from <= to ? 1 : -1
    return { lit: Array.from({ length: count }, (_, index) => from + index * step) }
  }

  /** The item's name must not hide another. */
  #name(task: Task, as: string, scope: Scope): void {
    const taken = ['input', 'state', 'tasks', 'env', 'run', 'workflow', 'project', 'secrets', 'index', 'error', 'steps']
    if (!taken.includes(as) && !scope.items.has(as)) return
    const tree = child(task.value, 'as')
    this.#lists.parts.problems.add({
      code: 'name_taken',
      message: `"${as}" is a name of the scope already`,
      at: tree ?? { file: task.tree.file, span: keyOf(task, 'each', undefined) },
      help: tree === undefined ? 'Name the item of this each: as: inner.' : 'Choose another name.',
    })
  }
}

function keyOf(task: Task, key: string, other: Tree | undefined) {
  return other?.span ?? task.tree.entries.find((entry) => entry.key === key)?.keySpan ?? task.tree.span
}
