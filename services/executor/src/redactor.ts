import type { Json } from '@wonder/platform'
import { secretForms } from './secret-forms.ts'

const MASK = '***'
/** Shorter beginnings of a secret in front of an ellipsis are left: they are there by chance. */
const MIN_BEGINNING = 4

/** A stretch of a text: from, up to. */
type Range = readonly [number, number]

/**
 * Replaces the secret values that a task was given by `***`, in every form that `secretForms` knows, also where a line
 * break was put into them. What a program makes of a secret beyond that (a cipher, a sum, one letter at a time) is out of reach.
 */
export class Redactor {
  readonly #forms = new Set<string>()
  #longest = 0

  add(secret: string): void {
    for (const form of secretForms(secret)) {
      this.#forms.add(form)
      this.#longest = Math.max(this.#longest, form.length)
    }
  }

  /** Nothing is to be replaced. */
  get idle(): boolean {
    return this.#forms.size === 0
  }

  /** Characters of the longest form, line breaks not counted. */
  get longest(): number {
    return this.#longest
  }

  /** The same forms, as the bytes of their UTF-8: for content that is read as Latin-1. */
  inBytes(): Redactor {
    const redactor = new Redactor()
    for (const form of this.#forms) redactor.#forms.add(latin1(new TextEncoder().encode(form)))
    for (const form of redactor.#forms) redactor.#longest = Math.max(redactor.#longest, form.length)
    return redactor
  }

  text(text: string): string {
    if (this.idle) return text
    const whole = this.#withoutWhole(text)
    return whole.includes('…') ? this.#withoutBeginnings(whole) : whole
  }

  #withoutWhole(text: string): string {
    const ranges = this.find(text)
    if (ranges.length === 0) return text
    let clean = ''
    let at = 0
    for (const [from, to] of ranges) {
      clean += text.slice(at, from) + MASK
      at = to
    }
    return clean + text.slice(at)
  }

  /** As `text`, for one that was cut off: what could be the beginning of a secret is dropped from its end. */
  cutText(text: string): string {
    const whole = this.text(text)
    return this.idle ? whole : whole.slice(0, whole.length - this.#rawBeginning(whole))
  }

  /** A value with its texts, numbers and keys made clean; the value itself when there was nothing in it. */
  json(value: Json): Json {
    return this.idle ? value : this.#json(value)
  }

  #json(value: Json): Json {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') {
      const written = String(value)
      const clean = this.text(written)
      return clean === written ? value : clean
    }
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((item: Json) => this.#json(item))
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [this.text(key), this.#json(member as Json)]),
    )
  }

  /** Where secrets stand, in order, without overlaps. */
  find(text: string): readonly Range[] {
    // Most texts hold none: positions are counted only once something was found without the line breaks.
    const flat = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, '') : text
    const ranges: Range[] = []
    for (const form of this.#forms) {
      for (let at = flat.indexOf(form); at !== -1; at = flat.indexOf(form, at + 1)) ranges.push([at, at + form.length])
    }
    if (ranges.length === 0) return ranges
    const merged = merge(ranges)
    return flat.length === text.length ? merged : unflatten(text, merged)
  }

  /** Could the end of the text be the beginning of a secret that goes on behind it? */
  beginsAtEnd(text: string): boolean {
    return this.#beginningAtEnd(text) > 0
  }

  /** Characters at the end of the text that are the beginning of a secret. */
  #beginningAtEnd(text: string): number {
    const tail = text.slice(-2 * this.#longest).replace(/[\r\n]+/g, '')
    let longest = 0
    for (const form of this.#forms) {
      for (let length = Math.min(form.length - 1, tail.length); length > longest; length--) {
        if (tail.endsWith(form.slice(0, length))) longest = length
      }
    }
    return longest
  }

  /** As `#beginningAtEnd`, with the line breaks in between. */
  #rawBeginning(text: string): number {
    let left = this.#beginningAtEnd(text)
    let length = 0
    while (left > 0) {
      length++
      const unit = text.charCodeAt(text.length - length)
      if (unit !== 10 && unit !== 13) left--
    }
    return length
  }

  /** Messages show long values as their beginning and an ellipsis: the beginning of a secret is none of theirs. */
  #withoutBeginnings(text: string): string {
    let clean = ''
    let at = 0
    for (let end = text.indexOf('…'); end !== -1; end = text.indexOf('…', end + 1)) {
      const length = this.#beginningAtEnd(text.slice(at, end))
      clean += length < MIN_BEGINNING ? text.slice(at, end) : text.slice(at, end - length) + MASK
      at = end
    }
    return clean + text.slice(at)
  }
}

function merge(ranges: Range[]): Range[] {
  ranges.sort((a, b) => a[0] - b[0])
  const merged: Range[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    if (last !== undefined && range[0] < last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], range[1])]
    else merged.push(range)
  }
  return merged
}

/** Ranges of the text without line breaks, as ranges of the text. */
function unflatten(text: string, ranges: readonly Range[]): Range[] {
  const found: Range[] = []
  let flat = 0
  let next = 0
  let from = 0
  for (let at = 0; at < text.length && next < ranges.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 10 || unit === 13) continue
    const [start, end] = ranges[next] as Range
    if (flat === start) from = at
    flat++
    if (flat === end) {
      found.push([from, at + 1])
      next++
    }
  }
  return found
}

/** One character a byte. */
export function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return text
}
