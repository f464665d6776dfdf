import { WonderError } from '@wonder/errors'
import type { Compilation } from './compilation.ts'
import { type CompiledPath, compilePath, missing, type Place } from './compile-path.ts'
import type { Frame, Read } from './frame.ts'
import { type Json, own, type Scope, type Value } from './json.ts'
import type { HelperCall } from './options.ts'
import { findParam, type StaticScope } from './static-scope.ts'
import type { Call, Computed, Expression, Span } from './syntax.ts'

/** A reader of an expression's value. `optional`: what is missing is `undefined` rather than an error. */
export function compileExpression(compilation: Compilation, expression: Expression, at: Place): CompiledPath {
  switch (expression.kind) {
    case 'literal':
      return { read: () => expression.value, path: undefined }
    case 'path':
      return compilePath(compilation, expression, at)
    case 'call':
      return compileCall(compilation, expression, at)
  }
}

/** The name that a call calls, when it is one word that no block parameter has. */
export function helperName(call: Call, scope: StaticScope): string | undefined {
  const { callee } = call
  if (callee.kind !== 'path' || callee.data || callee.scoped || callee.segments.length !== 1) return undefined
  const name = String(callee.segments[0])
  return findParam(scope, name) === undefined ? name : undefined
}

/** A tag's or a parenthesis's content. A word alone is a path, unless the caller registered a helper of that name. */
export function compileCall(compilation: Compilation, call: Call, at: Place): CompiledPath {
  const { scope } = at
  const name = helperName(call, scope)
  const custom = name === undefined ? undefined : compilation.custom(name)
  if (call.args.length === 0 && call.hash.length === 0 && custom === undefined) {
    return compileExpression(compilation, call.callee, at)
  }
  if (name === undefined) {
    const shown = compilation.scanner.slice(call.callee)
    return compilation.scanner.fail(
      `"${shown}" is not a helper, so nothing may follow it: write {{ ${shown} }} alone`,
      call,
    )
  }
  if (name === 'lookup') return compileLookup(compilation, call, at)
  const read = custom === undefined ? readBuiltIn(compilation, call, scope) : readCustom(compilation, call, scope)
  return { read, path: undefined }
}

function compileLookup(compilation: Compilation, call: Call, at: Place): CompiledPath {
  const [object, key] = call.args
  if (object === undefined || key === undefined || call.args.length > 2) {
    return compilation.scanner.fail('The helper lookup takes two arguments: lookup object key', call)
  }
  const base = compileExpression(compilation, object, at)
  const named = compileExpression(compilation, key, { scope: at.scope })
  const literal =
    key.kind === 'literal' && (typeof key.value === 'string' || typeof key.value === 'number') ? key.value : undefined
  const path = literal === undefined || base.path === undefined ? undefined : [...base.path, literal]
  compilation.refuseSecret(path, call, at.scope)
  const position = compilation.scanner.position(call)
  const original = compilation.scanner.slice(call)
  const read: Read = (frame) => {
    frame.rendering.allowance.spend(1)
    const from = base.read(frame)
    if (!compilation.strict && !from) return from
    const segment = named.read(frame)
    const found = typeof segment === 'string' || typeof segment === 'number' ? own(from, segment) : undefined
    if (found !== undefined || at.optional === true || !compilation.strict) return found
    const rest = [typeof segment === 'string' || typeof segment === 'number' ? segment : String(segment)]
    throw missing({ from, rest, original, position })
  }
  return { read, path }
}

function readBuiltIn(compilation: Compilation, call: Call, scope: StaticScope): Read {
  const name = helperName(call, scope) ?? ''
  const builtIn = compilation.builtIn(name)
  if (builtIn === undefined) return compilation.unknownHelper(name, call.callee)
  const [least, most] = builtIn.takes
  if (call.args.length < least || call.args.length > most) {
    compilation.scanner.fail(`The helper ${name} was given ${call.args.length} arguments: write ${builtIn.usage}`, call)
  }
  for (const { name: key, start, end } of call.hash) {
    if (builtIn.options?.includes(key) !== true) {
      compilation.scanner.fail(`The helper ${name} has no option "${key}": write ${builtIn.usage}`, { start, end })
    }
  }
  const optional = builtIn.tolerant === true
  const args = call.args.map((arg) => compileExpression(compilation, arg, { scope, optional }).read)
  const hash = readHash(compilation, call, scope)
  const guarded = guard(compilation, name, call)
  const { compute } = builtIn
  const [a, b] = args
  if (a !== undefined && b !== undefined && args.length === 2 && hash === undefined) {
    return (frame) => {
      const { allowance } = frame.rendering
      allowance.spend(1)
      const values = [a(frame), b(frame)]
      return guarded(() => compute(values, { hash: {}, allowance }))
    }
  }
  return (frame) => {
    const { allowance } = frame.rendering
    allowance.spend(1)
    const values = args.map((read) => read(frame))
    const options = hash?.(frame) ?? {}
    return guarded(() => compute(values, { hash: options, allowance }))
  }
}

function readCustom(compilation: Compilation, call: Call, scope: StaticScope): Read {
  const invoke = customCall(compilation, call, scope)
  return (frame) => invoke(frame, {})
}

/** Calls a helper of the caller's registry; `block` is what a block hands it. */
export function customCall(
  compilation: Compilation,
  call: Call,
  scope: StaticScope,
): (frame: Frame, block: Pick<HelperCall, 'block' | 'otherwise'>) => Value {
  const name = helperName(call, scope) ?? compilation.scanner.slice(call.callee)
  const helper = compilation.custom(name)
  if (helper === undefined) return compilation.unknownHelper(name, call.callee)
  const args = call.args.map((arg) => compileExpression(compilation, arg, { scope }).read)
  const hash = readHash(compilation, call, scope)
  const guarded = guard(compilation, name, call)
  return (frame, block) => {
    frame.rendering.allowance.spend(1)
    const values = args.map((read): Json => read(frame) ?? null)
    const handed: HelperCall = { hash: hash?.(frame) ?? {}, context: frame.value ?? null, ...block }
    return guarded(() => helper(values, handed))
  }
}

export function readHash(
  compilation: Compilation,
  call: Call,
  scope: StaticScope,
): ((frame: Frame) => Record<string, Value>) | undefined {
  if (call.hash.length === 0) return undefined
  const members = call.hash.map(({ name, value }) => ({
    name,
    read: compileExpression(compilation, value, { scope }).read,
  }))
  return (frame) => Object.fromEntries(members.map(({ name, read }) => [name, read(frame)]))
}

/** Whatever a computation throws gets the place of its tag. */
export function guard(compilation: Compilation, name: string, span: Span): <T>(compute: () => T) => T {
  return (compute) => {
    try {
      return compute()
    } catch (thrown) {
      if (thrown instanceof WonderError) throw thrown
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      throw compilation.scanner.error('evaluation_failed', `Cannot compute "${name}": ${reason}`, span, {
        cause: thrown,
      })
    }
  }
}

/** `{{= CEL }}`. It sees the whole scope, and block parameters by their names. */
export function compileComputed(compilation: Compilation, computed: Computed, scope: StaticScope): Read {
  const { scanner, options } = compilation
  if (options.evaluate === undefined)
    scanner.fail('{{= }} cannot be used here: nothing computes expressions in this text', computed)
  const evaluator = options.evaluate?.(scanner.slice(computed.source), scanner.position(computed.source))
  if (evaluator === undefined) return () => undefined
  for (const reference of evaluator.references) {
    const [first, ...rest] = reference.path
    const param = typeof first === 'string' ? findParam(scope, first) : undefined
    const path = param === undefined ? reference.path : param.path && [...param.path, ...rest]
    compilation.refuseSecret(path, computed.source, scope)
    if (path !== undefined)
      compilation.refer(path, computed.source, { optional: reference.optional, exact: reference.position })
  }
  const params = paramReaders(compilation, computed, scope)
  const guarded = guard(compilation, '{{= }}', computed)
  return (frame) => {
    frame.rendering.allowance.spend(1)
    const { root } = frame.rendering
    if (params.length === 0) return guarded(() => evaluator.evaluate(root))
    const named = Object.fromEntries(params.map(({ name, read }): [string, Json] => [name, read(frame) ?? null]))
    const seen: Scope = { ...root, ...named }
    return guarded(() => evaluator.evaluate(seen))
  }
}

function paramReaders(
  compilation: Compilation,
  computed: Computed,
  scope: StaticScope,
): { name: string; read: Read }[] {
  const names = new Set<string>()
  for (let at: StaticScope | undefined = scope; at !== undefined; at = at.outer) {
    for (const { name } of at.params) names.add(name)
  }
  const { start, end } = computed
  return [...names].map((name) => {
    const path = {
      kind: 'path',
      original: name,
      data: false,
      up: 0,
      scoped: false,
      segments: [name],
      start,
      end,
    } as const
    return { name, read: compilation.unrecorded(() => compilePath(compilation, path, { scope, optional: true }).read) }
  })
}
