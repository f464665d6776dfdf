import type { Diagnostic } from '@wonder/errors'

/** Where the files of the other system come from; the caller implements it. */
export type ForeignFiles = {
  /** A file's text; null when there is none. Paths are relative to the project's folder, with `/`. */
  read(path: string): Promise<string | null>
  /** Files that match, sorted. */
  find(patterns: readonly string[]): Promise<readonly string[]>
}

/**
 * What one remark of a conversion is about.
 * - `changed`: it says the same in other words; nothing is to be done.
 * - `decide`: a person must look at it, for it could not be said exactly, or not at all.
 * - `not_available_yet`: it is written in the words of the language, and this version does not run it.
 */
export type RemarkKind = 'changed' | 'decide' | 'not_available_yet'

export type Remark = {
  readonly kind: RemarkKind
  readonly message: string
  /** The place in the files that were converted. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

export type Conversion =
  | {
      readonly ok: true
      /** Texts of the new project by path, sorted. CONVERSION.md among them is the report. */
      readonly files: ReadonlyMap<string, string>
      /** Sorted by file and place. */
      readonly remarks: readonly Remark[]
      readonly workflows: readonly string[]
      readonly tools: readonly string[]
      readonly agents: readonly string[]
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }
