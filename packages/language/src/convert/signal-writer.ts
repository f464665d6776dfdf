import type { Node } from 'yaml'
import { child, entriesOf, entryOf, type Tree, textOf } from '../tree.ts'
import { timeNode } from './convert-retry.ts'
import type { Chain, Planned } from './plan.ts'
import type { SourceScope } from './scope-of-source.ts'
import type { SourceTask } from './source-task.ts'
import type { WorkWriter } from './work-writer.ts'
import type { WorkflowContext } from './workflow-context.ts'
import { listOf, MapWriter } from './yaml-writer.ts'

const MEMORY_FIELDS = [
  'batch_size',
  'max_keys',
  'flush_config',
  'health_config',
  'stats_config',
  'clear_config',
] as const

/** Writes what waits for signals, sends them, or remembers. */
export class SignalWriter {
  readonly #context: WorkflowContext
  readonly #work: WorkWriter
  readonly #list: (items: readonly Planned[], chain: Chain) => readonly Node[]

  constructor(
    context: WorkflowContext,
    work: WorkWriter,
    list: (items: readonly Planned[], chain: Chain) => readonly Node[],
  ) {
    this.#context = context
    this.#work = work
    this.#list = list
  }

  write(map: MapWriter, planned: Planned, chain: Chain): void {
    const { task } = planned
    if (task.type === 'memory') this.#context.remarks.later(task.at, `"${task.id}" is a task of kind memory.`)
    if (task.type === 'wait') this.#wait(map, planned, chain)
    else if (task.type === 'signal') this.#signal(map, task.tree, { chain, secrets: true })
    else this.#memory(map, task.tree, { chain, secrets: true })
  }

  #wait(map: MapWriter, { task, onTimeout, id }: Planned, chain: Chain): void {
    const { cel, values } = this.#context
    const { tree } = task
    const scope: SourceScope = { chain, signal: true }
    const signal = entryOf(tree, 'wait_for')
    map.set('wait', signal === undefined ? '' : values.value(signal.value, { chain }), signal)
    const condition = entryOf(tree, 'condition')
    if (condition !== undefined)
      map.set('until', cel.convert(condition.value, textOf(condition.value) ?? 'true', scope), condition)
    const timeout = entryOf(tree, 'timeout')
    if (timeout !== undefined) map.set('timeout', timeNode(timeout.value, this.#context, { chain }), timeout)
    if (onTimeout !== undefined)
      map.set(
        'on_timeout',
        listOf(this.#list(onTimeout, [...chain, { group: id, kind: 'on_error', body: 0 }])),
        entryOf(tree, 'on_timeout'),
      )
    if (task.processor !== undefined) this.#processor(map, task.processor, scope)
  }

  /** What each signal goes through. One that calls an agent is left out: a processor is a tool. */
  #processor(map: MapWriter, processor: SourceTask, scope: SourceScope): void {
    const { remarks } = this.#context
    if (processor.tool === undefined) {
      remarks.decide(
        processor.at,
        `What processes each signal calls no tool, and was left out: let \`until\` read the payload, and process it in a task behind.`,
      )
      return
    }
    const written = new MapWriter()
    this.#work.write(written, processor, { ...scope, secrets: true })
    map.set('processor', written.node, entryOf(processor.tree, 'tool'))
  }

  #signal(map: MapWriter, tree: Tree, scope: SourceScope): void {
    const { values } = this.#context
    const written = child(tree, 'signal')
    const signal = new MapWriter()
    for (const entry of entriesOf(written))
      signal.set(entry.key === 'id' ? 'name' : entry.key, values.value(entry.value, scope), entry)
    map.set('signal', signal.node, entryOf(tree, 'signal'))
  }

  #memory(map: MapWriter, tree: Tree, scope: SourceScope): void {
    const { values } = this.#context
    const memory = new MapWriter()
    for (const [from, to] of [
      ['operation', 'operation'],
      ['memory_ref', 'memory'],
      ['key_template', 'key'],
      ['payload', 'payload'],
    ] as const) {
      const entry = entryOf(tree, from)
      if (entry !== undefined) memory.set(to, values.value(entry.value, scope), entry)
    }
    for (const key of MEMORY_FIELDS) {
      const entry = entryOf(tree, key)
      if (entry !== undefined) memory.set(key.replace('_config', ''), values.value(entry.value, scope), entry)
    }
    map.set('memory', memory.node)
  }
}
