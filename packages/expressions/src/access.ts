import type { Path } from './references.ts'

/** How an expression reads where no scope is built: by paths, each of which is looked up once, when it is compiled. */
export type ScopeReader<Context> = {
  /**
   * A reader of one path; undefined where nothing stands. Every path that the expression names, and every beginning of
   * one, may be asked for. What it throws ends the evaluation as it is.
   */
  path(path: Path): (context: Context) => unknown
  /** The names that there are, for messages. */
  names?(context: Context): readonly string[]
  /** The record's time, epoch ms, for now(). */
  now?(context: Context): number
}

/** A reader whose kind of context only its owner knows. */
export type Access = {
  readonly path: (path: Path) => (context: unknown) => unknown
  readonly names: (context: unknown) => readonly string[]
}
