import type { ErrorCode } from './catalogue.ts'
import { WonderError, type WonderErrorOptions } from './wonder-error.ts'

/** A place in a text. `offset` and `length` count UTF-16 units from 0; `line` and `column` count from 1. */
export type SourcePosition = {
  readonly offset: number
  readonly length: number
  readonly line: number
  readonly column: number
}

/** A mistake at a known place of a text that a person wrote: a template, an expression, a file. */
export class SourceError extends WonderError {
  override readonly name = 'SourceError'
  readonly position: SourcePosition

  constructor(code: ErrorCode, message: string, position: SourcePosition, options: WonderErrorOptions = {}) {
    super(code, message, options)
    this.position = position
  }
}

/** Where `offset` stands in `text`. An offset past the end is the end. */
export function positionAt(text: string, offset: number, length = 1): SourcePosition {
  const end = Math.min(offset, text.length)
  let line = 1
  let start = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) {
    line += 1
    start = at + 1
  }
  return { offset: end, length, line, column: end - start + 1 }
}
