/** One thing wrong in a project's files, as it is shown to a person, to `--json` and to editors. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  /** Relative to the project's folder, with `/`. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** UTF-16 units that the mark underlines; at least 1. */
  readonly length: number
  /** The whole text of that line, without its line break. */
  readonly source: string
  /** What to write instead: a sentence, such as `Did you mean "rank"?`. */
  readonly help?: string
}
