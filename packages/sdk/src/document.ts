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

  /** `builder` is the function that was called: the stack begins with its caller. */
  constructor(words: { readonly [word: string]: unknown }, builder: (...args: never) => unknown) {
    this.words = words
    this.site = callSite(builder)
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
 * Throws a TypeError that names the place of what JSON does not have.
 */
export function documentOf(part: Part): Document {
  const sites: { [pointer: string]: string } = { '': part.site }
  const document = plainMap(part.words, '', sites)
  Object.defineProperty(document, made, { value: sites })
  return document
}

/** Where the parts of a document were made; undefined when no builder made it. */
export function sitesOf(document: unknown): Sites | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  return Reflect.get(document, made) as Sites | undefined
}

function plain(value: unknown, pointer: string, sites: { [pointer: string]: string }): Json {
  const template = templateOf(value)
  if (template !== undefined) return template
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((item, index) => plain(item, `${pointer}/${index}`, sites))
  if (typeof value === 'object') {
    const part = parts.get(value)
    if (part === undefined) return plainMap(value, pointer, sites)
    sites[pointer] = part.site
    return plainMap(part.words, pointer, sites)
  }
  const what = typeof value === 'number' ? String(value) : value === undefined ? 'undefined' : `a ${typeof value}`
  throw new TypeError(`${pointer === '' ? 'the document' : pointer} is ${what}, which a document cannot hold`)
}

/** What is undefined is left out, as if it had not been written. */
function plainMap(
  map: object,
  pointer: string,
  sites: { [pointer: string]: string },
): { readonly [name: string]: Json } {
  const entries = Object.entries(map).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.map(([name, value]) => [name, plain(value, `${pointer}/${escaped(name)}`, sites)]))
}

/** A name as a step of a JSON Pointer (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The stack of who called `builder`; empty where the engine cannot tell. */
function callSite(builder: (...args: never) => unknown): string {
  const capture: unknown = Reflect.get(Error, 'captureStackTrace')
  const holder: { stack?: string } = {}
  if (typeof capture === 'function') capture(holder, builder)
  return holder.stack ?? ''
}
