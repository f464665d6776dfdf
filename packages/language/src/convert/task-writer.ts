import type { Node } from 'yaml'
import { child, entriesOf, entryOf, numberOf, type Tree, textOf } from '../tree.ts'
import { duration, policyOf, retryNode, timeNode } from './convert-retry.ts'
import { failNode } from './fail-node.ts'
import { GroupWriter } from './group-writer.ts'
import { type Chain, closes, type Planned } from './plan.ts'
import type { SourceScope } from './scope-of-source.ts'
import { SignalWriter } from './signal-writer.ts'
import type { SourceTask } from './source-task.ts'
import { WorkWriter } from './work-writer.ts'
import type { WorkflowContext } from './workflow-context.ts'
import { above, itemComment, listOf, MapWriter } from './yaml-writer.ts'

/** Fields that are written, or that only order the tasks. */
const KNOWN = new Set(
  'resource id type use tool agent workflow action prompt with outputs on_success on_error final sleep timeout retries retry_policy condition routes tasks task strategy max_workers items filter item_var index_var mode batch wait_for processor on_timeout signal operation memory_ref key_template payload model_config model config input output env version description batch_size max_keys flush_config health_config stats_config clear_config opts'.split(
    ' ',
  ),
)

/** Writes tasks: what they have in common here, what is of their kind in the writers of the kinds. */
export class TaskWriter {
  readonly #context: WorkflowContext
  readonly #work: WorkWriter
  readonly #groups: GroupWriter
  readonly #signals: SignalWriter
  /** Values that the task before one passes on to it. */
  readonly #passed: ReadonlyMap<string, Tree>

  constructor(context: WorkflowContext, tasks: readonly SourceTask[]) {
    this.#context = context
    this.#passed = passedOn(tasks, context)
    this.#work = new WorkWriter(context)
    this.#groups = new GroupWriter(context, (items, chain) => this.list(items, chain))
    this.#signals = new SignalWriter(context, this.#work, (items, chain) => this.list(items, chain))
  }

  list(items: readonly Planned[], chain: Chain): readonly Node[] {
    return items.flatMap((item) => this.#item(item, chain))
  }

  #item(planned: Planned, chain: Chain): readonly Node[] {
    const { task, id, ends, again } = planned
    const nodes = [above(this.#task(planned, chain), itemComment(task.tree))]
    const sleep = entryOf(task.tree, 'sleep')
    if (sleep !== undefined) {
      this.#context.remarks.changed(sleep.value, `The pause after "${task.id}" is a task of its own.`)
      const node = new MapWriter()
        .set('id', this.#name(`${id}_sleep`))
        .set('sleep', timeNode(sleep.value, this.#context, { chain }) ?? '1s', sleep)
      nodes.push(node.node)
    }
    // After an error the list may go on where after a success it ends.
    const goesOn = planned.onError === 'continue' || (isList(planned.onError) && !closes(planned.onError))
    const unless = goesOn ? `tasks.${id}.status != "failed"` : undefined
    if (again !== undefined) nodes.push(failNode(this.#name(`${id}_again`), again, unless))
    if (ends)
      nodes.push(
        new MapWriter()
          .set('id', this.#name(`${id}_end`))
          .set('if', unless)
          .set('end', {}).node,
      )
    return nodes
  }

  #task(planned: Planned, chain: Chain): Node {
    const { id, task, call } = planned
    const { tree } = task
    const { cel } = this.#context
    const map = new MapWriter().set('id', id)
    const description = entryOf(tree, 'description')
    map.set('name', textOf(description?.value)?.trim().split('\n')[0], description)
    const condition = entryOf(tree, 'condition')
    if (condition !== undefined && task.type !== 'router' && task.type !== 'wait')
      map.set(
        'if',
        cel.convert(condition.value, textOf(condition.value) ?? String(numberOf(condition.value) ?? true), { chain }),
        condition,
      )
    this.#left(task)
    if (call === undefined) this.#kind(map, planned, chain)
    else map.set('sequence', this.#wrapped(planned, chain, call))
    this.#onError(map, planned, chain)
    return map.node
  }

  /** The work beside what its `outputs` make of it. */
  #wrapped(planned: Planned, chain: Chain, call: string): Node {
    const { task, id } = planned
    const inner = [...chain, { group: id, kind: 'sequence', body: 0 } as const]
    const work = new MapWriter().set('id', call)
    this.#kind(work, planned, inner)
    const outputs = entryOf(task.tree, 'outputs')
    const scope: SourceScope = { chain: inner, output: `tasks.${call}.output` }
    const values = this.#context.values.map(outputs?.value, scope)
    this.#groups.exported(id, values, scope, task.tree)
    this.#context.remarks.changed(
      outputs?.value ?? task.at,
      `The outputs of "${task.id}" are a task of their own behind it.`,
    )
    return listOf([
      work.node,
      new MapWriter().set('id', this.#name(`${id}_outputs`)).set('collect', values.node, outputs).node,
    ])
  }

  #kind(map: MapWriter, planned: Planned, chain: Chain): void {
    const { task } = planned
    switch (task.type) {
      case 'basic':
        this.#work.write(map, task, { chain, secrets: true }, this.#passed.get(task.id))
        return this.#attempts(map, task, task.tool !== undefined || task.agent !== undefined)
      case 'wait':
      case 'signal':
      case 'memory':
        return this.#signals.write(map, planned, chain)
      default:
        this.#groups.write(map, planned, chain)
        return this.#attempts(map, task, false)
    }
  }

  /** Time and repetition belong to what an executor works on. */
  #attempts(map: MapWriter, task: SourceTask, allowed: boolean): void {
    const { tree } = task
    const { remarks } = this.#context
    const timeout = entryOf(tree, 'timeout') ?? entryOf(tree, 'start_to_close_timeout')
    const retries = child(tree, 'retries')
    const policy = policyOf(tree)
    if (allowed || task.type === 'basic') {
      if (timeout !== undefined) map.set('timeout', duration(timeout.value, remarks), timeout)
      const again = retries ?? policy
      if (task.workflow === undefined) map.set('retry', retryNode(retries, policy, remarks))
      else if (again !== undefined)
        remarks.decide(again, `Retries belong to the tasks of the workflow that "${task.id}" runs: they were left out.`)
      return
    }
    const left = timeout?.value ?? retries ?? policy
    if (left !== undefined)
      remarks.decide(left, `Time limits and retries belong to the tasks inside "${task.id}": they were left out.`)
  }

  #onError(map: MapWriter, planned: Planned, chain: Chain): void {
    const { onError, task } = planned
    const entry = entryOf(task.tree, 'on_error')
    if (onError === undefined) {
      if (task.errorNext !== undefined && entry !== undefined && chain.length === 0)
        this.#context.remarks.decide(entry.value, `What follows an error of "${task.id}" was left out.`)
      return
    }
    if (onError === 'continue') map.set('on_error', 'continue', entry)
    else if ('next' in onError) map.set('on_error', { next: onError.next }, entry)
    else
      map.set(
        'on_error',
        listOf(this.list(onError, [...chain, { group: planned.id, kind: 'on_error', body: 0 }])),
        entry,
      )
  }

  #left({ tree, id }: SourceTask): void {
    for (const { key, keySpan, value } of entriesOf(tree)) {
      const at = { file: value.file, span: keySpan }
      if (!KNOWN.has(key)) this.#context.remarks.decide(at, `"${key}" of "${id}" was left out.`)
      else if (key === 'env')
        this.#context.remarks.decide(
          at,
          `Values of env belong to the workflow or the project: those of "${id}" were left out.`,
        )
    }
  }

  #name(wanted: string): string {
    return this.#context.names.take(wanted)
  }
}

/** `on_success.with` and `on_error.with`, by the one task that they lead to. */
function passedOn(tasks: readonly SourceTask[], { remarks }: WorkflowContext): ReadonlyMap<string, Tree> {
  const found = new Map<string, Tree>()
  const named = tasks.flatMap(({ tree }) =>
    ['on_success', 'on_error'].flatMap((key) => {
      const next = textOf(child(child(tree, key), 'next'))
      return next === undefined ? [] : [{ next, values: child(child(tree, key), 'with') }]
    }),
  )
  for (const { next, values } of named) {
    if (values === undefined) continue
    if (named.filter((other) => other.next === next).length === 1) found.set(next, values)
    else
      remarks.decide(
        values,
        `Several tasks lead to "${next}", so the values passed on to it were left out: write them in its \`with\`.`,
      )
  }
  return found
}

function isList(onError: Planned['onError']): onError is readonly Planned[] {
  return Array.isArray(onError)
}
