import { jsonOf, type Tree } from '../tree.ts'
import type { Component } from './components.ts'
import { idOf } from './names.ts'

export type UsedTool = {
  readonly name: string
  readonly tool: Component
  /** Where it is used first. */
  readonly at: Tree
  /** What its tasks and agents give to it. */
  readonly given: Set<string>
}

/** The tools of a project under their new names. Two that are alike are one. */
export class ToolRegistry {
  readonly #tools = new Map<string, UsedTool>()

  /** The name of a tool; `owner` tells two of the same id apart. */
  use(tool: Component, at: Tree, owner: string, given: readonly string[] = []): string {
    const key = JSON.stringify([tool.id, tool.tree.file.path.replace(/[^/]*$/, ''), jsonOf(tool.tree)])
    const known = this.#tools.get(key)
    if (known !== undefined) {
      for (const name of given) known.given.add(name)
      return known.name
    }
    const taken = new Set([...this.#tools.values()].map(({ name }) => name))
    const plain = idOf(tool.id)
    const name = taken.has(plain) ? `${owner}_${plain}` : plain
    this.#tools.set(key, { name, tool, at, given: new Set(given) })
    return name
  }

  all(): readonly UsedTool[] {
    return [...this.#tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
