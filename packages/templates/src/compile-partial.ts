import { nearest, SourceError } from '@wonder/errors'
import type { Compilation } from './compilation.ts'
import { compileExpression, readHash } from './compile-expression.ts'
import { dynamicPartial, type WritePartial } from './dynamic-partial.ts'
import type { Frame, Read, Write } from './frame.ts'
import { isRecord, type Json, type Value } from './json.ts'
import { parse } from './parse.ts'
import { Scanner } from './scanner.ts'
import { ShellContext } from './shell-context.ts'
import type { StaticScope } from './static-scope.ts'
import type { Block, Expression, Partial, Program } from './syntax.ts'

/** A partial written in the template itself, and the text it stands in. */
type Inlines = {
  readonly named: ReadonlyMap<string, { readonly program: Program; readonly compilation: Compilation }>
  readonly outer: Inlines | undefined
}

/** Partials that are being compiled, so that one may insert itself, and how many more may be. */
type PartialTable = {
  readonly open: Map<string, { write: Write | undefined }>
  /** Those that a computed name may mean, by name and context. */
  readonly dynamic: Map<string, WritePartial>
  left: number
}

/** What surrounds a program while it is compiled. */
export type Surroundings = {
  readonly compilation: Compilation
  readonly partials: PartialTable
  readonly inlines: Inlines | undefined
}

/** A text may be inserted this often while a template is compiled. */
const mostInsertions = 1000

export function partialTable(): PartialTable {
  return { open: new Map(), dynamic: new Map(), left: mostInsertions }
}

/** The partials that `{{#*inline "name"}}` makes in a program; they are there from its beginning. */
export function inlinesOf(program: Program, compilation: Compilation, outer: Inlines | undefined): Inlines | undefined {
  const named = new Map<string, { program: Program; compilation: Compilation }>()
  for (const statement of program.body) {
    if (statement.kind !== 'inline') continue
    const { callee, args, start, end } = statement.call
    const [name] = args
    const isInline =
      callee.kind === 'path' && callee.original === 'inline' && name?.kind === 'literal' && args.length === 1
    if (!isInline) compilation.scanner.fail('Write {{#*inline "name"}}', { start, end })
    if (name?.kind === 'literal' && statement.program)
      named.set(name.original, { program: statement.program, compilation })
  }
  return named.size === 0 ? outer : { named, outer }
}

/** Where a partial's tag stands. */
type PartialPlace = {
  readonly around: Surroundings
  readonly scope: StaticScope
  readonly compile: (around: Surroundings, program: Program | undefined, scope: StaticScope) => Write
}

/** `{{> name context key=value}}` and `{{#> name}}…{{/name}}`. */
export function compilePartial(place: PartialPlace, tag: Partial | Block): Write {
  const { around, scope, compile } = place
  const { compilation } = around
  const { call } = tag
  if (call.args.length > 1)
    compilation.scanner.fail('A partial takes one context: write {{> name context key=value}}', call)
  const [argument] = call.args
  const context = argument && compileExpression(compilation, argument, { scope })
  const hash = readHash(compilation, call, scope)
  const path = context ? context.path : scope.path
  const hidden = new Set(call.hash.map(({ name }) => name))
  const inside: StaticScope = { path, up: undefined, outer: undefined, params: [], place: 'partial', hidden }
  const body = tag.kind === 'partial' ? undefined : compile(around, tag.program, bodyScope(scope))
  const bodyInlines =
    tag.kind === 'partial' || !tag.program ? around.inlines : inlinesOf(tag.program, compilation, around.inlines)
  const here = { ...place, around: { ...around, inlines: bodyInlines } }
  const write =
    call.callee.kind === 'call'
      ? dynamicPartial({
          compilation,
          read: compileExpression(compilation, call.callee, { scope }).read,
          span: call.callee,
          inside,
          inlineNames: inlineNames(bodyInlines),
          shared: around.partials.dynamic,
          compile: (name, within) => compileNamed(here, { tag, inside: within, body: undefined, name }),
        })
      : compileNamed(here, { tag, inside, body, name: nameOf(call.callee) })
  const contextOf = contextReader(context?.read, hash)
  const indent = tag.kind === 'partial' ? tag.indent : ''
  return (frame) => {
    const text = write(frame, contextOf(frame), body)
    return indent === '' ? text : indented(text, indent)
  }
}

/** A partial's body is written where the partial says; `this` is then the partial's, the rest is the caller's. */
function bodyScope(scope: StaticScope): StaticScope {
  return { path: undefined, up: scope, outer: scope, params: [], place: 'partial' }
}

function nameOf(callee: Expression): string {
  return callee.kind === 'call' ? '' : callee.original
}

type NamedPartial = {
  readonly tag: Partial | Block
  readonly inside: StaticScope
  readonly body: Write | undefined
  readonly name: string
}

function compileNamed(place: PartialPlace, parts: NamedPartial): WritePartial {
  const { compilation, inlines, partials } = place.around
  const { tag, name } = parts
  const { callee } = tag.call
  if (name === '@partial-block') return (frame, value) => writePartialBlock(compilation, tag, frame, value)
  const insert = (write: () => Write): WritePartial => {
    return (frame, value, body) => {
      frame.rendering.allowance.spend(1)
      return named(name, () => write()(frame.partial(value, body && { write: body, frame })))
    }
  }
  if (partials.left-- <= 0) {
    throw compilation.scanner.error('limit_exceeded', `More than ${mostInsertions} partials are inserted`, tag)
  }
  const inline = findInline(inlines, name)
  const text = inline === undefined ? registered(compilation, name) : undefined
  if (inline === undefined && text === undefined) {
    const { body } = parts
    if (body !== undefined) return (frame, value) => body(frame.inner(value, value === frame.value ? frame.up : frame))
    const near = nearest(name, Object.keys(compilation.options.partials ?? {}))
    return compilation.scanner.fail(
      `There is no partial "${name}"${near === undefined ? '' : `. Did you mean "${near}"?`}`,
      callee,
    )
  }
  const key = `${inline === undefined ? 'text' : 'inline'} ${name}`
  const open = partials.open.get(key)
  if (open !== undefined) return insert(() => open.write ?? (() => ''))
  const entry: { write: Write | undefined } = { write: undefined }
  partials.open.set(key, entry)
  const write = named(name, () => {
    if (inline !== undefined) {
      return place.compile({ ...place.around, compilation: inline.compilation }, inline.program, parts.inside)
    }
    const scanner = new Scanner(text ?? '')
    const program = parse(scanner, compilation.limits.depth)
    if (compilation.escape === 'shell') new ShellContext(scanner).walk(program)
    return place.compile({ ...place.around, compilation: compilation.inPartial(scanner, tag) }, program, parts.inside)
  })
  entry.write = write
  partials.open.delete(key)
  return insert(() => write)
}

function writePartialBlock(compilation: Compilation, tag: Partial | Block, frame: Frame, value: Value): string {
  const block = frame.partialBlock
  if (block === undefined) {
    throw compilation.scanner.error(
      'evaluation_failed',
      '"@partial-block" was given no block: use {{#> partial}}…{{/partial}}',
      tag,
    )
  }
  frame.rendering.allowance.spend(1)
  return block.write(block.frame.inner(value, value === block.frame.value ? block.frame.up : block.frame))
}

/** The names of the inline partials that can be seen. */
function inlineNames(inlines: Inlines | undefined): string[] {
  const names = new Set<string>()
  for (let at = inlines; at !== undefined; at = at.outer) for (const name of at.named.keys()) names.add(name)
  return [...names]
}

function findInline(inlines: Inlines | undefined, name: string) {
  for (let at = inlines; at !== undefined; at = at.outer) {
    const found = at.named.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

function registered(compilation: Compilation, name: string): string | undefined {
  const { partials } = compilation.options
  return partials && Object.hasOwn(partials, name) ? partials[name] : undefined
}

function contextReader(context: Read | undefined, hash: ((frame: Frame) => Record<string, Value>) | undefined): Read {
  const base: Read = context ?? ((frame) => frame.value)
  if (hash === undefined) return base
  return (frame) => {
    const value = base(frame)
    const given = Object.entries(hash(frame)).map(([key, member]): [string, Json] => [key, member ?? null])
    return { ...(isRecord(value) ? value : {}), ...Object.fromEntries(given) }
  }
}

/** Errors inside a partial have their place in its text, so they say whose text it is. */
function named<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof SourceError) || Object.hasOwn(thrown.details, 'partial')) throw thrown
    const details = { ...thrown.details, partial: name }
    throw new SourceError(thrown.code, `In the partial "${name}": ${thrown.message}`, thrown.position, {
      details,
      cause: thrown,
    })
  }
}

function indented(text: string, indent: string): string {
  const lines = text.split('\n')
  return lines.map((line, index) => (line === '' && index === lines.length - 1 ? line : indent + line)).join('\n')
}
