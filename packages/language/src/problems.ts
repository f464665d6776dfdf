import type { Diagnostic, ErrorCode } from '@wonder/errors'
import type { SourceText, Span } from './source-text.ts'

export type Problem = {
  readonly code: ErrorCode
  readonly message: string
  readonly at: { readonly file: SourceText; readonly span: Span }
  readonly help?: string | undefined
  /** Default `error`. */
  readonly severity?: 'error' | 'warning'
}

/** Gathers what is wrong; the same thing at the same place counts once. */
export class Problems {
  readonly #found = new Map<string, Diagnostic>()
  #errors = 0
  #told = 0

  add({ code, message, at, help, severity = 'error' }: Problem): void {
    this.#told += 1
    const { line, column } = at.file.place(at.span.start)
    const source = at.file.line(line)
    const length = Math.max(1, Math.min(at.span.end - at.span.start, source.length - column + 1))
    const key = JSON.stringify([at.file.path, line, column, code, message])
    if (this.#found.has(key)) return
    const place = { file: at.file.path, line, column, length, source }
    if (severity === 'error') this.#errors += 1
    this.#found.set(key, { severity, code, message, ...place, ...(help === undefined ? {} : { help }) })
  }

  /** Takes over what another one has found, but for some codes. */
  take(others: Problems, without: readonly ErrorCode[]): void {
    for (const [key, found] of others.#found) {
      if (without.includes(found.code as ErrorCode)) continue
      this.#found.set(key, found)
      if (found.severity === 'error') this.#errors += 1
    }
  }

  get errors(): number {
    return this.#errors
  }

  /** How often something was told, also what had been told before. */
  get told(): number {
    return this.#told
  }

  /** Sorted by file and place. */
  all(): readonly Diagnostic[] {
    return [...this.#found.values()].sort(
      (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code),
    )
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
