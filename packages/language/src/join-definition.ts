import type { JsonSchema } from '@wonder/context'
import type { JoinDef, Merge } from '@wonder/engine'
import { parseDuration } from './duration.ts'
import type { Edge, Join } from './graph.ts'
import { child, entryOf, numberOf, type Tree, textOf } from './tree.ts'

/** Do the transitions of a group lead to nodes that differ? */
function leadApart(edges: readonly Edge[]): boolean {
  const targets = new Set(edges.map(({ to }) => to))
  return targets.size === edges.length && edges.every(({ tree }) => entryOf(tree, 'each') === undefined)
}

function isSpawning({ tree }: Edge): boolean {
  return entryOf(tree, 'spawn') !== undefined
}

/** Do its branches lead to nodes that differ, one each? */
function differ(edges: readonly Edge[]): boolean {
  return leadApart(edges) && !edges.some(isSpawning)
}

/** Is each branch called after the node it leads to? Not where all of them lead to one. */
export function areNamed(edges: readonly Edge[]): boolean {
  return leadApart(edges) && (edges.length > 1 || !edges.some(isSpawning))
}

function mergeOf({ tree, group }: Join): Merge {
  const word = textOf(child(tree, 'merge'))
  const known: readonly Merge[] = ['append', 'collect', 'merge_object', 'keyed_by_branch', 'last_wins']
  return known.find((merge) => merge === word) ?? (differ(group.edges) ? 'keyed_by_branch' : 'collect')
}

/** The join of the definition. */
export function joinOf(join: Join): JoinDef {
  const { ref, tree } = join
  const quorum = numberOf(child(tree, 'quorum'))
  const any = isTrue(child(tree, 'any'))
  const word = textOf(child(tree, 'strategy'))
  const strategy = word === 'fail_fast' || word === 'best_effort' || word === 'race' ? word : 'wait_all'
  const whole = isTrue(child(tree, 'ended')) ? { require: 'ended' as const } : {}
  const require = any ? { require: 'any' as const } : quorum === undefined ? whole : { require: { quorum } }
  const timeout = parseDuration(textOf(child(tree, 'timeout')) ?? '')
  const proceeds = textOf(child(tree, 'on_timeout')) === 'proceed'
  return {
    node: ref,
    ...require,
    strategy,
    merge: mergeOf(join),
    ...(timeout === undefined ? {} : { timeout, ...(proceeds ? { onTimeout: 'proceed' as const } : {}) }),
    ...(textOf(child(tree, 'rest')) === 'continue' ? { rest: 'continue' as const } : {}),
  }
}

function isTrue(tree: Tree | undefined): boolean {
  return tree?.kind === 'scalar' && tree.value === true
}

/** What is known of its value. */
export function schemaOf(join: Join): JsonSchema | undefined {
  const merge = mergeOf(join)
  return merge === 'collect' || merge === 'append' ? { type: 'array' } : undefined
}
