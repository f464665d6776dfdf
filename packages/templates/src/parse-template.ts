import type {
  AstCall,
  AstExpression,
  AstHash,
  AstLocation,
  AstPosition,
  AstProgram,
  AstStatement,
  BlockStatement,
  PartialBlockStatement,
} from './ast.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { parse as read } from './parse.ts'
import { Scanner } from './scanner.ts'
import type { Block, Call, Expression, Literal, Path, Program, RawBlock, Span, Statement } from './syntax.ts'

/**
 * The tree of a template, as the Handlebars AST has it. Whitespace control has been done: a content's `value` is what is
 * written, its `original` what stands in the text.
 *
 * @throws SourceError template_syntax or limit_exceeded, with the place in `text`.
 * @example
 * parse('Hi {{ name }}').body[1] // { type: 'MustacheStatement', path: { type: 'PathExpression', parts: ['name'], … }, … }
 */
export function parse(text: string, options: { readonly limits?: Partial<Limits> } = {}): AstProgram {
  const limits = { ...defaultLimits, ...options.limits }
  return new AstBuilder(text).program(read(new Scanner(text), limits.depth))
}

class AstBuilder {
  readonly #text: string
  readonly #lines: readonly number[]

  constructor(text: string) {
    this.#text = text
    // A lone carriage return ends a line too, as in Handlebars.
    this.#lines = [0, ...[...text.matchAll(/\r\n?|\n/g)].map((found) => found.index + found[0].length)]
  }

  program(
    program: Program,
    given: { blockParams?: readonly string[] | undefined; loc?: AstLocation } = {},
  ): AstProgram {
    const body = program.body.map((statement) => this.#statement(statement))
    const first = program.body[0]
    const last = program.body.at(-1)
    const own = first && last ? this.#loc({ start: first.start, end: last.end }) : undefined
    const ast = { type: 'Program' as const, body, strip: {}, loc: given.loc ?? own }
    if (program.chained) {
      const inner = body[0]?.type === 'BlockStatement' ? body[0].program : undefined
      return { ...ast, chained: true, loc: inner?.loc ?? ast.loc }
    }
    return 'blockParams' in given ? { ...ast, blockParams: given.blockParams } : ast
  }

  #statement(statement: Statement): AstStatement {
    const loc = this.#loc(statement)
    switch (statement.kind) {
      case 'content':
        return { type: 'ContentStatement', original: statement.original, value: statement.value, loc }
      case 'comment': {
        const written = this.#text.slice(statement.start, statement.end)
        const value = written.replace(/^\{\{~?!-?-?/, '').replace(/-?-?~?\}\}$/, '')
        return { type: 'CommentStatement', value, strip: statement.strip, loc }
      }
      case 'mustache':
        return {
          type: 'MustacheStatement',
          ...this.#call(statement.call),
          escaped: !statement.raw,
          strip: statement.strip,
          loc,
        }
      case 'computed': {
        const { start, end } = statement.source
        return { type: 'ComputedStatement', value: this.#text.slice(start, end), strip: statement.strip, loc }
      }
      case 'raw-block':
        return this.#rawBlock(statement, loc)
      case 'partial': {
        const { path: name, params, hash } = this.#call(statement.call)
        return { type: 'PartialStatement', name, params, hash, indent: statement.indent, strip: statement.strip, loc }
      }
      case 'partial-block':
        return this.#partialBlock(statement, loc)
      case 'block':
      case 'inline':
        return this.#block(statement, loc)
    }
  }

  #block(block: Block, loc: AstLocation): BlockStatement {
    const blockParams = block.params.length === 0 ? undefined : block.params
    // `{{^x}}` has its own program for an inverse: what its parameters belong to.
    const inverted = this.#text.slice(block.start, block.end).match(/^\{\{~?\^/) !== null
    const program = block.program && this.program(block.program, inverted ? {} : { blockParams })
    const inverse = block.inverse && this.program(block.inverse, inverted ? { blockParams } : {})
    const both = block.program !== undefined && block.inverse !== undefined
    return {
      type: block.kind === 'inline' ? 'DecoratorBlock' : 'BlockStatement',
      ...this.#call(block.call),
      program,
      inverse,
      openStrip: block.openStrip,
      inverseStrip: both ? block.inverseStrip : undefined,
      closeStrip: block.closeStrip,
      loc,
    }
  }

  #rawBlock(block: RawBlock, loc: AstLocation): BlockStatement {
    return {
      type: 'BlockStatement',
      ...this.#call(block.call),
      program: this.program(block.program, { loc }),
      openStrip: {},
      inverseStrip: {},
      closeStrip: {},
      loc,
    }
  }

  #partialBlock(block: Block, loc: AstLocation): PartialBlockStatement {
    const { path: name, params, hash } = this.#call(block.call)
    const program = this.program(block.program ?? { body: [], chained: false })
    const { openStrip, closeStrip } = block
    return { type: 'PartialBlockStatement', name, params, hash, program, openStrip, closeStrip, loc }
  }

  #call(call: Call): AstCall {
    return {
      path: this.#expression(call.callee),
      params: call.args.map((arg) => this.#expression(arg)),
      hash: this.#hash(call),
    }
  }

  #hash({ hash }: Call): AstHash | undefined {
    const first = hash[0]
    const last = hash.at(-1)
    if (first === undefined || last === undefined) return undefined
    const pairs = hash.map((pair) => ({
      type: 'HashPair' as const,
      key: pair.name,
      value: this.#expression(pair.value),
      loc: this.#loc({ start: pair.start, end: pair.value.end }),
    }))
    return { type: 'Hash', pairs, loc: this.#loc({ start: first.start, end: last.value.end }) }
  }

  #expression(expression: Expression): AstExpression {
    switch (expression.kind) {
      case 'path':
        return this.#path(expression)
      case 'literal':
        return this.#literal(expression)
      case 'call':
        return { type: 'SubExpression', ...this.#call(expression), loc: this.#loc(expression) }
    }
  }

  #path(path: Path): AstExpression {
    const original = path.original.replace(/\[((?:\\\]|[^\]])*)\]/g, (_, inner: string) =>
      inner.replace(/\\([\\\]])/g, '$1'),
    )
    const { data, up } = path
    return { type: 'PathExpression', data, depth: up, parts: path.segments.map(String), original, loc: this.#loc(path) }
  }

  #literal(literal: Literal): AstExpression {
    const loc = this.#loc(literal)
    const { value } = literal
    if (typeof value === 'string') return { type: 'StringLiteral', value, original: value, loc }
    if (typeof value === 'number') return { type: 'NumberLiteral', value, original: value, loc }
    if (typeof value === 'boolean') return { type: 'BooleanLiteral', value, original: value, loc }
    if (value === null) return { type: 'NullLiteral', value, original: value, loc }
    return { type: 'UndefinedLiteral', value: undefined, original: undefined, loc }
  }

  #loc({ start, end }: Span): AstLocation {
    return { source: undefined, start: this.#position(start), end: this.#position(end) }
  }

  #position(offset: number): AstPosition {
    let low = 0
    let high = this.#lines.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lines[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.#lines[low] ?? 0) }
  }
}
