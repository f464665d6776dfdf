import type { Compilation } from './compilation.ts'
import { type CompileProgram, compileBlock, compileRawBlock } from './compile-block.ts'
import { compileCall, compileComputed, guard } from './compile-expression.ts'
import { compilePartial, inlinesOf, type Surroundings } from './compile-partial.ts'
import { missing } from './compile-path.ts'
import { type Escape, type Escaper, escapeFor } from './escape.ts'
import type { Read, Write } from './frame.ts'
import { own } from './json.ts'
import { ShellContext } from './shell-context.ts'
import { rootScope, type StaticScope } from './static-scope.ts'
import type { Mustache, Path, Program, Span, Statement } from './syntax.ts'
import { escapedText } from './text-of.ts'

/** A secret's place in a text: its name, how it is escaped, and what writes it where secrets may be read. */
export type SecretPiece = { readonly secret: string; readonly escape: Escape; readonly write: Write }

/** What a program writes, one after the other. */
export type Piece = string | Write | SecretPiece

/** Compiles a program to its pieces. Secrets are pieces of the outermost program only. */
export function compilePieces(around: Surroundings, program: Program, scope: StaticScope): Piece[] {
  const { compilation, partials } = around
  const inlines = inlinesOf(program, compilation, around.inlines)
  const inner: Surroundings = { compilation, partials, inlines }
  const compile: CompileProgram = (body, inside) => compileProgram(inner, body, inside)
  const pieces: Piece[] = []
  for (const statement of program.body) {
    const piece = compileStatement({ inner, compile, scope }, statement)
    if (piece !== undefined && piece !== '') pieces.push(piece)
  }
  return pieces
}

/** Compiles a program to one function. A missing program writes nothing. */
function compileProgram(around: Surroundings, program: Program | undefined, scope: StaticScope): Write {
  return program === undefined ? () => '' : join(compilePieces(around, program, scope))
}

type Place = { readonly inner: Surroundings; readonly compile: CompileProgram; readonly scope: StaticScope }

function compileStatement({ inner, compile, scope }: Place, statement: Statement): Piece | undefined {
  const { compilation } = inner
  switch (statement.kind) {
    case 'content':
      return statement.value
    case 'comment':
    case 'inline':
      return undefined
    case 'mustache':
      return compileMustache(compilation, statement, scope)
    case 'computed':
      return writeValue(compilation, {
        read: compileComputed(compilation, statement, scope),
        sink: compilation.escape,
        span: statement,
      })
    case 'block':
      return compileBlock(compilation, statement, { scope, compile })
    case 'raw-block':
      return compileRawBlock(compilation, statement, scope)
    case 'partial':
    case 'partial-block':
      return compilePartial({ around: inner, scope, compile: compileProgram }, statement)
  }
}

function compileMustache(compilation: Compilation, mustache: Mustache, scope: StaticScope): Piece {
  if (mustache.raw && compilation.escape === 'shell') {
    const message = 'A value cannot enter a shell command unquoted: write {{ }} with two braces'
    throw compilation.scanner.error('raw_in_shell', message, mustache)
  }
  const sink = mustache.raw ? 'none' : compilation.escape
  const path = secretPath(mustache, scope)
  if (path !== undefined) {
    const [, name] = path.segments
    if (path.segments.length !== 2 || typeof sink === 'function') compilation.refuseSecret(path.segments, path, scope)
    const position = compilation.scanner.position(path)
    const read: Read = ({ rendering: { root } }) => {
      const value = own(own(root, 'secrets'), String(name))
      if (value === undefined) throw missing({ from: root, rest: path.segments, original: path.original, position })
      return value
    }
    const named = typeof sink === 'function' ? 'none' : sink
    return { secret: String(name), escape: named, write: writeValue(compilation, { read, sink, span: mustache }) }
  }
  const { read } = compileCall(compilation, mustache.call, { scope })
  return writeValue(compilation, { read, sink, span: mustache })
}

/** The path of `{{ secrets.NAME }}` outside of every block. */
function secretPath({ call }: Mustache, scope: StaticScope): Path | undefined {
  const { callee, args, hash } = call
  if (scope !== rootScope || args.length > 0 || hash.length > 0 || callee.kind !== 'path') return undefined
  const rooted = !callee.data && callee.up === 0 && callee.segments[0] === 'secrets'
  return rooted ? callee : undefined
}

function writeValue(compilation: Compilation, value: { read: Read; sink: Escape | Escaper; span: Span }): Write {
  const { read, sink } = value
  const guarded = guard(compilation, compilation.scanner.slice(value.span), value.span)
  if (sink === 'none' || sink === 'html') {
    return (frame) => {
      const { allowance } = frame.rendering
      const found = read(frame)
      const text = typeof found === 'string' ? escapeFor(sink, found) : escapedText(found, sink, allowance)
      allowance.write(text.length)
      return text
    }
  }
  return (frame) => {
    const { allowance } = frame.rendering
    const found = read(frame)
    const text = guarded(() => escapedText(found, sink, allowance))
    allowance.write(text.length)
    return text
  }
}

/** One function of many pieces: text and functions by turns. */
export function join(pieces: readonly Piece[]): Write {
  const writes: Write[] = []
  const texts: string[] = ['']
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      texts[texts.length - 1] += piece
    } else {
      writes.push(typeof piece === 'function' ? piece : piece.write)
      texts.push('')
    }
  }
  const [head = ''] = texts
  const tails = texts.slice(1)
  const operations = 1 + writes.length
  const units = texts.reduce((sum, text) => sum + text.length, 0)
  return (frame) => {
    const { allowance } = frame.rendering
    allowance.spend(operations)
    allowance.write(units)
    let out = head
    for (let index = 0; index < writes.length; index++) {
      out += (writes[index] as Write)(frame) + tails[index]
    }
    return out
  }
}

/** Refuses a value where bash would not take the quotes around it for quotes. */
export function checkShell(compilation: Compilation, program: Program): void {
  new ShellContext(compilation.scanner).walk(program)
}
