import { templateOf } from './reference.ts'

/** What JSON and YAML have. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** A document as YAML is parsed to. */
export type Document = { readonly [name: string]: Json }

/** Where the parts of a document were made: a pointer such as `/tasks/0`, and the stack of the call that made it. */
export type Sites = { readonly [pointer: string]: string }

/** Marks what the builders made; whoever evaluates a file looks for it. */
const made = Symbol.for('wonder.document')

/** What a builder was given, before it is part of a document. */
export class Part {
  readonly words: { readonly [word: string]: unknown }
  /** The stack of the call. */
  readonly site: string

  /**
   * `builder` is the function that was called: the stack begins with its caller.
   * Throws a TypeError that names the place of what JSON does not have.
   */
  constructor(words: { readonly [word: string]: unknown }, builder: (...args: never) => unknown) {
    this.words = words
    const holder: { stack?: string } = {}
    this.site = traced(holder, builder).stack ?? ''
    try {
      new Walk().part(this, '')
    } catch (error) {
      // Told at the call that was given the value, rather than in here.
      throw error instanceof TypeError ? traced(error, builder) : error
    }
  }
}

const parts = new WeakMap<object, Part>()

/** Makes `holder` stand for `part` wherever it is written into a document. */
export function hold<T extends object>(holder: T, part: Part): T {
  parts.set(holder, part)
  return holder
}

/**
 * The document of a workflow or of a project: plain JSON. Where its parts were made is beside it, not enumerable.
 */
export function documentOf(part: Part): Document {
  const walk = new Walk()
  const document = walk.part(part, '')
  Object.defineProperty(document, made, { value: walk.sites })
  return document
}

/** Where the parts of a document were made; undefined when no builder made it. */
export function sitesOf(document: unknown): Sites | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  return Reflect.get(document, made) as Sites | undefined
}

/** Turns what builders were given into JSON, and notes where its parts were made. */
class Walk {
  readonly sites: { [pointer: string]: string } = {}
  part({ words, site }: Part, pointer: string): Document {
    this.sites[pointer] = site
    return this.#map(words, pointer)
  }

  #plain(value: unknown, pointer: string): Json {
    const template = templateOf(value)
    if (template !== undefined) return template
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value)) return value.map((item, index) => this.#plain(item, `${pointer}/${index}`))
    if (typeof value === 'object') {
      const part = parts.get(value)
      return part === undefined ? this.#map(value, pointer) : this.part(part, pointer)
    }
    const what = typeof value === 'number' ? String(value) : value === undefined ? 'undefined' : `a ${typeof value}`
    throw new TypeError(`${pointer} is ${what}, which a document cannot hold`)
  }

  /** What is undefined is left out, as if it had not been written. */
  #map(map: object, pointer: string): Document {
    const entries = Object.entries(map).filter(([, value]) => value !== undefined)
    return Object.fromEntries(entries.map(([name, value]) => [name, this.#plain(value, `${pointer}/${escaped(name)}`)]))
  }
}

/** A name as a step of a JSON Pointer (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Gives an object the stack of who called `builder`, where the engine can tell. */
function traced<T extends { stack?: string }>(holder: T, builder: (...args: never) => unknown): T {
  const capture: unknown = Reflect.get(Error, 'captureStackTrace')
  if (typeof capture === 'function') capture(holder, builder)
  return holder
}
