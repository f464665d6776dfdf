import { type ErrorCode, SourceError, type SourcePosition } from '@wonder/errors'
import type { Span } from './syntax.ts'

/** A text, a place in it, and the errors that name places. */
export class Scanner {
  readonly text: string
  at = 0
  #lineStarts: number[] | undefined

  constructor(text: string) {
    this.text = text
  }

  get char(): string {
    return this.text.charAt(this.at)
  }

  startsWith(expected: string): boolean {
    return this.text.startsWith(expected, this.at)
  }

  /** Moves past `expected` when it stands here. */
  take(expected: string): boolean {
    if (!this.startsWith(expected)) return false
    this.at += expected.length
    return true
  }

  /** Moves past what a sticky pattern matches here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  skipSpace(): boolean {
    return (this.match(/\s*/y) ?? '') !== ''
  }

  position(span: Span): SourcePosition {
    this.#lineStarts ??= lineStarts(this.text)
    const starts = this.#lineStarts
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= span.start) low = middle
      else high = middle - 1
    }
    const column = span.start - (starts[low] ?? 0) + 1
    return { offset: span.start, length: Math.max(1, span.end - span.start), line: low + 1, column }
  }

  line(span: Span): number {
    return this.position(span).line
  }

  slice(span: Span): string {
    return this.text.slice(span.start, span.end)
  }

  fail(message: string, span: Span = { start: this.at, end: this.at + 1 }): never {
    throw this.error('template_syntax', message, span)
  }

  error(
    code: ErrorCode,
    message: string,
    span: Span,
    options: { details?: object; cause?: unknown } = {},
  ): SourceError {
    return new SourceError(code, message, this.position(span), {
      ...(options.cause === undefined ? {} : { cause: options.cause }),
      ...(options.details === undefined ? {} : { details: { ...options.details } }),
    })
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
