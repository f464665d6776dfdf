import { type Ending, makeBlock, noStrip, type Opening } from './block-syntax.ts'
import { readComputed } from './read-computed.ts'
import { readCall } from './read-expression.ts'
import type { Scanner } from './scanner.ts'
import type { Block, BlockKind, Call, Content, Program, RawBlock, Span, Statement, Strip } from './syntax.ts'
import { stripWhitespace } from './whitespace.ts'

/** `{{else if}}` may follow this often; each is a level of nesting at render. */
const longestChain = 256

/** Reads a template. Whitespace that Handlebars takes away is gone in the result. */
export function parse(scanner: Scanner, depth: number): Program {
  const program = { body: new Parser(scanner, depth).template(), chained: false }
  stripWhitespace(program)
  return program
}

type Inverse = { readonly program: Program; readonly strip: Strip; readonly closing: Ending & { kind: 'close' } }

class Parser {
  readonly #scanner: Scanner
  readonly #depth: number

  constructor(scanner: Scanner, depth: number) {
    this.#scanner = scanner
    this.#depth = depth
  }

  template(): Statement[] {
    const { body, ending } = this.#body(0)
    if (ending.kind === 'end') return body
    if (ending.kind === 'close')
      this.#scanner.fail(`{{/${ending.name}}} closes nothing: no block is open here`, ending.tag)
    return this.#scanner.fail(
      '{{else}} stands outside of a block',
      ending.kind === 'else' ? ending.tag : ending.opening.tag,
    )
  }

  #body(depth: number): { body: Statement[]; ending: Ending } {
    const scanner = this.#scanner
    const body: Statement[] = []
    for (;;) {
      this.#content(body)
      if (scanner.at >= scanner.text.length) return { body, ending: { kind: 'end' } }
      if (scanner.startsWith('{{{{')) {
        body.push(this.#rawBlock())
        continue
      }
      const found = this.#tag(depth)
      if (found.kind === 'close' || found.kind === 'else' || found.kind === 'chain') return { body, ending: found }
      body.push(found)
    }
  }

  #content(body: Statement[]): void {
    const scanner = this.#scanner
    const { text } = scanner
    while (scanner.at < text.length) {
      const start = scanner.at
      const braces = text.indexOf('{{', start)
      if (braces === -1) {
        scanner.at = text.length
        push(body, { start, end: text.length }, text.slice(start))
        return
      }
      scanner.at = braces
      const slashes =
        braces > start && text[braces - 1] === '\\' ? (braces - 1 > start && text[braces - 2] === '\\' ? 2 : 1) : 0
      push(body, { start, end: braces }, text.slice(start, slashes > 0 ? braces - 1 : braces))
      if (slashes !== 1) {
        if (text[braces - 1] === '$' && braces > start) {
          const message = 'Write {{ }} without the "$" before it; for a dollar sign before a value write {{"$"}}'
          scanner.fail(message, { start: braces - 1, end: braces + 2 })
        }
        return
      }
      const next = /\{\{|\\\{\{|\\\\\{\{/g
      next.lastIndex = braces + 2
      const end = next.exec(text)?.index ?? text.length
      push(body, { start: braces, end }, text.slice(braces, end))
      scanner.at = end
    }
  }

  #tag(depth: number): Statement | (Ending & { kind: 'close' | 'else' | 'chain' }) {
    const scanner = this.#scanner
    const start = scanner.at
    scanner.at += 2
    const open = scanner.take('~')
    if (scanner.char === '!') return this.#comment(start, open)
    if (scanner.take('#>')) return this.#block({ start, open, depth, kind: 'partial-block' })
    if (scanner.take('#*')) return this.#block({ start, open, depth, kind: 'inline' })
    if (scanner.take('#')) return this.#block({ start, open, depth, kind: 'block' })
    if (scanner.take('/')) {
      scanner.skipSpace()
      const name = plainName(scanner.match(closingName) ?? '')
      return { kind: 'close', name, strip: { open, close: this.#close(start) }, tag: { start, end: scanner.at } }
    }
    const otherwise = scanner.match(/\^\s*(?=~?\}\})|\s*else\s*(?=~?\}\})/y)
    if (otherwise !== undefined) {
      return { kind: 'else', strip: { open, close: this.#close(start) }, tag: { start, end: scanner.at } }
    }
    if (scanner.take('^')) return this.#block({ start, open, depth, kind: 'block', inverted: true })
    if (scanner.match(/\s*else(?=\s)/y) !== undefined) {
      return { kind: 'chain', opening: this.#opening({ start, open, kind: 'block' }) }
    }
    if (scanner.take('>')) {
      const call = readCall(scanner, start, this.#depth)
      const strip = { open, close: this.#close(start) }
      return { kind: 'partial', call, strip, indent: '', start, end: scanner.at }
    }
    if (scanner.take('*'))
      scanner.fail('Decorators are not part of this language; only {{#*inline "name"}} is', { start, end: scanner.at })
    if (scanner.take('=')) {
      const source = readComputed(scanner, start)
      return { kind: 'computed', source, strip: { open, close: this.#close(start) }, start, end: scanner.at }
    }
    const triple = scanner.take('{')
    const raw = triple || scanner.take('&')
    const call = readCall(scanner, start, this.#depth)
    if (triple && !scanner.take('}')) scanner.fail('"{{{" is closed by "}}}"', { start, end: start + 3 })
    return { kind: 'mustache', call, raw, strip: { open, close: this.#close(start) }, start, end: scanner.at }
  }

  /** Moves past `}}` or `~}}`; true when there is a `~`. */
  #close(start: number): boolean {
    const scanner = this.#scanner
    scanner.skipSpace()
    const strip = scanner.take('~')
    if (!scanner.take('}}')) {
      if (scanner.at >= scanner.text.length)
        scanner.fail('This tag is not closed: write "}}"', { start, end: start + 2 })
      scanner.fail(`"${scanner.char}" cannot stand here: "}}" was expected`)
    }
    return strip
  }

  #comment(start: number, open: boolean): Statement {
    const scanner = this.#scanner
    const dashed = scanner.startsWith('!--')
    const found = scanner.match(dashed ? /!--[\s\S]*?--(?=~?\}\})/y : /![\s\S]*?(?=\}\})/y)
    if (found === undefined)
      scanner.fail(`This comment is not closed: write "${dashed ? '--}}' : '}}'}"`, { start, end: start + 3 })
    const close = dashed ? this.#close(start) : found?.endsWith('~') === true
    if (!dashed) scanner.take('}}')
    return { kind: 'comment', strip: { open, close }, start, end: scanner.at }
  }

  #opening(head: { start: number; open: boolean; kind: BlockKind }): Opening {
    const scanner = this.#scanner
    const call = readCall(scanner, head.start, this.#depth)
    const params = this.#blockParams()
    const close = this.#close(head.start)
    return {
      kind: head.kind,
      call,
      params,
      strip: { open: head.open, close },
      tag: { start: head.start, end: scanner.at },
    }
  }

  #blockParams(): string[] {
    const scanner = this.#scanner
    if (scanner.match(/as\s+\|\s*/y) === undefined) return []
    const start = scanner.at
    const names = scanner.match(/[^|}]*/y) ?? ''
    const params = names.split(/\s+/).filter((param) => param !== '')
    if (!scanner.take('|')) scanner.fail('Block parameters are written as |item index|', { start, end: scanner.at })
    if (params.length === 0) scanner.fail('A name is missing between the bars', { start: start - 1, end: scanner.at })
    return params
  }

  #block(head: { start: number; open: boolean; depth: number; kind: BlockKind; inverted?: boolean }): Block {
    const opening = this.#opening(head)
    const depth = head.depth + 1
    if (depth > this.#depth) {
      throw this.#scanner.error('limit_exceeded', `Blocks are nested deeper than ${this.#depth} levels`, opening.tag)
    }
    const { body, ending } = this.#body(depth)
    const inverse = this.#inverse(ending, { opening, depth, chain: 0 })
    const closing = inverse?.closing ?? ending
    if (closing.kind !== 'close') return this.#unclosed(opening)
    if (inverse !== undefined && head.kind !== 'block') {
      this.#scanner.fail(
        'A partial has no {{else}}: its block is what stands in when there is no such partial',
        opening.tag,
      )
    }
    this.#checkClose(opening, closing)
    const program = { body, chained: false }
    const span = { start: head.start, end: this.#scanner.at }
    return makeBlock({ opening, program, inverse, closeStrip: closing.strip, span, inverted: head.inverted === true })
  }

  #inverse(ending: Ending, block: { opening: Opening; depth: number; chain: number }): Inverse | undefined {
    if (ending.kind === 'end' || ending.kind === 'close') return undefined
    const scanner = this.#scanner
    if (block.chain > longestChain) {
      throw scanner.error('limit_exceeded', `More than ${longestChain} {{else …}} follow each other`, block.opening.tag)
    }
    const next = this.#body(block.depth)
    if (ending.kind === 'else') {
      if (next.ending.kind === 'end') return this.#unclosed(block.opening)
      if (next.ending.kind === 'close') {
        return { program: { body: next.body, chained: false }, strip: ending.strip, closing: next.ending }
      }
      const tag = next.ending.kind === 'else' ? next.ending.tag : next.ending.opening.tag
      return scanner.fail('This block has its {{else}} already: nothing but its end may follow', tag)
    }
    const inverse = this.#inverse(next.ending, { ...block, chain: block.chain + 1 })
    const closing = inverse?.closing ?? next.ending
    if (closing.kind !== 'close') return this.#unclosed(block.opening)
    const { opening } = ending
    const program = { body: next.body, chained: false }
    const span = { start: opening.tag.start, end: closing.tag.start }
    const nested = makeBlock({
      opening,
      program,
      inverse,
      closeStrip: inverse?.strip ?? noStrip,
      span,
      inverted: false,
    })
    return { program: { body: [nested], chained: true }, strip: opening.strip, closing }
  }

  #unclosed(opening: Opening): never {
    const { name, shown } = blockName(this.#scanner, opening)
    const line = this.#scanner.line(opening.tag)
    return this.#scanner.fail(`${shown}, opened on line ${line}, is not closed: write {{/${name}}}`, opening.tag)
  }

  #checkClose(opening: Opening, closing: Ending & { kind: 'close' }): void {
    const { name, shown } = blockName(this.#scanner, opening)
    if (closing.name === name) return
    const line = this.#scanner.line(opening.tag)
    const message = `{{/${closing.name}}} cannot close ${shown}, opened on line ${line}: write {{/${name}}} first`
    this.#scanner.fail(message, closing.tag)
  }

  #rawBlock(): RawBlock {
    const scanner = this.#scanner
    const start = scanner.at
    scanner.at += 4
    const call: Call = readCall(scanner, start, this.#depth)
    if (!scanner.take('}}}}')) scanner.fail('"{{{{" is closed by "}}}}"', { start, end: start + 4 })
    const from = scanner.at
    const name = scanner.slice(call.callee)
    const close = `{{{{/${name}}}}}`
    const end = this.#rawEnd(name, from)
    if (end === -1)
      scanner.fail(`The raw block of line ${scanner.line({ start, end: from })} is not closed: write ${close}`, {
        start,
        end: from,
      })
    scanner.at = end + close.length
    const body: Statement[] = []
    push(body, { start: from, end }, scanner.text.slice(from, end))
    return { kind: 'raw-block', call, program: { body, chained: false }, start, end: scanner.at }
  }

  /** Raw blocks may stand in raw blocks; the text between them is not read. -1 when it never ends. */
  #rawEnd(name: string, from: number): number {
    const open: string[] = [name]
    const { text } = this.#scanner
    const mark = /\{\{\{\{(\/?)/g
    mark.lastIndex = from
    for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
      if (found[1] === '') open.push('')
      else {
        const close = /[^\s!"#%-,./;->@[-^`{-~]+\}\}\}\}/y
        close.lastIndex = mark.lastIndex
        const closed = close.exec(text)?.[0].slice(0, -4)
        if (closed === undefined) continue
        open.pop()
        if (open.length === 0) return closed === name ? found.index : -1
      }
    }
    return -1
  }
}

/** A path, where brackets may hold anything, or a text. */
const closingName = /(?:\[(?:\\\]|[^\]])*\]|"(?:\\"|[^"])*"|'(?:\\'|[^'])*'|[^\s~}["'])+/y

/** `a.[b c]` and `a.b c` are one name, and so are a text and its content. */
function plainName(written: string): string {
  const quote = written.charAt(0)
  if (quote === '"' || quote === "'") return written.slice(1, -1).replaceAll(`\\${quote}`, quote)
  return written.replace(/\[((?:\\\]|[^\]])*)\]/g, (_, inner: string) => inner.replace(/\\([\\\]])/g, '$1'))
}

function blockName(scanner: Scanner, opening: Opening): { name: string; shown: string } {
  const { callee } = opening.call
  const name = callee.kind === 'literal' ? callee.original : plainName(scanner.slice(callee))
  const sign = { block: '#', inline: '#*', 'partial-block': '#>' }[opening.kind]
  const shown = `{{${sign}${scanner.slice({ start: callee.start, end: opening.call.end })}}}`
  return { name, shown }
}

function push(body: Statement[], span: Span, value: string): void {
  if (value === '') return
  const content: Content = {
    kind: 'content',
    original: value,
    value,
    strippedLeft: false,
    strippedRight: false,
    ...span,
  }
  body.push(content)
}
