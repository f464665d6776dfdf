/** A pipeline of a Go template. `.a.b` is a path; a pipe hands its value on as the last argument. */
export type GoExpression =
  | { readonly is: 'path'; readonly text: string }
  | { readonly is: 'literal'; readonly text: string }
  | { readonly is: 'call'; readonly name: string; readonly args: readonly GoExpression[] }

const TOKEN = /\s*(\(|\)|\||"(?:[^"\\]|\\.)*"|`[^`]*`|-?\d+(?:\.\d+)?|\$?\.[\w.[\]-]*|\$?[A-Za-z_][\w.]*)/y

/** Reads the text of an action; undefined when it is more than one pipeline. */
export function readGoExpression(text: string): GoExpression | undefined {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const trimmed = text.trim()
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed)
    if (match === null) return undefined
    tokens.push(match[1] ?? '')
  }
  const reader = new Reader(tokens)
  const read = reader.pipeline()
  return reader.done ? read : undefined
}

class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at === this.#tokens.length
  }

  pipeline(): GoExpression | undefined {
    let value = this.#command(undefined)
    while (value !== undefined && this.#tokens[this.#at] === '|') {
      this.#at += 1
      value = this.#command(value)
    }
    return value
  }

  #command(piped: GoExpression | undefined): GoExpression | undefined {
    const token = this.#tokens[this.#at]
    const isName = token !== undefined && /^[A-Za-z_]/.test(token) && !['true', 'false', 'nil'].includes(token)
    if (!isName) return piped === undefined ? this.#operand() : undefined
    this.#at += 1
    const args: GoExpression[] = []
    for (
      let next = this.#tokens[this.#at];
      next !== undefined && next !== ')' && next !== '|';
      next = this.#tokens[this.#at]
    ) {
      const arg = this.#operand()
      if (arg === undefined) return undefined
      args.push(arg)
    }
    return { is: 'call', name: token, args: piped === undefined ? args : [...args, piped] }
  }

  #operand(): GoExpression | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || token === ')' || token === '|') return undefined
    this.#at += 1
    if (token === '(') {
      const inner = this.pipeline()
      if (this.#tokens[this.#at] !== ')') return undefined
      this.#at += 1
      return inner
    }
    if (/^\$?\./.test(token)) return { is: 'path', text: token }
    if (/^[A-Za-z_]/.test(token) && !['true', 'false', 'nil'].includes(token))
      return { is: 'call', name: token, args: [] }
    return { is: 'literal', text: token }
  }
}

const OPERATORS: { readonly [name: string]: string } = {
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  and: '&&',
  or: '||',
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
}

/** The same in CEL; `path` says what a path is called. Undefined: CEL has no such word. */
export function celOf(expression: GoExpression, path: (text: string) => string | undefined): string | undefined {
  if (expression.is === 'path') return path(expression.text)
  if (expression.is === 'literal') return expression.text === 'nil' ? 'null' : expression.text.replaceAll('`', '"')
  const args = expression.args.map((arg) => celOf(arg, path))
  if (!args.every((arg) => arg !== undefined)) return undefined
  const simple = expression.args.map((arg, index) =>
    arg.is === 'call' && Object.hasOwn(OPERATORS, arg.name) ? `(${args[index]})` : (args[index] ?? ''),
  )
  const operator = Object.hasOwn(OPERATORS, expression.name) ? OPERATORS[expression.name] : undefined
  const [first = '', second] = simple
  if (operator !== undefined && second !== undefined) return simple.join(` ${operator} `)
  switch (expression.name) {
    case 'not':
      return `!${/^[\w.]+$/.test(first) ? first : `(${first.replace(/^\((.*)\)$/, '$1')})`}`
    case 'len':
      return `size(${first})`
    case 'contains':
      return second === undefined ? undefined : `${second}.contains(${first})`
    case 'hasPrefix':
      return second === undefined ? undefined : `${second}.startsWith(${first})`
    case 'hasSuffix':
      return second === undefined ? undefined : `${second}.endsWith(${first})`
    default:
      return undefined
  }
}
