import { nearest } from '@wonder/errors'
import { child, type Entry, entriesOf, entryOf, itemsOf, type MapTree, type Tree, textOf } from '../tree.ts'
import { type CompozyReference, readReference } from './compozy-reference.ts'
import type { SourceFiles } from './source-files.ts'

export type ComponentKind = 'agent' | 'tool' | 'task' | 'schema' | 'model' | 'workflow'

/** A tool, an agent, … as it was defined, with what it uses laid under it. */
export type Component = { readonly id: string; readonly tree: MapTree }

const LISTS: { readonly [kind in ComponentKind]: readonly string[] } = {
  agent: ['agents'],
  tool: ['tools'],
  task: [],
  schema: ['schemas'],
  model: ['models', 'providers'],
  workflow: ['workflows'],
}

/** What can be named from one file: its own components, and those of the project around it. */
export class Components {
  readonly #files: SourceFiles
  readonly #around: Components | undefined
  readonly #found = new Map<string, Component>()

  constructor(files: SourceFiles, around?: Components) {
    this.#files = files
    this.#around = around
  }

  /** Takes in the lists of a project or a workflow. */
  async define(tree: MapTree): Promise<void> {
    for (const kind of Object.keys(LISTS) as ComponentKind[])
      for (const list of LISTS[kind]) for (const item of itemsOf(child(tree, list))) await this.#item(kind, item)
  }

  /** Takes in a file that stands for itself, such as one that autoload finds. */
  add(kind: ComponentKind, tree: MapTree): void {
    const id = textOf(child(tree, 'id'))
    if (id !== undefined) this.#found.set(`${kind}:${id}`, { id, tree })
  }

  all(kind: ComponentKind): readonly Component[] {
    return [...this.#found].flatMap(([key, component]) => (key.startsWith(`${kind}:`) ? [component] : []))
  }

  get(kind: ComponentKind, id: string): Component | undefined {
    return this.#found.get(`${kind}:${id}`) ?? this.#around?.get(kind, id)
  }

  ids(kind: ComponentKind): readonly string[] {
    return [...this.all(kind).map(({ id }) => id), ...(this.#around?.ids(kind) ?? [])]
  }

  /** What a text names: an id, or a reference. A name that means nothing is told of. */
  async find(kind: ComponentKind, by: Tree): Promise<Component | undefined> {
    const text = textOf(by) ?? ''
    const reference = readReference(text) ?? { what: kind, by: 'id', value: text }
    return this.#referenced(kind, reference, by)
  }

  async #referenced(kind: ComponentKind, { by, value }: CompozyReference, at: Tree): Promise<Component | undefined> {
    if (by === 'file') {
      const tree = await this.#files.named(at, value)
      if (tree === undefined) return undefined
      const whole = await this.resolve(kind, tree)
      return { id: textOf(child(whole, 'id')) ?? value.replace(/^.*\/|\.ya?ml$/g, ''), tree: whole }
    }
    const found = by === 'id' ? this.get(kind, value) : undefined
    if (found !== undefined) return found
    const ids = this.ids(kind)
    const near = nearest(value, ids)
    this.#files.problems.add({
      code: 'source_reference_unknown',
      message:
        by === 'dep' ? `the ${kind} of the package "${value}" is not in this folder` : `there is no ${kind} "${value}"`,
      at,
      help:
        by === 'dep'
          ? 'Copy it into the project and name its file.'
          : near !== undefined
            ? `Did you mean "${near}"?`
            : ids.length === 0
              ? `The project has no ${kind}.`
              : `There are ${ids.join(', ')}.`,
    })
    return undefined
  }

  /** Lays what a tree uses under it: its own fields hold. */
  async resolve(kind: ComponentKind, tree: MapTree): Promise<MapTree> {
    const use = useOf(tree)
    if (use === undefined) return tree
    const reference = readReference(textOf(use.value) ?? '')
    if (reference === undefined || (reference.what !== undefined && reference.what !== kind)) return tree
    const found = await this.#referenced(kind, reference, use.value)
    return found === undefined ? tree : overlay(found.tree, tree)
  }

  async #item(kind: ComponentKind, item: Tree): Promise<void> {
    if (item.kind === 'map') {
      const source = child(item, 'source')
      const written = source === undefined ? item : ((await this.#files.named(source)) ?? item)
      this.add(kind, await this.resolve(kind, written))
      return
    }
    const found = textOf(item) === undefined ? undefined : await this.find(kind, item)
    if (found !== undefined) this.#found.set(`${kind}:${found.id}`, found)
  }
}

/** The entry that says what a tree uses. */
export function useOf(tree: Tree): Entry | undefined {
  return entryOf(tree, 'use') ?? entryOf(tree, '$use') ?? entryOf(tree, '$ref')
}

/** The fields of `over` hold; `with`, `env` and `config` are merged. */
export function overlay(base: MapTree, over: MapTree): MapTree {
  const own = over.entries.filter(({ key }) => !['use', '$use', '$ref'].includes(key))
  const merged = own.map((entry) => {
    const below = child(base, entry.key)
    if (!['with', 'env', 'config'].includes(entry.key) || below?.kind !== 'map' || entry.value.kind !== 'map')
      return entry
    const kept = below.entries.filter(({ key }) => entryOf(entry.value, key) === undefined)
    return { ...entry, value: { ...entry.value, entries: [...kept, ...entriesOf(entry.value)] } }
  })
  const kept = base.entries.filter(({ key }) => !own.some((entry) => entry.key === key))
  return { ...over, entries: [...kept, ...merged] }
}
