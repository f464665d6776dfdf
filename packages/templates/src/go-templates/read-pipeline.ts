import { type GoExpression, type GoPipeline, type GoSpan, GoSyntaxError } from './go-syntax.ts'

type Token = GoSpan & {
  readonly kind: 'field' | 'variable' | 'name' | 'text' | 'number' | 'mark' | 'space'
  readonly text: string
}

const token =
  /(?<space>\s+)|(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}\p{N}_]*)|(?<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?))|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<text>"(?:\\[\s\S]|[^"\\\n])*"|`[^`]*`|'(?:\\[\s\S]|[^'\\\n])+')|(?<mark>:=|[=|(),.])/uy

/** Deeper parentheses than this are refused. */
const deepest = 50

/** Reads what stands in a Go action, from `start` to `end` of the text. */
export function readPipeline(text: string, { start, end }: GoSpan): GoPipeline {
  return new PipelineReader(tokensOf(text, { start, end }), { start, end }).read()
}

function tokensOf(text: string, { start, end }: GoSpan): Token[] {
  const tokens: Token[] = []
  let at = start
  while (at < end) {
    token.lastIndex = at
    const groups = token.exec(text)?.groups
    const found = groups && Object.entries(groups).find(([, value]) => value !== undefined)
    if (found === undefined || at + (found[1]?.length ?? 0) > end) {
      throw new GoSyntaxError(`"${text.slice(at, Math.min(end, at + 10))}" cannot be read as Go`, {
        start: at,
        end: at + 1,
      })
    }
    const [kind, value = ''] = found
    tokens.push({ kind: kind as Token['kind'], text: value, start: at, end: at + value.length })
    at += value.length
  }
  return tokens
}

class PipelineReader {
  readonly #tokens: readonly Token[]
  readonly #span: GoSpan
  #at = 0

  constructor(tokens: readonly Token[], span: GoSpan) {
    this.#tokens = tokens
    this.#span = span
  }

  read(): GoPipeline {
    const declared = this.#declaration()
    const value = this.#pipe(0)
    this.#space()
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) throw new GoSyntaxError(`"${rest.text}" cannot stand here`, rest)
    return { ...declared, value, ...this.#span }
  }

  #declaration(): { names: string[]; assigns: boolean } {
    const names: string[] = []
    const before = this.#at
    for (;;) {
      this.#space()
      const variable = this.#tokens[this.#at]
      if (variable?.kind !== 'variable') break
      this.#at += 1
      names.push(variable.text.slice(1))
      this.#space()
      const mark = this.#tokens[this.#at]
      if (mark?.text === ',') this.#at += 1
      else if (mark?.text === ':=' || mark?.text === '=') {
        this.#at += 1
        return { names, assigns: mark.text === '=' }
      } else break
    }
    this.#at = before
    return { names: [], assigns: false }
  }

  #pipe(depth: number): GoExpression {
    if (depth > deepest) throw new GoSyntaxError('The parentheses are nested too deep', this.#span)
    let value = this.#command(depth, undefined)
    for (;;) {
      this.#space()
      if (this.#tokens[this.#at]?.text !== '|') return value
      this.#at += 1
      value = this.#command(depth, value)
    }
  }

  /** A call with its arguments, the piped value last; or one operand. */
  #command(depth: number, piped: GoExpression | undefined): GoExpression {
    this.#space()
    const first = this.#tokens[this.#at]
    if (first === undefined) throw new GoSyntaxError('A value is missing', this.#span)
    const isCall = first.kind === 'name' && !['true', 'false', 'nil'].includes(first.text)
    if (!isCall) {
      const value = this.#operand(depth)
      this.#space()
      const next = this.#tokens[this.#at]
      if (piped !== undefined || (next !== undefined && !['|', ')'].includes(next.text))) {
        throw new GoSyntaxError('Only a function takes arguments; methods cannot be called', value)
      }
      return value
    }
    this.#at += 1
    const args: GoExpression[] = []
    for (;;) {
      this.#space()
      const next = this.#tokens[this.#at]
      if (next === undefined || next.text === '|' || next.text === ')') break
      args.push(this.#operand(depth))
    }
    if (piped !== undefined) args.push(piped)
    return {
      kind: 'call',
      name: first.text,
      args,
      start: first.start,
      end: this.#tokens[this.#at - 1]?.end ?? first.end,
    }
  }

  #operand(depth: number): GoExpression {
    const first = this.#tokens[this.#at]
    if (first === undefined) throw new GoSyntaxError('A value is missing', this.#span)
    this.#at += 1
    const { start, end, text } = first
    switch (first.kind) {
      case 'field':
        this.#at -= 1
        return this.#fields(undefined, start)
      case 'variable':
        return this.#fields({ kind: 'variable', name: text.slice(1), start, end }, start)
      case 'number':
        return { kind: 'number', value: Number(text.replaceAll('_', '')), start, end }
      case 'text':
        return text.startsWith("'")
          ? { kind: 'number', value: unquoted(text, first).codePointAt(0) ?? 0, start, end }
          : { kind: 'text', value: unquoted(text, first), start, end }
      case 'name':
        if (text === 'true' || text === 'false' || text === 'nil') return { kind: 'word', value: text, start, end }
        return { kind: 'call', name: text, args: [], start, end }
      default:
        if (text === '.') return { kind: 'field', from: undefined, fields: [], start, end }
        if (text !== '(') throw new GoSyntaxError(`"${text}" cannot stand here`, first)
        return this.#fields(this.#parenthesis(depth, first), start)
    }
  }

  #parenthesis(depth: number, open: Token): GoExpression {
    const value = this.#pipe(depth + 1)
    this.#space()
    if (this.#tokens[this.#at]?.text !== ')') throw new GoSyntaxError('This parenthesis is not closed', open)
    this.#at += 1
    return value
  }

  #fields(from: GoExpression | undefined, start: number): GoExpression {
    const fields: string[] = []
    let end = from?.end ?? start
    for (let next = this.#tokens[this.#at]; next?.kind === 'field'; next = this.#tokens[this.#at]) {
      fields.push(next.text.slice(1))
      end = next.end
      this.#at += 1
    }
    return from !== undefined && fields.length === 0 ? from : { kind: 'field', from, fields, start, end }
  }

  #space(): void {
    while (this.#tokens[this.#at]?.kind === 'space') this.#at += 1
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

function unquoted(text: string, span: GoSpan): string {
  const inner = text.slice(1, -1)
  if (text.startsWith('`')) return inner.replaceAll('\r', '')
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (_, x, u, U, plain: string) => {
      const code: string | undefined = x ?? u ?? U
      if (code !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff))
      const found = escapes[plain]
      if (found === undefined) throw new GoSyntaxError(`"\\${plain}" is no escape of Go`, span)
      return found
    },
  )
}
