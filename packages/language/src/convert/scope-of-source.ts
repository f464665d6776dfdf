import type { MapTree, Tree } from '../tree.ts'
import type { Chain } from './plan.ts'

/** What a text of the other system sees where it stands, and what may stand there in ours. */
export type SourceScope = {
  readonly chain: Chain
  /** What `.output` means there, as a path of ours. */
  readonly output?: string
  /** What `.input` and `.with` mean there: the values that a task gives to an agent's action. */
  readonly given?: MapTree | undefined
  /** The text is one of a run's outputs: a task that did not run gives null. */
  readonly outputs?: boolean
  /** A request is in scope, or the signal that started the run. */
  readonly payload?: boolean
  /** The signal that a wait looks at is in scope, and what its processor made of it. */
  readonly signal?: boolean
  /** Secrets may stand there. */
  readonly secrets?: boolean
}

/** A reference in the words of the language. */
export type Resolved =
  | { readonly as: 'path'; readonly path: string }
  /** What can only be computed; `path` is near to it. */
  | { readonly as: 'cel'; readonly cel: string; readonly path: string }
  /** A value that stands in the source itself. */
  | { readonly as: 'value'; readonly tree: Tree }
  | { readonly as: 'nothing'; readonly why: string }
