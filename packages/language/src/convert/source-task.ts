import { nearest } from '@wonder/errors'
import type { Problems } from '../problems.ts'
import { child, type Entry, entriesOf, entryOf, itemsOf, type MapTree, type Tree, textOf } from '../tree.ts'
import { type Component, type Components, overlay, useOf } from './components.ts'
import { readReference } from './compozy-reference.ts'

export const TASK_TYPES = [
  'basic',
  'router',
  'parallel',
  'collection',
  'aggregate',
  'composite',
  'wait',
  'signal',
  'memory',
] as const
export type TaskType = (typeof TASK_TYPES)[number]

/** A task of the other system, with what it uses resolved. */
export type SourceTask = {
  /** As its references name it. */
  readonly id: string
  readonly tree: MapTree
  /** Where it is named. */
  readonly at: Tree
  readonly type: TaskType
  readonly tool: Component | undefined
  readonly agent: Component | undefined
  /** The workflow that it runs. */
  readonly workflow: Component | undefined
  readonly children: readonly SourceTask[]
  readonly routes: readonly SourceRoute[]
  /** Ids of the tasks that follow, at the place where they are named. */
  readonly next: Tree | undefined
  readonly errorNext: Tree | undefined
  readonly timeoutNext: Tree | undefined
  readonly processor: SourceTask | undefined
}

/** A route leads to a task of the list, or to one that stands in it. */
export type SourceRoute = { readonly entry: Entry; readonly to: Tree | SourceTask }

/** Reads tasks: `use` is resolved, types and references are checked. */
export class TaskReader {
  readonly #problems: Problems
  readonly #components: Components

  constructor(problems: Problems, components: Components) {
    this.#problems = problems
    this.#components = components
  }

  async list(tree: Tree | undefined): Promise<readonly SourceTask[]> {
    const tasks: SourceTask[] = []
    for (const item of itemsOf(tree)) {
      const task = await this.task(item)
      if (task !== undefined) tasks.push(task)
    }
    return tasks
  }

  async task(item: Tree, fallback?: string): Promise<SourceTask | undefined> {
    if (item.kind !== 'map') {
      this.#problems.add({ code: 'source_invalid', message: 'a task must be a map', at: item })
      return undefined
    }
    const tree = await this.#whole(item)
    const id = textOf(child(tree, 'id')) ?? fallback
    if (id === undefined) {
      this.#problems.add({
        code: 'source_invalid',
        message: 'this task has no id',
        at: firstKey(item),
        help: 'Add id: ….',
      })
      return undefined
    }
    const type = this.#type(tree)
    if (type === undefined) return undefined
    const { tool, agent } = await this.#workers(tree)
    const started = entryOf(tree, 'workflow')
    const workflow = started === undefined ? undefined : await this.#components.find('workflow', started.value)
    const single = child(tree, 'task')
    const one = type === 'collection' && single !== undefined ? await this.task(single, `${id}_task`) : undefined
    const many = await this.list(child(tree, 'tasks'))
    const processor = child(tree, 'processor')
    const final = child(tree, 'final')
    const ends = final?.kind === 'scalar' && final.value === true
    return {
      id,
      tree,
      at: child(tree, 'id') ?? firstKey(item),
      type,
      tool,
      agent,
      workflow,
      children: [...(one === undefined ? [] : [one]), ...many],
      routes: type === 'router' ? await this.#routes(tree, id) : [],
      next: ends ? undefined : child(child(tree, 'on_success'), 'next'),
      errorNext: child(child(tree, 'on_error'), 'next'),
      timeoutNext: child(tree, 'on_timeout'),
      processor: processor === undefined ? undefined : await this.task(processor, `${id}_processor`),
    }
  }

  /** The task with the one that it uses laid under it; a tool, an agent or a workflow that it uses becomes its own field. */
  async #whole(item: MapTree): Promise<MapTree> {
    const use = useOf(item)
    if (use === undefined) return item
    const reference = readReference(textOf(use.value) ?? '')
    if (reference === undefined) {
      const message = `"${textOf(use.value) ?? ''}" is no reference`
      const help = 'A reference is tool(id=…), tool(file=…), task(file=…), agent(id=…) or workflow(id=…).'
      this.#problems.add({ code: 'source_reference_unknown', message, at: use.value, help })
      return item
    }
    const { what } = reference
    if (what === 'tool' || what === 'agent' || what === 'workflow') {
      const own = item.entries.map((entry) => (entry === use ? { ...use, key: what } : entry))
      return { ...item, entries: own }
    }
    const found = await this.#components.find('task', use.value)
    return found === undefined ? item : overlay(await this.#whole(found.tree), item)
  }

  async #workers(
    tree: MapTree,
  ): Promise<{ readonly tool: Component | undefined; readonly agent: Component | undefined }> {
    const tool = entryOf(tree, 'tool')
    const agent = entryOf(tree, 'agent')
    if (tool !== undefined && agent !== undefined) {
      const at = { file: agent.value.file, span: agent.keySpan }
      this.#problems.add({ code: 'source_invalid', message: 'a task has a tool or an agent, not both', at })
    }
    const found = async (kind: 'tool' | 'agent', entry: Entry | undefined) => {
      if (entry === undefined) return undefined
      const { value } = entry
      if (value.kind === 'map') {
        const whole = await this.#components.resolve(kind, value)
        return { id: textOf(child(whole, 'id')) ?? `inline_${kind}`, tree: whole }
      }
      const text = textOf(value) ?? ''
      if (kind === 'tool' && text.startsWith('cp__'))
        return { id: text, tree: { ...value, kind: 'map', entries: [] } as MapTree }
      return this.#components.find(kind, value)
    }
    const workers = { tool: await found('tool', tool), agent: await found('agent', agent) }
    if (workers.agent !== undefined) this.#action(workers.agent, child(tree, 'action'))
    return workers
  }

  /** The action of a task is one of its agent; "default" means that it has none. */
  #action(agent: Component, name: Tree | undefined): void {
    const ids = itemsOf(child(agent.tree, 'actions')).flatMap((item) => textOf(child(item, 'id')) ?? [])
    const word = textOf(name)
    if (name === undefined || word === undefined || word === 'default' || ids.includes(word)) return
    const near = nearest(word, ids)
    const known = ids.length === 0 ? 'It has none.' : `Its actions are ${ids.join(', ')}.`
    const message = `the agent "${agent.id}" has no action "${word}"`
    const help = near === undefined ? known : `Did you mean "${near}"?`
    this.#problems.add({ code: 'source_reference_unknown', message, at: name, help })
  }

  #type(tree: MapTree): TaskType | undefined {
    const written = child(tree, 'type')
    const word = textOf(written) ?? 'basic'
    if (word === 'decision') return 'router'
    const known = TASK_TYPES.find((type) => type === word)
    if (known !== undefined) return known
    const near = nearest(word, [...TASK_TYPES, 'decision'])
    this.#problems.add({
      code: 'source_type_unknown',
      message: `there is no type of task "${word}"`,
      at: written ?? tree,
      help: near === undefined ? `The types are ${TASK_TYPES.join(', ')} and decision.` : `Did you mean "${near}"?`,
    })
    return undefined
  }

  async #routes(tree: MapTree, id: string): Promise<readonly SourceRoute[]> {
    const entries = entriesOf(child(tree, 'routes'))
    if (entries.length === 0) {
      const at = child(tree, 'id') ?? tree
      this.#problems.add({
        code: 'source_invalid',
        message: `"${id}" needs at least one route`,
        at,
        help: 'Add routes: { value: task id }.',
      })
    }
    const routes: SourceRoute[] = []
    for (const entry of entries) {
      if (entry.value.kind !== 'map') {
        routes.push({ entry, to: entry.value })
        continue
      }
      const task = await this.task(entry.value, `${id}_${entry.key}`)
      if (task !== undefined) routes.push({ entry, to: task })
    }
    return routes
  }
}

function firstKey(tree: MapTree): Tree {
  const [first] = tree.entries
  return first === undefined ? tree : { ...first.value, span: first.keySpan }
}
