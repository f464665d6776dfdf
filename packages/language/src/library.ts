import type { JsonSchema } from '@wonder/context'
import type { ToolBundle } from '@wonder/platform'
import type { SourceText } from './source-text.ts'
import type { MapTree } from './tree.ts'

/** What the workflows of a project may name, beside one another. */
export type Library = {
  /** Every tool's name and file; `known` only for those that were described. */
  readonly tools: ReadonlyMap<string, LibraryTool>
  /** Template files by path; null when there is none. */
  readonly templates: ReadonlyMap<string, SourceText | null>
  readonly templatePaths: readonly string[]
  /** Reusable tasks by file and by id. */
  readonly reusables: ReadonlyMap<string, Reusable>
  /** All files and ids of reusable tasks, to suggest. */
  readonly reusableNames: readonly string[]
}

export type LibraryTool = {
  readonly file: string
  /** Undefined: it could not be described, which was told already. */
  readonly known?: { readonly bundle: ToolBundle; readonly input: JsonSchema; readonly output: JsonSchema } | undefined
}

export type Reusable = {
  readonly id: string
  readonly file: SourceText
  readonly tree: MapTree
  readonly input: JsonSchema | undefined
  readonly output: JsonSchema | undefined
  /** Told already: nothing is said where it is used. */
  readonly broken: boolean
}
