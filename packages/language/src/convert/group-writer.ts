import type { Node } from 'yaml'
import { child, entryOf, numberOf, type Tree, textOf } from '../tree.ts'
import { failNode } from './fail-node.ts'
import { idOf } from './names.ts'
import { type Body, type Chain, closes, type Planned, type Step } from './plan.ts'
import type { SourceScope } from './scope-of-source.ts'
import type { WorkflowContext } from './workflow-context.ts'
import { listOf, MapWriter, nodeOf } from './yaml-writer.ts'

type WriteList = (items: readonly Planned[], chain: Chain) => readonly Node[]

/** Writes what holds other tasks, and what gathers their values. */
export class GroupWriter {
  readonly #context: WorkflowContext
  readonly #list: WriteList

  constructor(context: WorkflowContext, list: WriteList) {
    this.#context = context
    this.#list = list
  }

  write(map: MapWriter, planned: Planned, chain: Chain): void {
    const { task, call, id } = planned
    const step = (kind: Step['kind'], body: number): Chain => [...chain, { group: call ?? id, kind, body }]
    switch (task.type) {
      case 'router':
        return this.#route(map, planned, chain, (body) => step('route', body))
      case 'parallel':
        return this.#parallel(map, planned, (body) => step('parallel', body))
      case 'collection':
        return this.#each(map, planned, chain)
      case 'composite':
        return this.#sequence(map, planned, step('sequence', 0))
      default:
        return this.#collect(map, planned, chain)
    }
  }

  /** Adds to a collected map what is read of a group's tasks from outside. */
  exported(group: string, map: MapWriter, scope: SourceScope, near: Tree): void {
    for (const id of [...(this.#context.needs.exports.get(group) ?? [])].sort()) {
      if (map.has(idOf(id))) continue
      map.set(idOf(id), this.#context.texts.convert(scalarAt(near), `{{ .tasks.${id}.output }}`, scope))
    }
  }

  #route(map: MapWriter, planned: Planned, chain: Chain, chainOf: (body: number) => Chain): void {
    const { task, bodies } = planned
    const condition = entryOf(task.tree, 'condition')
    const value = condition?.value
    if (value === undefined || condition === undefined) {
      this.#context.problems.add({ code: 'source_invalid', message: `"${task.id}" needs a condition`, at: task.at })
      return
    }
    const written = textOf(value) ?? (value.kind === 'scalar' ? String(value.value) : '')
    map.set('route', this.#context.cel.convert(value, written, { chain }), condition)
    const cases = new MapWriter()
    for (const [index, body] of bodies.entries()) {
      const label = body.entry?.key ?? String(index)
      if (label === 'default')
        this.#context.remarks.changed(
          body.entry?.value ?? task.at,
          'The route "default" takes every value that has no route of its own; before it took only "default".',
        )
      cases.set(
        label,
        this.#case(planned, body, chainOf(index)),
        body.entry?.value.kind === 'scalar' ? body.entry : undefined,
      )
    }
    map.set('cases', cases.node)
    this.#context.remarks.changed(task.at, `"${task.id}" is a route: what follows each value stands in its case.`)
  }

  #case(planned: Planned, body: Body, chain: Chain): Node {
    const { id } = planned
    const label = idOf(body.entry?.key ?? '')
    if (body.again !== undefined)
      return listOf([failNode(this.#context.names.take(`${id}_${label}_again`), body.again)])
    const nodes = [...this.#list(body.items, chain)]
    const group = planned.call ?? id
    const goesOn = !closes(body.items) || body.items.at(-1)?.ends === true
    if (goesOn && (this.#context.needs.exports.get(group)?.size ?? 0) > 0) {
      const values = new MapWriter()
      const inside = new Set(this.#inside(body.items))
      for (const read of [...(this.#context.needs.exports.get(group) ?? [])]
        .filter((each) => inside.has(each))
        .sort()) {
        values.set(
          idOf(read),
          this.#context.texts.convert(scalarAt(planned.task.tree), `{{ .tasks.${read}.output }}`, {
            chain,
            outputs: true,
          }),
        )
      }
      const ends = body.items.at(-1)?.ends === true ? nodes.splice(-1, 1) : []
      nodes.push(
        new MapWriter().set('id', this.#context.names.take(`${id}_${label}`)).set('collect', values.node).node,
        ...ends,
      )
    }
    return nodes.length === 0 ? nodeOf([]) : listOf(nodes)
  }

  /** Source ids of all tasks in a list, also in its groups. */
  #inside(items: readonly Planned[]): readonly string[] {
    return items.flatMap(({ task, bodies }) => [task.id, ...bodies.flatMap((body) => this.#inside(body.items))])
  }

  #parallel(map: MapWriter, { task, bodies }: Planned, chainOf: (body: number) => Chain): void {
    map.set(
      'parallel',
      listOf(bodies.flatMap((body, index) => this.#list(body.items, chainOf(index)))),
      entryOf(task.tree, 'tasks'),
    )
    this.#workers(map, task.tree)
    this.#strategy(map, task.tree)
  }

  #each(map: MapWriter, planned: Planned, chain: Chain): void {
    const { task, bodies, call, id } = planned
    const { tree } = task
    const item = textOf(child(tree, 'item_var')) ?? 'item'
    const index = textOf(child(tree, 'index_var')) ?? 'index'
    const as = idOf(item)
    const step: Step = {
      group: call ?? id,
      kind: 'each',
      body: 0,
      item: { as, names: [...new Set([item, 'item'])], index: [...new Set([index, 'index'])] },
    }
    const inner = [...chain, step]
    const each = new MapWriter()
    each.set('in', this.#items(tree, chain), entryOf(tree, 'items'))
    if (as !== 'item') each.set('as', as)
    const filter = entryOf(tree, 'filter')
    if (filter !== undefined)
      each.set(
        'filter',
        this.#context.cel.convert(filter.value, textOf(filter.value) ?? 'true', { chain: inner }),
        filter,
      )
    if (textOf(child(tree, 'mode')) === 'sequential') each.set('order', 'sequential', entryOf(tree, 'mode'))
    const batch = numberOf(child(tree, 'batch'))
    if (batch !== undefined && batch > 0) each.set('batch', batch, entryOf(tree, 'batch'))
    if (!this.#workers(each, tree) && textOf(child(tree, 'mode')) !== 'sequential')
      this.#context.remarks.changed(
        task.at,
        `"${task.id}" works on at most 8 items at a time: \`max_workers\` says otherwise.`,
      )
    map.set('each', each.node)
    map.set('do', listOf(bodies.flatMap((body) => this.#list(body.items, inner))))
    this.#strategy(map, tree)
    this.#context.remarks.changed(
      task.at,
      `"${task.id}" gives a list with one value for each item that the filter keeps.`,
    )
  }

  #items(tree: Tree, chain: Chain): Node {
    const { values } = this.#context
    const items = child(tree, 'items')
    const text = textOf(items)
    if (items === undefined) return nodeOf([])
    const letters = /^\s*([a-zA-Z])\s*\.\.\s*([a-zA-Z])\s*$/.exec(text ?? '')
    if (letters !== null) {
      const [from = 0, to = 0] = [letters[1], letters[2]].map((letter) => letter?.charCodeAt(0))
      const count = Math.abs(to - from) + 1
      return listOf(
        Array.from({ length: count }, (_, index) => String.fromCharCode(from <= to ? from + index : from - index)),
        true,
      )
    }
    if (text !== undefined && /^\s*\[/.test(text) && !text.includes('{{')) {
      try {
        return listOf(JSON.parse(text), true)
      } catch {
        this.#context.remarks.decide(items, 'This is no list in JSON: write the items as a list.')
      }
    }
    return values.value(items, { chain })
  }

  #sequence(map: MapWriter, { task, id, bodies, call }: Planned, chain: Chain): void {
    const nodes = bodies.flatMap((body) => [...this.#list(body.items, chain)])
    const outputs = entryOf(task.tree, 'outputs')
    const scope: SourceScope = { chain }
    const values = this.#context.values.map(outputs?.value, scope)
    this.exported(call ?? id, values, scope, task.tree)
    if (!values.empty)
      nodes.push(
        new MapWriter().set('id', this.#context.names.take(`${id}_outputs`)).set('collect', values.node, outputs).node,
      )
    map.set('sequence', listOf(nodes), entryOf(task.tree, 'tasks'))
    const strategy = textOf(child(task.tree, 'strategy'))
    if (strategy !== undefined && strategy !== 'wait_all' && strategy !== 'fail_fast')
      this.#context.remarks.decide(
        child(task.tree, 'strategy') ?? task.at,
        `A sequence stops at the first failure; "${strategy}" was left out.`,
      )
  }

  #collect(map: MapWriter, { task }: Planned, chain: Chain): void {
    const outputs = entryOf(task.tree, 'outputs')
    if (outputs === undefined) {
      this.#context.problems.add({ code: 'source_invalid', message: `"${task.id}" needs outputs`, at: task.at })
      return
    }
    map.set('collect', this.#context.values.value(outputs.value, { chain }), outputs)
  }

  #workers(map: MapWriter, tree: Tree): boolean {
    const workers = numberOf(child(tree, 'max_workers'))
    if (workers === undefined || workers < 1) return false
    map.set('max_workers', workers, entryOf(tree, 'max_workers'))
    return true
  }

  #strategy(map: MapWriter, tree: Tree): void {
    const strategy = entryOf(tree, 'strategy')
    const word = textOf(strategy?.value)
    if (strategy === undefined || word === undefined || word === 'wait_all') return
    if (['fail_fast', 'best_effort', 'race'].includes(word)) map.set('strategy', word, strategy)
    else
      this.#context.problems.add({
        code: 'source_invalid',
        message: `there is no strategy "${word}"`,
        at: strategy.value,
        help: 'The strategies are wait_all, fail_fast, best_effort and race.',
      })
  }
}

function scalarAt(tree: Tree) {
  return { kind: 'scalar', style: 'plain', value: '', file: tree.file, span: tree.span } as const
}
