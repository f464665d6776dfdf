/** A file of the project: its path, its text and where its lines begin. */
export class SourceText {
  /** Relative to the project's folder, with `/`. */
  readonly path: string
  readonly text: string
  #starts: number[] | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  /** Line and column, both from 1, of an offset. */
  place(offset: number): { readonly line: number; readonly column: number } {
    const starts = this.#lineStarts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }

  /** A line's text without its break; lines count from 1. */
  line(number: number): string {
    const starts = this.#lineStarts()
    const start = starts[number - 1]
    if (start === undefined) return ''
    return this.text.slice(start, starts[number] ?? this.text.length).replace(/\r?\n$/, '')
  }

  /** Offset of a place that counts from 1; the nearest one there is. */
  offsetOf(line: number, column: number): number {
    const starts = this.#lineStarts()
    return Math.min((starts[Math.min(line, starts.length) - 1] ?? 0) + Math.max(column, 1) - 1, this.text.length)
  }

  #lineStarts(): number[] {
    if (this.#starts) return this.#starts
    const starts = [0]
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = starts
    return starts
  }
}

/** Offsets into a file, UTF-16 units; `end` is past the last. */
export type Span = { readonly start: number; readonly end: number }
