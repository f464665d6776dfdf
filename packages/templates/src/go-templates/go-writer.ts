import { translateCall } from './go-functions.ts'
import type { GoExpression, GoNode, GoPipeline, GoSpan } from './go-syntax.ts'
import type { TranslationNote } from './translate.ts'

export type Note = (severity: TranslationNote['severity'], message: string, span: GoSpan) => void

/** A variable: what it was set to and where, or the block parameter that holds it. */
type Variable =
  | { readonly value: GoExpression; readonly level: number; readonly variables: Scope }
  | { readonly param: string }
type Scope = ReadonlyMap<string, Variable>

/** Where a node stands: how many blocks around have changed the dot, and which variables there are. */
type Place = { readonly level: number; readonly variables: Scope }

/** A name that means something else where a path begins. */
const reserved = new Set([
  'this',
  'true',
  'false',
  'null',
  'undefined',
  'else',
  'as',
  'inline',
  'if',
  'unless',
  'each',
  'with',
  'lookup',
  'raw',
])

/** What has no translation, on its way to the note. */
class Untranslatable extends Error {
  readonly span: GoSpan
  constructor(message: string, span: GoSpan) {
    super(message)
    this.span = span
  }
}

/** Writes the nodes of a Go template in our language. */
export class GoWriter {
  readonly #source: string
  readonly #note: Note
  readonly #told = new Set<string>()
  #out = ''

  constructor(source: string, note: Note) {
    this.#source = source
    this.#note = note
  }

  write(nodes: readonly GoNode[]): string {
    this.#nodes(nodes, { level: 0, variables: new Map() }, true)
    return this.#out
  }

  #nodes(nodes: readonly GoNode[], place: Place, root: boolean): void {
    let here = place
    for (const [index, node] of nodes.entries()) {
      const next = nodes[index + 1]
      try {
        here = this.#node(node, here, { next, last: next === undefined, root })
      } catch (thrown) {
        if (!(thrown instanceof Untranslatable)) throw thrown
        this.#note('error', `Left out: ${thrown.message}`, thrown.span)
        this.#leftOut(node)
      }
    }
  }

  #node(node: GoNode, place: Place, around: { next: GoNode | undefined; last: boolean; root: boolean }): Place {
    switch (node.kind) {
      case 'literal':
        this.#literal(node.value, around.next !== undefined || !around.root)
        return place
      case 'comment':
        this.#tag(`{{!--${node.value.replaceAll('--', '- -')}--}}`)
        this.#guard(around.next, around.last && around.root)
        return place
      case 'unknown':
        throw new Untranslatable(node.why, node.at)
      case 'define':
        this.#define(node)
        return place
      case 'template':
        this.#template(node, place)
        this.#guard(around.next, around.last && around.root)
        return place
      case 'action':
        return this.#action(node.pipeline, place)
      case 'if':
      case 'range':
      case 'with':
        this.#block(node, place)
        return place
    }
  }

  /** Text as it is: what would open or escape a tag is written so that it does not. */
  #literal(value: string, tagFollows: boolean): void {
    if (!tagFollows) {
      this.#out += value
      return
    }
    const [, before = '', special = ''] = /^([\s\S]*?)(\\+|[{$]+)?$/.exec(value) ?? []
    if (special.startsWith('\\')) this.#out += `${before}${special}\\`
    else this.#out += special === '' ? before : `${before}{{"${special}"}}`
  }

  #tag(tag: string): void {
    this.#out += tag
  }

  /** A tag alone on its line would take the line away, which Go does not do: an empty text beside it prevents that. */
  #guard(next: GoNode | undefined, ends: boolean): void {
    const follows = next === undefined ? ends : next.kind === 'literal' && /^[ \t]*(?:\r?\n|$)/.test(next.value)
    if (follows) this.#out += '{{""}}'
  }

  #action(pipeline: GoPipeline, place: Place): Place {
    if (pipeline.names.length === 0) {
      const text = this.#expression(pipeline.value, place)
      this.#tag(`{{${text.startsWith('(') ? text.slice(1, -1) : text}}}`)
      return place
    }
    if (pipeline.assigns) throw new Untranslatable('a variable cannot be set again', pipeline)
    return { ...place, variables: this.#declared(pipeline, place) }
  }

  #declared({ names, value }: GoPipeline, place: Place): Scope {
    const variables = new Map(place.variables)
    // Written out now as well, so that what cannot be said is told at its declaration.
    this.#expression(value, place)
    for (const name of names) variables.set(name, { value, level: place.level, variables: place.variables })
    return variables
  }

  #define(node: GoNode & { kind: 'define' }): void {
    this.#tag(`{{#*inline "${node.name}"}}{{!}}`)
    this.#nodes(node.body, { level: 0, variables: new Map() }, false)
    this.#tag('{{!}}{{/inline}}{{""}}')
  }

  #template({ name, context }: GoNode & { kind: 'template' }, place: Place): void {
    if (context === undefined)
      throw new Untranslatable('a partial always has a context: write {{template "name" .}}', { start: 0, end: 1 })
    const value = this.#expression(context.value, place)
    this.#tag(`{{> ${/^[A-Za-z_][\w/-]*$/.test(name) ? name : `"${name}"`}${value === '.' ? '' : ` ${value}`}}}`)
  }

  #block(node: GoNode & { kind: 'if' | 'range' | 'with' }, place: Place): void {
    const { kind, pipeline, body, otherwise, chained } = node
    const { opened, inside, name } = this.#opened(kind, pipeline, place)
    this.#tag(`{{${chained ? 'else ' : '#'}${opened}}}{{!}}`)
    this.#nodes(body, inside, false)
    const [chain] = otherwise ?? []
    if (chain !== undefined && 'chained' in chain && chain.chained) {
      try {
        this.#tag('{{!}}')
        this.#block(chain, place)
      } catch (thrown) {
        if (!(thrown instanceof Untranslatable)) throw thrown
        this.#note('error', `Left out: ${thrown.message}`, thrown.span)
        this.#tag('{{else}}')
        this.#leftOut(chain)
      }
    } else if (otherwise !== undefined) {
      this.#tag('{{!}}{{else}}{{!}}')
      this.#nodes(otherwise, place, false)
    }
    if (!chained) this.#tag(`{{!}}{{/${name}}}`)
  }

  #opened(
    kind: 'if' | 'range' | 'with',
    pipeline: GoPipeline,
    place: Place,
  ): { opened: string; inside: Place; name: string } {
    if (pipeline.assigns) throw new Untranslatable('a variable cannot be set again', pipeline)
    const value = this.#expression(pipeline.value, place)
    if (pipeline.value.kind === 'number' && kind === 'range')
      throw new Untranslatable('a number is not gone through: write (range 0 4)', pipeline)
    const level = place.level + 1
    if (kind === 'if') {
      this.#once('An empty map is false in Go and true here', pipeline)
      const variables = pipeline.names.length === 0 ? place.variables : this.#declared(pipeline, place)
      return { opened: `if ${value}`, inside: { level: place.level, variables }, name: 'if' }
    }
    if (kind === 'with') {
      this.#once('An empty map, and in {{with}} the number 0, is false in Go and true here', pipeline)
      const params = this.#params(pipeline.names, place)
      return { opened: `with ${value}${params.text}`, inside: { level, variables: params.variables }, name: 'with' }
    }
    this.#once('Go goes through a map by its sorted keys, here by the order that it has', pipeline)
    const [first, second] = pipeline.names
    const params = this.#params(
      second === undefined ? (first === undefined ? [] : [first]) : [second, first ?? ''],
      place,
    )
    return { opened: `each ${value}${params.text}`, inside: { level, variables: params.variables }, name: 'each' }
  }

  /** Block parameters for the names; one that would hide a path's first name gets another. */
  #params(names: readonly string[], place: Place): { text: string; variables: Scope } {
    const variables = new Map(place.variables)
    const words = names.map((name) => {
      const word = name === '_' || name === '' ? '_' : `$${name}`
      if (name !== '_') variables.set(name, { param: word })
      return word
    })
    return { text: words.length === 0 ? '' : ` as |${words.join(' ')}|`, variables }
  }

  #expression(expression: GoExpression, place: Place): string {
    switch (expression.kind) {
      case 'text':
        return literal(expression.value, expression)
      case 'number':
        return number(expression.value, expression)
      case 'word':
        return expression.value === 'nil' ? 'null' : expression.value
      case 'variable':
        return expression.name === '' ? '@root' : this.#variable(expression.name, [], { place, span: expression })
      case 'field':
        return this.#field(expression, place)
      case 'call': {
        const args = expression.args.map((arg) => this.#expression(arg, place))
        const made = translateCall(expression.name, args)
        if ('why' in made) throw new Untranslatable(made.why, expression)
        if (made.note !== undefined) this.#once(made.note, expression)
        return made.text
      }
    }
  }

  #field({ from, fields, ...span }: GoExpression & { kind: 'field' }, place: Place): string {
    if (from === undefined) return path('', fields)
    if (from.kind === 'variable') {
      return from.name === '' ? path('@root', fields) : this.#variable(from.name, fields, { place, span })
    }
    const isSplit = from.kind === 'call' && from.name === 'split'
    const keys = fields.map((field) => (isSplit && /^_\d+$/.test(field) ? field.slice(1) : `"${field}"`))
    return keys.reduce((value, key) => `(lookup ${value} ${key})`, this.#expression(from, place))
  }

  #variable(name: string, fields: readonly string[], { place, span }: { place: Place; span: GoSpan }): string {
    const found = place.variables.get(name)
    if (found === undefined) throw new Untranslatable(`there is no variable "$${name}"`, span)
    if ('param' in found) return path(found.param, fields)
    const up = place.level - found.level
    const value = lifted(found.value, up)
    const own: Place = { level: place.level, variables: found.variables }
    const text = value === undefined ? this.#expression(found.value, own) : this.#lifted(found.value, up, own)
    if (fields.length === 0) return text
    if (!text.startsWith('(')) return path(text, fields)
    return fields.reduce((from, field) => `(lookup ${from} "${field}")`, text)
  }

  /** The declaration's expression, read from `up` levels further inside. */
  #lifted(value: GoExpression, up: number, place: Place): string {
    if (value.kind === 'field' && value.from === undefined) return path('../'.repeat(up).slice(0, -1), value.fields)
    if (value.kind === 'call') {
      const made = translateCall(
        value.name,
        value.args.map((arg) => this.#lifted(arg, up, place)),
      )
      if ('why' in made) throw new Untranslatable(made.why, value)
      return made.text
    }
    if (value.kind === 'field' && value.from?.kind === 'call') {
      return value.fields.reduce((from, field) => `(lookup ${from} "${field}")`, this.#lifted(value.from, up, place))
    }
    return this.#expression(value, place)
  }

  #once(message: string, span: GoSpan): void {
    if (this.#told.has(message)) return
    this.#told.add(message)
    this.#note('info', message, span)
  }

  #leftOut(node: GoNode): void {
    const written = this.#source.slice(node.start, node.end).replaceAll('--', '- -')
    this.#tag(`{{!-- ${written} --}}{{""}}`)
  }
}

/** Undefined when nothing has to be lifted. */
function lifted(value: GoExpression, up: number): GoExpression | undefined {
  return up === 0 ? undefined : value
}

function path(base: string, fields: readonly string[]): string {
  const [first, ...rest] = fields
  if (first === undefined) return base === '' ? '.' : base
  const names = [first, ...rest].join('.')
  if (base === '') return reserved.has(first) ? `this.${names}` : names
  return base.endsWith('..') ? `${base}/${names}` : `${base}.${names}`
}

function literal(value: string, span: GoSpan): string {
  const quote = value.includes('"') && !value.includes("'") ? "'" : '"'
  if (value.endsWith('\\') || value.includes(`\\${quote}`))
    throw new Untranslatable('a text that ends in a backslash cannot be written', span)
  return quote + value.replaceAll(quote, `\\${quote}`) + quote
}

function number(value: number, span: GoSpan): string {
  const text = String(value)
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return text
  throw new Untranslatable(`the number ${text} cannot be written`, span)
}
