import type { SourceText, Span } from '../source-text.ts'
import type { Remark, RemarkKind } from './conversion.ts'

/** A place in a file of the project that is converted. A tree is one. */
export type Placed = { readonly file: SourceText; readonly span: Span }

/** Gathers what is to be said of a conversion; the same thing at the same place counts once. */
export class Remarks {
  readonly #found = new Map<string, Remark>()

  add(kind: RemarkKind, at: Placed, message: string): void {
    const { line, column } = at.file.place(at.span.start)
    const remark: Remark = { kind, message, file: at.file.path, line, column }
    this.#found.set(JSON.stringify(remark), remark)
  }

  changed(at: Placed, message: string): void {
    this.add('changed', at, message)
  }

  decide(at: Placed, message: string): void {
    this.add('decide', at, message)
  }

  later(at: Placed, message: string): void {
    this.add('not_available_yet', at, message)
  }

  /** Takes over what another has gathered. */
  take(other: Remarks): void {
    for (const [key, remark] of other.#found) this.#found.set(key, remark)
  }

  /** Sorted by file and place. */
  all(): readonly Remark[] {
    return [...this.#found.values()].sort(
      (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
    )
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
