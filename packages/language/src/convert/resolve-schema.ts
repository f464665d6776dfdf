import { child, itemsOf, type Tree, textOf } from '../tree.ts'
import type { Components } from './components.ts'
import { readReference } from './compozy-reference.ts'
import type { SourceFiles } from './source-files.ts'

/** A schema with what it refers to: an id of `schemas`, a `$ref`, a file, or a place in the same file. */
export async function resolveSchema(
  tree: Tree | undefined,
  components: Components,
  files: SourceFiles,
  root?: Tree,
): Promise<Tree | undefined> {
  const named = textOf(tree) === undefined ? (child(tree, '$ref') ?? child(tree, '$use')) : tree
  const text = textOf(named)
  if (tree === undefined || named === undefined || text === undefined) return tree
  if (text.startsWith('#/') && root !== undefined) return pointed(root, text.slice(2).split('/'))
  if (/\.(json|ya?ml)$/.test(text) && readReference(text) === undefined) return files.named(named)
  return (await components.find('schema', named))?.tree
}

function pointed(root: Tree, path: readonly string[]): Tree | undefined {
  return path.reduce<Tree | undefined>(
    (at, key) => (at?.kind === 'list' ? itemsOf(at)[Number(key)] : child(at, key)),
    root,
  )
}
