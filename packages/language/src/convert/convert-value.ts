import { type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { entriesOf, itemsOf, type Tree } from '../tree.ts'
import type { TextConverter } from './convert-text.ts'
import type { SourceScope } from './scope-of-source.ts'
import { MapWriter, nodeOf } from './yaml-writer.ts'

/** Rewrites values: texts in them may be templates, comments stay. */
export class ValueConverter {
  readonly #texts: TextConverter

  constructor(texts: TextConverter) {
    this.#texts = texts
  }

  value(tree: Tree, scope: SourceScope): Node {
    switch (tree.kind) {
      case 'scalar':
        return nodeOf(typeof tree.value === 'string' ? this.#texts.convert(tree, tree.value, scope) : tree.value)
      case 'list': {
        const list = new YAMLSeq()
        list.items = itemsOf(tree).map((item) => this.value(item, scope))
        return list
      }
      case 'map':
        return this.map(tree, scope).node
    }
  }

  map(tree: Tree | undefined, scope: SourceScope): MapWriter {
    const map = new MapWriter()
    for (const entry of entriesOf(tree)) map.set(entry.key, this.value(entry.value, scope), entry)
    return map
  }
}

/** A value as it stands, without templates. */
export function plainNode(tree: Tree): Node {
  if (tree.kind === 'scalar') return new Scalar(tree.value)
  if (tree.kind === 'list') {
    const list = new YAMLSeq()
    list.items = tree.items.map(plainNode)
    return list
  }
  const map = new YAMLMap()
  map.items = tree.entries.map(({ key, value }) => new Pair(new Scalar(key), plainNode(value)))
  return map
}
