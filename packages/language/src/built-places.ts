import type { Span } from './source-text.ts'
import type { ScalarStyle } from './tree.ts'

/** Where a part of a document was written: `start` to begin with, and not beyond `end`. */
export type BuiltPlace = { readonly pointer: string; readonly start: number; readonly end: number }

/**
 * Finds the parts of a document in the TypeScript that made it. Calls of builders are known exactly; a name inside of
 * a call is looked for in its text, and what is not found there stands where the part around it does.
 */
export class BuiltPlaces {
  readonly #text: string
  readonly #callAt: (pointer: string) => number | undefined

  /** `callAt`: offset of the call that made the part at a pointer. */
  constructor(text: string, callAt: (pointer: string) => number | undefined) {
    this.#text = text
    this.#callAt = callAt
  }

  root(): BuiltPlace {
    return this.#within({ pointer: '', start: 0, end: this.#text.length }, '')
  }

  item(around: BuiltPlace, index: number): BuiltPlace {
    const pointer = `${around.pointer}/${index}`
    const literal = this.#callAt(pointer) === undefined ? itemOf(this.#text, around, index) : undefined
    return literal === undefined ? this.#within(around, pointer) : { pointer, ...literal }
  }

  entry(around: BuiltPlace, key: string): { readonly keySpan: Span; readonly value: BuiltPlace } {
    const pointer = `${around.pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const named = new RegExp(`(?<![\\w.$])(["']?)${escaped(key)}\\1\\s*(?::\\s*|(?=[,}]))`, 'g')
    named.lastIndex = around.start
    const found = named.exec(this.#text)
    if (found === null || found.index >= around.end) {
      return { keySpan: { start: around.start, end: around.start }, value: this.#within(around, pointer) }
    }
    const keySpan = { start: found.index, end: found.index + found[0].replace(/\s*:\s*$/, '').length }
    const start = found[0].includes(':') ? named.lastIndex : found.index
    return { keySpan, value: this.#within({ ...around, start }, pointer) }
  }

  /** A text that stands there as it is has its own place, inside of which places can be told. */
  scalar({ start, end }: BuiltPlace, value: unknown): { readonly span: Span; readonly style: ScalarStyle } {
    if (typeof value === 'string' && value !== '') {
      for (const [quote, style] of [
        ["'", 'single'],
        ['"', 'double'],
      ] as const) {
        const at = this.#text.indexOf(`${quote}${value}${quote}`, start)
        if (at !== -1 && at < end) return { span: { start: at, end: at + value.length + 2 }, style }
      }
    }
    return { span: { start, end: start }, style: 'built' }
  }

  #within(around: BuiltPlace, pointer: string): BuiltPlace {
    const start = this.#callAt(pointer)
    return start === undefined ? { ...around, pointer } : { pointer, start, end: callEnd(this.#text, start) }
  }
}

/** Strings and comments, whose brackets do not count, and brackets. */
const TOKENS = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|\/\/.*|\/\*[\s\S]*?\*\/|[()[\]{}]/g

/** An item of a list that is written out where it stands, and does not spread others before it. */
function itemOf(text: string, { start, end }: BuiltPlace, index: number): Span | undefined {
  if (text[start] !== '[') return undefined
  const tokens = new RegExp(`${TOKENS.source}|,`, 'g')
  tokens.lastIndex = start
  let depth = 0
  let at = 0
  let from = start + 1
  for (let found = tokens.exec(text); found !== null && found.index < end; found = tokens.exec(text)) {
    const [token] = found
    if (token.length === 1 && token !== ',') depth += '([{'.includes(token) ? 1 : -1
    if (depth > 1 || (depth === 1 && token !== ',')) continue
    from += /^\s*/.exec(text.slice(from, found.index))?.[0].length ?? 0
    if (text.startsWith('...', from)) return undefined
    if (at === index) return from < found.index ? { start: from, end: found.index } : undefined
    if (depth === 0) return undefined
    at += 1
    from = tokens.lastIndex
  }
  return undefined
}

/** The end of the call that begins at an offset. */
function callEnd(text: string, from: number): number {
  const tokens = new RegExp(TOKENS)
  tokens.lastIndex = from
  let depth = 0
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found
    if (token.length > 1) continue
    depth += '([{'.includes(token) ? 1 : -1
    if (depth <= 0) return tokens.lastIndex
  }
  return text.length
}

function escaped(key: string): string {
  return key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
