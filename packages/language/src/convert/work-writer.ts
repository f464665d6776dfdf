import { child, entriesOf, entryOf, itemsOf, type MapTree, type Tree, textOf } from '../tree.ts'
import { modelNode } from './agent-registry.ts'
import type { Component } from './components.ts'
import { fieldsOf } from './convert-fields.ts'
import { idOf } from './names.ts'
import type { SourceScope } from './scope-of-source.ts'
import type { SourceTask } from './source-task.ts'
import type { WorkflowContext } from './workflow-context.ts'
import { fieldsNode } from './write-fields.ts'
import type { MapWriter } from './yaml-writer.ts'

/** Writes what one call does: of a tool, an agent or a model. */
export class WorkWriter {
  readonly #context: WorkflowContext

  constructor(context: WorkflowContext) {
    this.#context = context
  }

  write(map: MapWriter, task: SourceTask, scope: SourceScope, passed?: Tree): void {
    const { tree } = task
    const given = withOf(tree, passed)
    if (task.tool !== undefined) this.#tool(map, task, given, scope)
    else if (task.agent !== undefined) this.#agent(map, task, given, scope)
    else if (task.workflow !== undefined) this.#workflow(map, task.workflow, given, scope)
    else if (child(tree, 'model_config') !== undefined || child(tree, 'prompt') !== undefined)
      this.#model(map, task, given, scope)
    else if (['tool', 'agent', 'workflow'].every((key) => entryOf(tree, key) === undefined))
      this.#context.problems.add({
        code: 'source_invalid',
        message: `"${task.id}" says neither tool nor agent nor prompt`,
        at: task.at,
        help: 'Add tool: …, or agent: … with an action.',
      })
  }

  #tool(map: MapWriter, task: SourceTask, given: MapTree | undefined, scope: SourceScope): void {
    const { tool, tree } = task
    if (tool === undefined) return
    const { tools, workflow, values, problems } = this.#context
    const entry = entryOf(tree, 'tool')
    for (const key of ['action', 'prompt']) {
      const wrong = entryOf(tree, key)
      if (wrong === undefined) continue
      const at = { file: wrong.value.file, span: wrong.keySpan }
      problems.add({
        code: 'source_invalid',
        message: `"${key}" belongs to an agent, and "${task.id}" calls a tool`,
        at,
      })
    }
    const names = entriesOf(given).map(({ key }) => key)
    map.set('tool', tools.use(tool, entry?.value ?? task.at, workflow, names), entry)
    if (given !== undefined && given.entries.length > 0)
      map.set('with', values.value(given, scope), entryOf(tree, 'with'))
  }

  #workflow(map: MapWriter, { id, tree }: Component, given: MapTree | undefined, scope: SourceScope): void {
    map.set('workflow', idOf(textOf(child(tree, 'id')) ?? id))
    if (given !== undefined && given.entries.length > 0)
      map.set('with', this.#context.values.value(given, { ...scope, secrets: false }))
  }

  #agent(map: MapWriter, task: SourceTask, given: MapTree | undefined, scope: SourceScope): void {
    const { agent, tree } = task
    if (agent === undefined) return
    const { agents, components, workflow, texts, values, remarks } = this.#context
    const entry = entryOf(tree, 'agent')
    map.set('agent', agents.use(agent, components, workflow), entry)
    remarks.later(task.at, `"${task.id}" calls an agent.`)
    const prompt = entryOf(tree, 'prompt')
    const name = child(tree, 'action')
    const action = itemsOf(child(agent.tree, 'actions')).find((item) => textOf(child(item, 'id')) === textOf(name))
    const asked = prompt ?? entryOf(action, 'prompt')
    if (asked === undefined) {
      remarks.decide(
        task.at,
        `"${task.id}" has no prompt: it is made of the values that it gives. Write what the agent is to do.`,
      )
      const listed = entriesOf(given)
        .map(({ key }) => `${key}: {{ with.${key} }}`)
        .join('\n')
      const { file, span } = given ?? tree
      map.set(
        'prompt',
        texts.convert({ kind: 'scalar', style: 'plain', value: listed, file, span }, listed, { ...scope, given }),
      )
    } else {
      const inner =
        prompt === undefined
          ? { ...scope, given: withOf(action?.kind === 'map' ? action : tree, given) }
          : { ...scope, given }
      const { value } = asked
      if (value.kind === 'scalar') map.set('prompt', texts.convert(value, textOf(value) ?? '', inner), asked)
      else map.set('prompt', values.value(value, inner))
    }
    const output = child(action, 'output') ?? child(tree, 'output')
    const fields = fieldsOf(output)
    if (fields !== undefined) map.set('output', fieldsNode(fields))
    else if (output !== undefined) remarks.decide(output, 'The schema of this output was left out: write its fields.')
  }

  #model(map: MapWriter, task: SourceTask, given: MapTree | undefined, scope: SourceScope): void {
    const { components, remarks, texts } = this.#context
    const { tree } = task
    const model = modelNode(tree, components, remarks)
    if (model === undefined)
      remarks.decide(task.at, `"${task.id}" names no model: write one, such as anthropic/claude-sonnet.`)
    map.set('model', model ?? 'default')
    remarks.later(task.at, `"${task.id}" calls a model.`)
    const prompt = entryOf(tree, 'prompt')
    if (prompt?.value.kind === 'scalar')
      map.set('prompt', texts.convert(prompt.value, textOf(prompt.value) ?? '', { ...scope, given }), prompt)
    const fields = fieldsOf(child(tree, 'output'))
    if (fields !== undefined) map.set('output', fieldsNode(fields))
  }
}

/** The values of a task, over those that are passed on to it. */
function withOf(tree: MapTree, passed: Tree | undefined): MapTree | undefined {
  const own = child(tree, 'with')
  const below = entriesOf(passed).filter(({ key }) => entryOf(own, key) === undefined)
  const base = own?.kind === 'map' ? own : passed?.kind === 'map' ? passed : undefined
  return base === undefined ? undefined : { ...base, entries: [...below, ...entriesOf(own)] }
}
