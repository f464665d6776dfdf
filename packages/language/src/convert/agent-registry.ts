import { translateGoTemplate } from '@wonder/templates'
import type { Node } from 'yaml'
import { child, entryOf, itemsOf, jsonOf, type MapTree, numberOf, type Tree, textOf } from '../tree.ts'
import type { Component, Components } from './components.ts'
import { readReference } from './compozy-reference.ts'
import { idOf } from './names.ts'
import type { Remarks } from './remarks.ts'
import type { ToolRegistry } from './tool-registry.ts'
import { listOf, MapWriter, yamlText } from './yaml-writer.ts'

const MODEL_FIELDS = ['temperature', 'max_tokens', 'top_p', 'frequency_penalty', 'presence_penalty'] as const

/** The agents of a project under their new names, each a file of its own. */
export class AgentRegistry {
  readonly #agents = new Map<string, { readonly name: string; readonly text: string }>()
  readonly #tools: ToolRegistry
  readonly #remarks: Remarks

  constructor(tools: ToolRegistry, remarks: Remarks) {
    this.#tools = tools
    this.#remarks = remarks
  }

  use(agent: Component, components: Components, owner: string): string {
    const key = JSON.stringify([agent.id, agent.tree.file.path, jsonOf(agent.tree)])
    const known = this.#agents.get(key)
    if (known !== undefined) return known.name
    const taken = [...this.#agents.values()].some(({ name }) => name === idOf(agent.id))
    const name = taken ? `${owner}_${idOf(agent.id)}` : idOf(agent.id)
    this.#agents.set(key, { name, text: yamlText(this.#agent(agent, name, components, owner)) })
    return name
  }

  files(): readonly (readonly [path: string, text: string])[] {
    return [...this.#agents.values()].map(({ name, text }) => [`agents/${name}.yaml`, text] as const)
  }

  #agent({ id, tree }: Component, name: string, components: Components, owner: string): Node {
    const at = child(tree, 'id') ?? tree
    this.#remarks.later(at, `The agent "${id}" is in agents/${name}.yaml.`)
    const map = new MapWriter()
    map.set('id', name, entryOf(tree, 'id'))
    map.set('model', modelNode(tree, components, this.#remarks))
    const instructions = entryOf(tree, 'instructions')
    if (instructions !== undefined) map.set('instructions', this.#text(instructions.value), instructions)
    const tools = itemsOf(child(tree, 'tools')).flatMap((tool) => this.#tool(tool, components, owner) ?? [])
    if (tools.length > 0) map.set('tools', listOf(tools, true), entryOf(tree, 'tools'))
    const turns = numberOf(child(tree, 'max_iterations')) ?? numberOf(child(child(tree, 'config'), 'max_iterations'))
    map.set('max_turns', turns)
    for (const key of ['memory', 'mcps', 'knowledge', 'attachments', 'json_mode', 'input', 'with', 'env']) {
      const left = entryOf(tree, key)
      if (left !== undefined)
        this.#remarks.decide(
          { file: left.value.file, span: left.keySpan },
          `"${key}" of the agent "${id}" was left out.`,
        )
    }
    return map.node
  }

  #text(tree: Tree): string {
    const { text, notes } = translateGoTemplate(textOf(tree) ?? '')
    for (const { message } of notes) this.#remarks.decide(tree, message)
    return text
  }

  #tool(tree: Tree, components: Components, owner: string): string | undefined {
    const id =
      tree.kind === 'map' ? textOf(child(tree, 'id')) : (readReference(textOf(tree) ?? '')?.value ?? textOf(tree))
    const found = id === undefined ? undefined : components.get('tool', id)
    if (found !== undefined) return this.#tools.use(found, tree, owner)
    this.#remarks.decide(tree, `The tool "${id ?? ''}" of an agent is not in the project and was left out.`)
    return undefined
  }
}

/** `model: provider/model`, with its settings. Keys are secrets of the project, so `api_key` stays behind. */
export function modelNode(owner: MapTree, components: Components, remarks: Remarks): Node | string | undefined {
  const config = child(owner, 'model_config') ?? child(owner, 'config') ?? child(owner, 'model')
  if (config === undefined) return undefined
  const named = textOf(config) ?? textOf(child(config, '$ref')) ?? textOf(child(config, 'id'))
  const reference = named === undefined ? undefined : (readReference(named)?.value ?? named)
  const known = reference === undefined ? undefined : components.get('model', reference)
  const tree = known?.tree ?? child(config, 'config') ?? config
  const key = entryOf(tree, 'api_key') ?? entryOf(tree, 'api_url')
  if (key !== undefined)
    remarks.decide(
      { file: key.value.file, span: key.keySpan },
      'Keys and addresses of models are kept outside of a project: give the key as a secret of the host.',
    )
  const provider = textOf(child(tree, 'provider'))
  const model = textOf(child(tree, 'model')) ?? reference?.replace(':', '/')
  if (model === undefined) return undefined
  const use = provider === undefined ? model : `${provider}/${model}`
  const settings = MODEL_FIELDS.flatMap((name) => {
    const value = child(tree, name) ?? child(child(tree, 'params'), name)
    return value === undefined ? [] : [[name, jsonOf(value)] as const]
  })
  if (settings.length === 0) return use
  const map = new MapWriter().set('use', use)
  for (const [name, value] of settings) map.set(name, value)
  map.node.flow = true
  return map.node
}
