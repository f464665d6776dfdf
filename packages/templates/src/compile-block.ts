import type { Compilation } from './compilation.ts'
import { compileExpression, customCall, helperName } from './compile-expression.ts'
import type { Frame, Write } from './frame.ts'
import { isList, isRecord, type Json, kindOf, own, truthy } from './json.ts'
import { type RootedPath, rootScope, type StaticScope } from './static-scope.ts'
import type { Block, Call, Expression, Program, RawBlock } from './syntax.ts'
import { textOf } from './text-of.ts'

/** What surrounds a block. */
type Around = { readonly scope: StaticScope; readonly compile: CompileProgram }

/** Compiles a block's inner programs; partials inside need what is known of the template around. */
export type CompileProgram = (program: Program | undefined, scope: StaticScope) => Write

export function compileBlock(compilation: Compilation, block: Block, { scope, compile }: Around): Write {
  const name = helperName(block.call, scope)
  switch (name) {
    case 'if':
    case 'unless':
      return compileCondition(compilation, block, { scope, compile, negated: name === 'unless' })
    case 'each':
      return compileEach(compilation, block, { scope, compile })
    case 'with':
      return compileWith(compilation, block, { scope, compile })
  }
  if (name !== undefined && compilation.custom(name)) return compileCustomBlock(compilation, block, { scope, compile })
  if (block.call.args.length > 0 || block.call.hash.length > 0) {
    const shown = name ?? compilation.scanner.slice(block.call.callee)
    if (compilation.builtIn(shown))
      compilation.scanner.fail(`"${shown}" is no block: write {{#if (${shown} …)}}`, block.call)
    compilation.unknownHelper(shown, block.call.callee)
  }
  return compileSection(compilation, block, { scope, compile })
}

/** The scope of what stands inside a block that does not change `this`. */
function sameScope(scope: StaticScope): StaticScope {
  return scope === rootScope ? { ...rootScope } : scope
}

function compileCondition(compilation: Compilation, block: Block, at: Around & { negated: boolean }): Write {
  const subject = onlyArgument(compilation, block.call, {
    name: at.negated ? 'unless' : 'if',
    options: ['includeZero'],
  })
  const test = compileExpression(compilation, subject, { scope: at.scope, optional: true }).read
  const zero = block.call.hash[0] && compileExpression(compilation, block.call.hash[0].value, { scope: at.scope }).read
  const inside = sameScope(at.scope)
  const yes = at.compile(at.negated ? block.inverse : block.program, inside)
  const no = at.compile(at.negated ? block.program : block.inverse, inside)
  if (zero === undefined) return (frame) => (truthy(test(frame)) ? yes(frame) : no(frame))
  return (frame) => {
    const value = test(frame)
    return truthy(value) || (value === 0 && truthy(zero(frame))) ? yes(frame) : no(frame)
  }
}

function compileWith(compilation: Compilation, block: Block, { scope, compile }: Around): Write {
  const subject = compileExpression(compilation, onlyArgument(compilation, block.call, { name: 'with' }), { scope })
  const inside = contextScope(block, scope, subject.path)
  const write = compile(block.program, inside)
  const otherwise = compile(block.inverse, sameScope(scope))
  return (frame) => {
    const value = subject.read(frame)
    return truthy(value) || value === 0 ? write(frame.inner(value)) : otherwise(frame)
  }
}

function compileEach(compilation: Compilation, block: Block, { scope, compile }: Around): Write {
  const argument = onlyArgument(compilation, block.call, { name: 'each' })
  const subject = compileExpression(compilation, argument, { scope }).read
  const write = compile(block.program, loopScope(block, scope))
  const otherwise = compile(block.inverse, sameScope(scope))
  const shown = compilation.scanner.slice(argument)
  return (frame) => {
    const value = subject(frame)
    if (isList(value)) return value.length === 0 ? otherwise(frame) : writeList(frame, value, write)
    if (isRecord(value)) {
      const keys = Object.keys(value)
      return keys.length === 0 ? otherwise(frame) : writeRecord(frame, { value, keys, write })
    }
    if (!compilation.strict || value === null || value === undefined || value === false) return otherwise(frame)
    const message = `Cannot loop over "${shown}": each needs a list or an object, this is ${kindOf(value)}`
    throw compilation.scanner.error('evaluation_failed', message, argument)
  }
}

function writeList(frame: Frame, items: readonly Json[], write: Write): string {
  const loop = frame.asLoop()
  const { allowance } = frame.rendering
  const last = items.length - 1
  let out = ''
  for (let index = 0; index <= last; index++) {
    allowance.spend(1)
    loop.value = own(items, index)
    loop.index = index
    loop.key = index
    loop.last = index === last
    out += write(loop)
  }
  return out
}

type Members = {
  readonly value: { readonly [key: string]: Json }
  readonly keys: readonly string[]
  readonly write: Write
}

function writeRecord(frame: Frame, { value, keys, write }: Members): string {
  const loop = frame.asLoop()
  let out = ''
  for (const [index, key] of keys.entries()) {
    frame.rendering.allowance.spend(1)
    loop.value = own(value, key)
    loop.index = index
    loop.key = key
    loop.last = index === keys.length - 1
    out += write(loop)
  }
  return out
}

/** `{{#path}}`: a loop over a list, the block as it is for true, with the value as `this` for any other, else for nothing. */
function compileSection(compilation: Compilation, block: Block, { scope, compile }: Around): Write {
  const subject = compileExpression(compilation, block.call.callee, { scope, optional: true })
  const write = compile(block.program, loopScope(block, scope))
  const otherwise = compile(block.inverse, sameScope(scope))
  return (frame) => {
    const value = subject.read(frame)
    if (value === undefined || value === null || value === false) return otherwise(frame)
    if (isList(value)) return value.length === 0 ? otherwise(frame) : writeList(frame, value, write)
    return write(value === true ? frame.inner(frame.value, frame.up) : frame.inner(value))
  }
}

function compileCustomBlock(compilation: Compilation, block: Block, { scope, compile }: Around): Write {
  const call = customCall(compilation, block.call, scope)
  const inside: StaticScope = {
    path: undefined,
    up: scope,
    outer: scope,
    params: block.params.map((param) => ({ name: param, path: undefined })),
    place: 'with',
  }
  const write = compile(block.program, inside)
  const otherwise = compile(block.inverse, sameScope(scope))
  return (frame) => {
    const result = call(frame, {
      block: (context, params = []) => {
        const inner = frame.inner(context, context === frame.value ? frame.up : frame)
        inner.params = params
        return write(inner)
      },
      otherwise: () => otherwise(frame),
    })
    return textOf(result, frame.rendering.allowance)
  }
}

/** `{{{{raw}}}}…{{{{/raw}}}}` writes its text; a helper of the caller gets it as its block. */
export function compileRawBlock(compilation: Compilation, raw: RawBlock, scope: StaticScope): Write {
  const text = raw.program.body.map((statement) => (statement.kind === 'content' ? statement.value : '')).join('')
  const name = helperName(raw.call, scope) ?? compilation.scanner.slice(raw.call.callee)
  if (name === 'raw' && compilation.custom(name) === undefined) return () => text
  const call = customCall(compilation, raw.call, scope)
  return (frame) => textOf(call(frame, { block: () => text, otherwise: () => '' }), frame.rendering.allowance)
}

function onlyArgument(
  compilation: Compilation,
  call: Call,
  block: { name: string; options?: readonly string[] },
): Expression {
  const { name, options = [] } = block
  const [argument] = call.args
  if (argument === undefined || call.args.length > 1) {
    return compilation.scanner.fail(`{{#${name}}} takes one argument: write {{#${name} path}}`, call)
  }
  const other = call.hash.find(({ name: key }) => !options.includes(key))
  if (other !== undefined) compilation.scanner.fail(`{{#${name}}} has no option "${other.name}"`, other)
  return argument
}

function contextScope(block: Block, scope: StaticScope, path: RootedPath | undefined): StaticScope {
  return {
    path,
    up: scope,
    outer: scope,
    params: block.params.map((name, slot) => ({ name, path: slot === 0 ? path : undefined })),
    place: 'with',
  }
}

function loopScope(block: Block, scope: StaticScope): StaticScope {
  return {
    path: undefined,
    up: scope,
    outer: scope,
    params: block.params.map((name) => ({ name, path: undefined })),
    place: 'each',
  }
}
