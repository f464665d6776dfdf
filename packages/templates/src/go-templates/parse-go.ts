import { type GoNode, type GoPipeline, type GoSpan, GoSyntaxError } from './go-syntax.ts'
import { readPipeline } from './read-pipeline.ts'

type Piece = GoSpan & {
  readonly kind: 'literal' | 'action' | 'comment'
  readonly value: string
  readonly inner: GoSpan
}

/** Blocks nested deeper than this are refused. */
const deepest = 60

/** Reads a Go template. Its trim markers have done their work on the texts. */
export function parseGo(text: string): readonly GoNode[] {
  return new GoParser(text, piecesOf(text)).whole()
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let trim = false
  while (at <= text.length) {
    const open = text.indexOf('{{', at)
    const end = open === -1 ? text.length : open
    const left = open !== -1 && /^\{\{-[\s]/.test(text.slice(open, open + 4))
    let value = text.slice(at, end)
    if (trim) value = value.replace(/^[ \t\r\n]+/, '')
    if (left) value = value.replace(/[ \t\r\n]+$/, '')
    if (value !== '') pieces.push({ kind: 'literal', value, start: at, end, inner: { start: at, end } })
    if (open === -1) break
    const from = open + (left ? 3 : 2)
    const comment = /^\s*\/\*/.exec(text.slice(from, from + 200)) !== null
    const close = comment ? closeOfComment(text, from) : closeOfAction(text, from)
    if (close === -1) throw new GoSyntaxError('This action is not closed: write "}}"', { start: open, end: open + 2 })
    trim = /\s-$/.test(text.slice(from, close))
    const inner = { start: from, end: trim ? close - 1 : close }
    const written = text.slice(inner.start, inner.end)
    pieces.push({ kind: comment ? 'comment' : 'action', value: written, start: open, end: close + 2, inner })
    at = close + 2
  }
  return pieces
}

function closeOfComment(text: string, from: number): number {
  const end = text.indexOf('*/', from)
  return end === -1 ? -1 : text.indexOf('}}', end)
}

/** The `}}` that does not stand in a text. */
function closeOfAction(text: string, from: number): number {
  const part = /"(?:\\[\s\S]|[^"\\\n])*"|`[^`]*`|'(?:\\[\s\S]|[^'\\\n])*'|\}\}|[\s\S]/y
  part.lastIndex = from
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    if (found[0] === '}}') return found.index
  }
  return -1
}

type Stop = { readonly word: 'end' | 'else' | ''; readonly rest: GoSpan; readonly at: GoSpan }

class GoParser {
  readonly #text: string
  readonly #pieces: readonly Piece[]
  #at = 0

  constructor(text: string, pieces: readonly Piece[]) {
    this.#text = text
    this.#pieces = pieces
  }

  whole(): readonly GoNode[] {
    const { nodes, stop } = this.#body(0)
    if (stop.word !== '') throw new GoSyntaxError(`{{${stop.word}}} belongs to no block`, stop.at)
    return nodes
  }

  #body(depth: number): { nodes: GoNode[]; stop: Stop } {
    if (depth > deepest)
      throw new GoSyntaxError(
        `Blocks are nested deeper than ${deepest} levels`,
        this.#pieces[this.#at - 1]?.inner ?? { start: 0, end: 1 },
      )
    const nodes: GoNode[] = []
    for (;;) {
      const piece = this.#pieces[this.#at]
      if (piece === undefined) {
        const { length } = this.#text
        return { nodes, stop: { word: '', rest: { start: length, end: length }, at: { start: length, end: length } } }
      }
      this.#at += 1
      const { start, end, value } = piece
      if (piece.kind === 'literal') nodes.push({ kind: 'literal', value, start, end })
      else if (piece.kind === 'comment')
        nodes.push({ kind: 'comment', value: value.trim().replace(/^\/\*|\*\/$/g, ''), start, end })
      else {
        const word = /^\s*([a-z]+)?/.exec(value)
        const rest = { start: piece.inner.start + (word?.[0].length ?? 0), end: piece.inner.end }
        const name = /^\s*(?:if|range|with|else|end|define|template|block|break|continue)(?=[\s"`(.$]|$)/.test(value)
          ? word?.[1]
          : undefined
        if (name === 'end' || name === 'else') return { nodes, stop: { word: name, rest, at: { start, end } } }
        nodes.push(this.#action({ name, rest, piece, depth }))
      }
    }
  }

  #action({
    name,
    rest,
    piece,
    depth,
  }: {
    name: string | undefined
    rest: GoSpan
    piece: Piece
    depth: number
  }): GoNode {
    const { start, end } = piece
    switch (name) {
      case 'if':
      case 'range':
      case 'with':
        return this.#block(name, { rest, start, depth, chained: false }).node
      case 'define': {
        const { nodes, stop } = this.#body(depth + 1)
        if (stop.word !== 'end') throw new GoSyntaxError('{{define}} is not closed: write {{end}}', { start, end })
        return { kind: 'define', name: this.#name(rest), body: nodes, start, end: stop.at.end }
      }
      case 'template': {
        const quoted = this.#quoted(rest)
        const after = { start: rest.start + quoted.length, end: rest.end }
        const context =
          this.#text.slice(after.start, after.end).trim() === '' ? undefined : readPipeline(this.#text, after)
        return { kind: 'template', name: this.#name(rest), context, start, end }
      }
      case 'block': {
        const { stop } = this.#body(depth + 1)
        return {
          kind: 'unknown',
          why: '{{block}} defines and inserts at once: write {{define}} and {{template}}',
          at: { start, end },
          start,
          end: stop.at.end,
        }
      }
      case 'break':
      case 'continue':
        return {
          kind: 'unknown',
          why: `a loop cannot be left: there is no {{${name}}}`,
          at: { start, end },
          start,
          end,
        }
    }
    try {
      return { kind: 'action', pipeline: this.#pipeline(piece.inner), start, end }
    } catch (thrown) {
      if (!(thrown instanceof GoSyntaxError)) throw thrown
      return { kind: 'unknown', why: thrown.message, at: thrown.span, start, end }
    }
  }

  #block(
    kind: 'if' | 'range' | 'with',
    { rest, start, depth, chained }: { rest: GoSpan; start: number; depth: number; chained: boolean },
  ): { node: GoNode } {
    const pipeline = this.#pipeline(rest)
    const { nodes: body, stop } = this.#body(depth + 1)
    if (stop.word === '') throw new GoSyntaxError(`{{${kind}}} is not closed: write {{end}}`, { start, end: start + 2 })
    if (stop.word === 'end')
      return { node: { kind, pipeline, body, otherwise: undefined, chained, start, end: stop.at.end } }
    const chain = /^\s*(if|with)(?=[\s"`(.$])/.exec(this.#text.slice(stop.rest.start, stop.rest.end))
    if (chain !== null) {
      const inner = { start: stop.rest.start + chain[0].length, end: stop.rest.end }
      const { node } = this.#block(chain[1] === 'if' ? 'if' : 'with', {
        rest: inner,
        start: stop.at.start,
        depth: depth + 1,
        chained: true,
      })
      return { node: { kind, pipeline, body, otherwise: [node], chained, start, end: node.end } }
    }
    const otherwise = this.#body(depth + 1)
    if (otherwise.stop.word !== 'end')
      throw new GoSyntaxError(`{{${kind}}} is not closed: write {{end}}`, { start, end: start + 2 })
    return { node: { kind, pipeline, body, otherwise: otherwise.nodes, chained, start, end: otherwise.stop.at.end } }
  }

  #pipeline(span: GoSpan): GoPipeline {
    const written = this.#text.slice(span.start, span.end)
    const start = span.start + (written.length - written.trimStart().length)
    return readPipeline(this.#text, { start, end: Math.max(start, span.start + written.trimEnd().length) })
  }

  #quoted(rest: GoSpan): string {
    return /^\s*(?:"[^"]*"|`[^`]*`)/.exec(this.#text.slice(rest.start, rest.end))?.[0] ?? ''
  }

  #name(rest: GoSpan): string {
    const name = this.#quoted(rest).trim().slice(1, -1)
    if (!/^[\w./-]+$/.test(name))
      throw new GoSyntaxError('A template is named by a text of letters, digits, ".", "/", "-" and "_"', rest)
    return name
  }
}
