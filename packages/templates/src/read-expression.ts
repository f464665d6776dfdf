import type { Scanner } from './scanner.ts'
import type { Call, Expression, HashArgument, Literal, Path, Span } from './syntax.ts'

const name = /[^\s!"#%-,./;->@[-^`{-~]+/y
const number = /-?\d+(?:\.\d+)?(?=[~}\s)]|$)/y
const keyword = /(?:true|false|null|undefined)(?=[~}\s)]|$)/y
const keywords = { true: true, false: false, null: null, undefined: undefined }

/** What stands between a tag's braces, up to `}`, `~}`, `)` or `as |`. `tag` is the place of the whole tag, for messages. */
export function readCall(scanner: Scanner, tag: number, depth: number): Call {
  scanner.skipSpace()
  const start = scanner.at
  if (atEnd(scanner)) scanner.fail('This tag is empty: write a path or a helper between the braces')
  const callee = readExpression(scanner, tag, depth)
  const args: Expression[] = []
  const hash: HashArgument[] = []
  let end = scanner.at
  for (;;) {
    const spaced = scanner.skipSpace()
    if (atEnd(scanner)) break
    if (!spaced) failHere(scanner, tag)
    const key = readHashKey(scanner, tag)
    if (key !== undefined) hash.push({ ...key, value: readExpression(scanner, tag, depth), end: scanner.at })
    else if (hash.length > 0) scanner.fail('An argument stands after name=value: write the plain arguments first')
    else args.push(readExpression(scanner, tag, depth))
    end = scanner.at
  }
  const operator = args.find((arg) => arg.kind === 'path' && /^[-?:]+$/.test(arg.original))
  const as = args.find((arg) => arg.kind === 'path' && arg.original === 'as')
  if (as !== undefined) scanner.fail('Block parameters stand between bars: write "as |item|"', as)
  if (operator !== undefined) teachComputing(scanner, tag, operator)
  return { kind: 'call', callee, args, hash, start, end }
}

function atEnd(scanner: Scanner): boolean {
  return scanner.at >= scanner.text.length || /[})]|~\}|as\s+\|/y.test(scanner.text.slice(scanner.at, scanner.at + 40))
}

function readHashKey(scanner: Scanner, tag: number): (Span & { name: string }) | undefined {
  const start = scanner.at
  const bracketed = scanner.match(/\[(?:\\\]|[^\]])*\](?=\s*=(?!=))/y)
  const key = bracketed === undefined ? scanner.match(name) : bracketed.slice(1, -1).replace(/\\([\\\]])/g, '$1')
  if (key !== undefined) {
    scanner.skipSpace()
    if (scanner.startsWith('==')) teachComputing(scanner, tag)
    if (scanner.take('=')) {
      scanner.skipSpace()
      return { name: key, start, end: scanner.at }
    }
  }
  scanner.at = start
  return undefined
}

function readExpression(scanner: Scanner, tag: number, depth: number): Expression {
  const start = scanner.at
  const { char } = scanner
  if (char === '(') {
    if (depth <= 0)
      throw scanner.error('limit_exceeded', 'The parentheses are nested too deep', { start, end: start + 1 })
    scanner.at += 1
    const inner = readCall(scanner, tag, depth - 1)
    if (!scanner.take(')')) scanner.fail('This parenthesis is not closed: write ")"', { start, end: start + 1 })
    return { ...inner, start, end: scanner.at }
  }
  if (char === '"' || char === "'") return readText(scanner)
  const digits = scanner.match(number)
  if (digits !== undefined) return { kind: 'literal', value: Number(digits), original: digits, start, end: scanner.at }
  const word = scanner.match(keyword)
  if (word !== undefined) {
    return { kind: 'literal', value: keywords[word as keyof typeof keywords], original: word, start, end: scanner.at }
  }
  return readPath(scanner, tag)
}

function readText(scanner: Scanner): Literal {
  const start = scanner.at
  const quote = scanner.char
  const original = scanner.match(quote === '"' ? /"(?:\\"|[^"])*"/y : /'(?:\\'|[^'])*'/y)
  if (original === undefined) return scanner.fail(`This text is not closed: write ${quote} at its end`)
  const value = original.slice(1, -1).replaceAll(`\\${quote}`, quote)
  return { kind: 'literal', value, original: value, start, end: scanner.at }
}

function readPath(scanner: Scanner, tag: number): Path {
  const start = scanner.at
  const data = scanner.take('@')
  const segments: (string | number)[] = []
  let up = 0
  let scoped = false
  for (;;) {
    const from = scanner.at
    const special = scanner.match(/\.\.(?=[/}~\s)]|$)|\.(?=[/}~\s)]|$)|this(?=[/.[}~\s)]|$)/y)
    if (special !== undefined) {
      if (segments.length > 0) {
        scanner.fail(`"${special}" may stand only at the beginning of a path`, { start: from, end: scanner.at })
      }
      if (special === '..') up += 1
      scoped = true
    } else {
      segments.push(readSegment(scanner, tag, { data, start }))
    }
    while (scanner.char === '[') segments.push(readSegment(scanner, tag, { data, start }))
    if (!scanner.take('.') && !scanner.take('/')) break
  }
  if (!/[\s}~)=|]|$/y.test(scanner.char)) failHere(scanner, tag)
  const end = scanner.at
  return { kind: 'path', original: scanner.text.slice(start, end), data, up, scoped, segments, start, end }
}

function readSegment(scanner: Scanner, tag: number, path: { data: boolean; start: number }): string | number {
  const start = scanner.at
  if (scanner.char === '[') {
    const bracketed = scanner.match(/\[(?:\\\]|[^\]])*\]/y)
    if (bracketed === undefined) return scanner.fail('This bracket is not closed: write "]"')
    const inner = bracketed.slice(1, -1)
    const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(inner)
    return quoted ? (quoted[1] ?? quoted[2] ?? '') : segment(inner.replace(/\\([\\\]])/g, '$1'))
  }
  const plain = scanner.match(name)
  if (plain === undefined) {
    if (start > path.start && /[\s}~)]/.test(scanner.char)) scanner.fail('A name must follow the "." of this path')
    return failHere(scanner, tag)
  }
  if (plain.startsWith('?') && plain.length > 1) {
    const before = scanner.text.slice(path.start, start)
    scanner.fail(`Optional access is CEL: write {{ default ${before}${plain.slice(1)} "…" }}`, {
      start,
      end: scanner.at,
    })
  }
  return segment(plain)
}

function segment(text: string): string | number {
  return /^(?:0|[1-9]\d{0,8})$/.test(text) ? Number(text) : text
}

function failHere(scanner: Scanner, tag: number): never {
  if (scanner.at >= scanner.text.length)
    scanner.fail('This tag is not closed: write "}}"', { start: tag, end: tag + 2 })
  if (/[-+*/%<>=!&|?:(,[]/.test(scanner.char)) teachComputing(scanner, tag)
  return scanner.fail(`"${scanner.char}" cannot stand here`)
}

function teachComputing(scanner: Scanner, tag: number, span?: Span): never {
  if (scanner.char === '|' && scanner.text.charAt(scanner.at + 1) !== '|') {
    scanner.fail('There are no pipes: a helper stands before its value, as in {{ upper input.name }}', span)
  }
  if (/^\{\{~?(?:[#^]|\s*else\b)/.test(scanner.text.slice(tag, tag + 40))) {
    scanner.fail('A block takes a path or a helper in parentheses: write {{#if (eq a "b")}} or the like', span)
  }
  const close = scanner.text.indexOf('}}', scanner.at)
  const inner = scanner.text.slice(tag, close === -1 ? undefined : close).replace(/^\{+[~&#^]*|~$/g, '')
  const shown = inner.trim().slice(0, 60)
  return scanner.fail(`{{ }} inserts, it does not compute: write {{= ${shown} }}`, span)
}
