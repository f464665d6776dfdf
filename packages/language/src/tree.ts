import type { Json } from '@wonder/engine'
import type { SourceText, Span } from './source-text.ts'

/** What a YAML file says, with the place of every part. Aliases are expanded, tags and anchors gone. */
export type Tree = ScalarTree | ListTree | MapTree

type Placed = { readonly file: SourceText; readonly span: Span }

/** built: it was made by TypeScript, and its span is where. */
export type ScalarStyle = 'built' | 'plain' | 'single' | 'double' | 'literal' | 'folded'

export type ScalarTree = Placed & {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly style: ScalarStyle
}

export type ListTree = Placed & { readonly kind: 'list'; readonly items: readonly Tree[] }

export type MapTree = Placed & { readonly kind: 'map'; readonly entries: readonly Entry[] }

export type Entry = { readonly key: string; readonly keySpan: Span; readonly value: Tree }

export function entryOf(tree: Tree | undefined, key: string): Entry | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key) : undefined
}

export function child(tree: Tree | undefined, key: string): Tree | undefined {
  return entryOf(tree, key)?.value
}

/** The text of a string scalar; undefined for anything else. */
export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined
}

export function numberOf(tree: Tree | undefined): number | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'number' ? tree.value : undefined
}

export function textsOf(tree: Tree | undefined): readonly string[] {
  return itemsOf(tree).flatMap((item) => textOf(item) ?? [])
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === 'list' ? tree.items : []
}

export function entriesOf(tree: Tree | undefined): readonly Entry[] {
  return tree?.kind === 'map' ? tree.entries : []
}

/** The value alone. */
export function jsonOf(tree: Tree): Json {
  switch (tree.kind) {
    case 'scalar':
      return tree.value
    case 'list':
      return tree.items.map(jsonOf)
    case 'map':
      return Object.fromEntries(tree.entries.map((entry) => [entry.key, jsonOf(entry.value)]))
  }
}

/** `a text`, `a list`: for messages. */
export function describeTree(tree: Tree): string {
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list'
  if (tree.kind === 'map') return 'a map'
  if (tree.value === null) return 'nothing'
  if (typeof tree.value === 'number') return String(tree.value)
  return typeof tree.value === 'string' ? 'a text' : String(tree.value)
}
