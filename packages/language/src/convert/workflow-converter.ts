import type { Node } from 'yaml'
import type { Problems } from '../problems.ts'
import { child, entriesOf, entryOf, type MapTree, type Tree, textOf } from '../tree.ts'
import type { AgentRegistry } from './agent-registry.ts'
import type { Components } from './components.ts'
import { CelConverter } from './convert-cel.ts'
import { fieldsOf, type WrittenFields } from './convert-fields.ts'
import { policyOf, retryNode } from './convert-retry.ts'
import { TextConverter } from './convert-text.ts'
import { ValueConverter } from './convert-value.ts'
import { idOf, Names } from './names.ts'
import { closes } from './plan.ts'
import { Planner } from './planner.ts'
import { Remarks } from './remarks.ts'
import { type Needs, Resolver } from './resolver.ts'
import type { SourceTask } from './source-task.ts'
import { TaskWriter } from './task-writer.ts'
import type { ToolRegistry } from './tool-registry.ts'
import { TriggerWriter } from './trigger-writer.ts'
import type { WorkflowContext } from './workflow-context.ts'
import { fieldsNode } from './write-fields.ts'
import { listOf, MapWriter, yamlText } from './yaml-writer.ts'

const KNOWN = new Set([
  'id',
  'resource',
  'version',
  'description',
  'author',
  'config',
  'tasks',
  'tools',
  'agents',
  'schemas',
  'trigger',
  'triggers',
  'schedule',
  'outputs',
  'env',
  'input',
  'opts',
  'models',
  'retry_policy',
])

export type SourceWorkflow = {
  readonly tree: MapTree
  readonly id: string
  readonly tasks: readonly SourceTask[]
  readonly components: Components
  /** The schema of its input, with what it refers to. */
  readonly input: Tree | undefined
}

export type WorkflowSurroundings = {
  readonly tools: ToolRegistry
  readonly agents: AgentRegistry
  readonly problems: Problems
  /** Plain values; a text is the secret that one stands for. */
  readonly env: ReadonlyMap<string, string | true>
  readonly secrets: Set<string>
}

/**
 * Writes a workflow. What its texts read decides which values groups must hand out, so it is written until nothing
 * more is asked for.
 */
export function convertWorkflow(
  workflow: SourceWorkflow,
  around: WorkflowSurroundings,
): { readonly text: string; readonly remarks: Remarks } {
  const needs: Needs = { inputs: new Map(), exports: new Map(), secrets: around.secrets }
  let before = -1
  for (;;) {
    const remarks = new Remarks()
    const text = yamlText(new WorkflowWriter(workflow, around, needs, remarks).write(), headOf(workflow.tree))
    const asked = needs.inputs.size + [...needs.exports.values()].reduce((sum, ids) => sum + ids.size, 0)
    if (asked === before) return { text, remarks }
    before = asked
  }
}

class WorkflowWriter {
  readonly #workflow: SourceWorkflow
  readonly #context: WorkflowContext
  readonly #fields: WrittenFields | undefined

  constructor(workflow: SourceWorkflow, around: WorkflowSurroundings, needs: Needs, remarks: Remarks) {
    this.#workflow = workflow
    const { problems, tools } = around
    const names = new Names()
    const plan = new Planner(problems, remarks, names).plan(workflow.tasks)
    this.#fields = fieldsOf(workflow.input)
    const declared =
      this.#fields === undefined || 'schema' in this.#fields
        ? undefined
        : new Set(this.#fields.fields.map(({ name }) => name))
    const inputs = workflow.input === undefined ? new Set<string>() : declared
    const env = new Map([...around.env, ...plainEnv(child(workflow.tree, 'env'), remarks)])
    const resolver = new Resolver({ plan, needs, remarks, inputs, env })
    const texts = new TextConverter(resolver, remarks)
    this.#context = {
      workflow: idOf(workflow.id),
      plan,
      names,
      needs,
      texts,
      cel: new CelConverter(resolver, remarks),
      values: new ValueConverter(texts),
      components: workflow.components,
      tools,
      agents: around.agents,
      remarks,
      problems,
    }
  }

  write(): Node {
    const { tree, id, tasks } = this.#workflow
    const { plan, remarks, values, needs } = this.#context
    const map = new MapWriter().set('id', idOf(id), entryOf(tree, 'id'))
    if (idOf(id) !== id) remarks.changed(child(tree, 'id') ?? tree, `The workflow "${id}" is named "${idOf(id)}".`)
    for (const key of ['version', 'description'] as const) {
      const entry = entryOf(tree, key)
      if (entry !== undefined && entry.value.kind === 'scalar') map.set(key, String(entry.value.value), entry)
    }
    const list = new TaskWriter(this.#context, tasks).list(plan.items, [])
    for (const [index, node] of list.entries()) if (index > 0) node.spaceBefore = true
    const outputs = entryOf(tree, 'outputs')
    const fails = closes(plan.items)
    if (fails && outputs !== undefined)
      remarks.decide(
        outputs.value,
        'The outputs were left out: until the loop is written, the run never reaches its end.',
      )
    const given = outputs === undefined || fails ? undefined : values.value(outputs.value, { chain: [], outputs: true })
    const triggers = new TriggerWriter(this.#context).write(tree)
    this.#left(tree)
    const more = [...needs.inputs].map(([name, { at, optional }]) => {
      remarks.decide(at, `The input "${name}" is read and was not declared: say its type.`)
      return [name, optional ? 'any?' : 'any'] as const
    })
    const fields = this.#fields ?? { fields: [] }
    const schema = this.#fields === undefined && this.#workflow.input !== undefined
    if (schema && more.length === 0) map.set('input', fieldsNode({ schema: { type: 'object' } }))
    else if ('schema' in fields || fields.fields.length + more.length > 0) map.set('input', fieldsNode(fields, more))
    const plain = new MapWriter()
    for (const entry of entriesOf(child(tree, 'env')))
      if (isPlain(entry.value)) plain.set(entry.key, entry.value.kind === 'scalar' ? entry.value.value : '', entry)
    if (!plain.empty) map.set('env', plain.node, entryOf(tree, 'env'))
    const retry = retryNode(undefined, policyOf(tree), remarks)
    if (retry !== undefined) map.set('defaults', new MapWriter().set('retry', retry).node)
    map.set('tasks', listOf(list), entryOf(tree, 'tasks'))
    if (given !== undefined) map.set('outputs', given, outputs)
    map.set('triggers', triggers)
    for (const pair of map.node.items)
      if (['input', 'tasks', 'outputs', 'triggers'].includes(pair.key.value)) pair.key.spaceBefore = true
    return map.node
  }

  #left(tree: MapTree): void {
    for (const { key, keySpan, value } of tree.entries) {
      const at = { file: value.file, span: keySpan }
      if (!KNOWN.has(key)) this.#context.remarks.decide(at, `"${key}" of the workflow was left out.`)
      if (key === 'author') this.#context.remarks.changed(at, 'The author stands in the head of the file.')
    }
  }
}

/** The comment above the first key, and the author. */
function headOf(tree: MapTree): string | undefined {
  const author = child(tree, 'author')
  const lines = author === undefined ? [] : [` Author: ${authorText(author)}`]
  return lines.length === 0 ? undefined : lines.join('\n')
}

export function authorText(author: Tree): string {
  const name = textOf(author) ?? textOf(child(author, 'name')) ?? ''
  const more = ['email', 'organization', 'url'].flatMap((key) => textOf(child(author, key)) ?? [])
  return more.length === 0 ? name : `${name} (${more.join(', ')})`
}

/** Values of `env` by name; one that only hands on another stands for that secret. */
export function plainEnv(tree: Tree | undefined, remarks: Remarks): ReadonlyMap<string, string | true> {
  const found = new Map<string, string | true>()
  for (const { key, value } of entriesOf(tree)) {
    const text = textOf(value)
    const alias = /^\{\{\s*\.env\.(\w+)\s*\}\}$/.exec(text ?? '')?.[1]
    if (isPlain(value)) found.set(key, true)
    else if (alias !== undefined) found.set(key, alias)
    else remarks.decide(value, `Values of env are plain, so the template of "${key}" was left out.`)
    if (alias !== undefined) remarks.changed(value, `"${key}" is the secret "${alias}" now.`)
  }
  return found
}

export function isPlain(value: Tree): boolean {
  return value.kind === 'scalar' && !String(value.value).includes('{{')
}
