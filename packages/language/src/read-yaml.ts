import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml'
import type { Problems } from './problems.ts'
import type { SourceText, Span } from './source-text.ts'
import type { Entry, ScalarStyle, ScalarTree, Tree } from './tree.ts'
import { syntaxProblem, tagProblem } from './yaml-traps.ts'

/** Nodes that the aliases of one file may add. */
const MAX_ALIASED = 10_000
const MAX_DEPTH = 100

/**
 * Reads a YAML 1.2 file. Undefined when it cannot be read; what is wrong is in `problems`, one problem a mistake.
 * An empty file is a map without entries.
 */
export function readYaml(file: SourceText, problems: Problems): Tree | undefined {
  const before = problems.errors
  const document = mended(file, problems)
  if (document === undefined) return undefined
  const tree = new Reader(document, file, problems).read(document.contents, 0)
  return problems.errors > before ? undefined : tree
}

/** Mistakes of syntax that are told of one file; each costs another reading of it. */
const MAX_MENDED = 20

/**
 * Parses a file. A value that is a known trap is told, blanked out with as many letters, and the rest is read again, so
 * that one slip hides no other. Undefined when there is a mistake that cannot be passed over.
 */
function mended(file: SourceText, problems: Problems): Document | undefined {
  let { text } = file
  for (let round = 0; round < MAX_MENDED; round++) {
    const document = parse(text)
    const syntax = document.errors.find((error) => error.code !== 'DUPLICATE_KEY')
    for (const error of document.errors)
      if (error.code === 'DUPLICATE_KEY') problems.add(syntaxProblem(file, error).problem)
    if (syntax === undefined) return document
    const { problem, value } = syntaxProblem(file, syntax)
    // After a mending the parser may stumble over what the mending left: only what is surely another slip is told.
    if (round === 0 || value !== undefined) problems.add(problem)
    if (value === undefined) return undefined
    text = `${text.slice(0, value.start)}${'x'.repeat(value.end - value.start)}${text.slice(value.end)}`
  }
  return undefined
}

function parse(text: string): Document {
  return parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: false,
  })
}

const STYLES: { readonly [type: string]: ScalarStyle } = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
}

class Reader {
  readonly #document: Document
  readonly #file: SourceText
  readonly #problems: Problems
  #aliased = 0
  #inAlias = 0
  #outermost: Span | undefined
  #tooLarge = false

  constructor(document: Document, file: SourceText, problems: Problems) {
    this.#document = document
    this.#file = file
    this.#problems = problems
  }

  read(node: Node | null | undefined | unknown, depth: number, fallback: Span = { start: 0, end: 0 }): Tree {
    const file = this.#file
    if (isAlias(node)) return this.#alias(node, depth)
    if (this.#inAlias > 0) this.#aliased += 1
    const span = spanOf(node, fallback)
    if (depth > MAX_DEPTH || this.#aliased > MAX_ALIASED) return this.#limit(depth, span)
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, depth), file, span }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => this.read(item, depth + 1, span)), file, span }
    if (isScalar(node)) return this.#scalar(node, span)
    return depth === 0
      ? { kind: 'map', entries: [], file, span }
      : { kind: 'scalar', value: null, style: 'plain', file, span }
  }

  /** Told once: everything after it would be too much as well. */
  #limit(depth: number, span: Span): ScalarTree {
    const file = this.#file
    const deep = depth > MAX_DEPTH
    const message = deep
      ? `it is nested deeper than ${MAX_DEPTH} levels`
      : `aliases add more than ${MAX_ALIASED.toLocaleString('en')} values`
    const at = { file, span: this.#outermost ?? span }
    if (!this.#tooLarge) this.#problems.add({ code: deep ? 'yaml_syntax' : 'yaml_alias_limit', message, at })
    this.#tooLarge = true
    return { kind: 'scalar', value: null, style: 'plain', file, span }
  }

  #scalar(node: Scalar, span: Span): ScalarTree {
    const file = this.#file
    if (node.tag?.startsWith('!') === true) this.#problems.add(tagProblem(file, span, node.tag))
    const { value } = node
    const plain = typeof value === 'string' || typeof value === 'boolean' || value === null
    const known = plain || (typeof value === 'number' && Number.isFinite(value))
    const style = STYLES[node.type ?? ''] ?? 'plain'
    if (known) return { kind: 'scalar', value, style, file, span }
    return { kind: 'scalar', value: file.text.slice(span.start, span.end), style, file, span }
  }

  #entries(items: readonly unknown[], depth: number): Entry[] {
    const entries: Entry[] = []
    for (const pair of items) {
      if (!isPair(pair)) continue
      const keySpan = spanOf(pair.key, { start: 0, end: 0 })
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined
      if (key === undefined) {
        this.#problems.add(bracesProblem(this.#file, keySpan))
        continue
      }
      entries.push({ key, keySpan, value: this.read(pair.value, depth + 1, keySpan) })
    }
    return entries
  }

  #alias(node: Alias, depth: number): Tree {
    const target = node.resolve(this.#document)
    const span = spanOf(node, { start: 0, end: 0 })
    if (target === undefined) {
      const message = `the alias "*${node.source}" has no anchor "&${node.source}" before it`
      this.#problems.add({
        code: 'yaml_syntax',
        message,
        at: { file: this.#file, span },
        help: `For the text itself write "*${node.source}".`,
      })
    }
    this.#inAlias += 1
    this.#outermost ??= span
    const tree = this.read(target, depth + 1, span)
    this.#inAlias -= 1
    if (this.#inAlias === 0) this.#outermost = undefined
    return tree
  }
}

function spanOf(node: unknown, fallback: Span): Span {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  if (!Array.isArray(range)) return fallback
  const [start, end] = range as [number, number]
  return { start, end }
}

/** `{{ x }}` without quotes is a map whose key is a map. */
function bracesProblem(file: SourceText, span: Span) {
  const line = file.line(file.place(span.start).line)
  const braces = /\{\{.*?\}\}/.exec(line)?.[0]
  if (braces === undefined) {
    return { code: 'yaml_syntax', message: 'a key must be a text', at: { file, span } } as const
  }
  const start = file.offsetOf(file.place(span.start).line, line.indexOf(braces) + 1)
  return {
    code: 'unquoted_braces',
    message: 'without quotes YAML reads the braces as a map',
    at: { file, span: { start, end: start + braces.length } },
    help: `Write "${braces.replaceAll('"', "'")}".`,
  } as const
}
