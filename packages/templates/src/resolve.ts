import { SourceError, type SourcePosition, WonderError } from '@wonder/errors'
import { classify } from './classify.ts'
import { compile } from './compile.ts'
import { missing } from './compile-path.ts'
import { isList, isRecord, type Json, own, type Scope, type Value } from './json.ts'
import { Allowance, defaultLimits } from './limits.ts'
import type { CompileOptions, Reference } from './options.ts'

export type ResolveOptions = Pick<
  CompileOptions,
  'evaluate' | 'limits' | 'escape' | 'strict' | 'helpers' | 'partials' | 'data'
>

/** JSON whose strings were read once, ready to be resolved many times. */
export type CompiledValue = {
  /** What its strings read, in their order; places are in each string. */
  readonly references: readonly Reference[]
  /** The secrets they name, each once. */
  readonly secrets: readonly string[]
  resolve(scope: Scope): Json
}

type Resolver = (scope: Scope) => Json

/**
 * Any JSON with its strings rendered; keys stay as they are. A string that is one `{{ path }}` or one `{{= CEL }}`
 * becomes that value with its type (null when it is missing and `strict` is false), but where `escape` is `shell` or `html`, for there it must be escaped text.
 * Each string has the limits for itself; `limits.depth` bounds the nesting of `value`.
 * What is resolved more than once is better compiled by `compileValue`.
 */
export function resolve(value: Json, scope: Scope, options: ResolveOptions = {}): Json {
  return compileValue(value, options).resolve(scope)
}

/** The compiled form of `resolve`. Throws what `compile` throws. */
export function compileValue(value: Json, options: ResolveOptions = {}): CompiledValue {
  const found = { references: [] as Reference[], secrets: new Set<string>() }
  const depths = new Allowance({ ...defaultLimits, ...options.limits })
  const resolver = compileAt(value, 0)
  return { references: found.references, secrets: [...found.secrets], resolve: resolver ?? (() => value) }

  /** Undefined when nothing in it changes, so that it can be handed out as it is. */
  function compileAt(part: Json, depth: number): Resolver | undefined {
    if (typeof part === 'string') return compileText(part)
    if (part === null || typeof part !== 'object') return undefined
    depths.enter(depth + 1)
    if (isList(part)) {
      const items = part.map((item) => compileAt(item, depth + 1) ?? (() => item))
      return (scope) => items.map((item) => item(scope))
    }
    if (!isRecord(part)) return undefined
    const members = Object.entries(part).map(([key, member]) => ({
      key,
      read: compileAt(member, depth + 1) ?? (() => member),
    }))
    return (scope) => Object.fromEntries(members.map(({ key, read }) => [key, read(scope)]))
  }

  function compileText(text: string): Resolver | undefined {
    const is = classify(text)
    if (is.kind === 'literal') return undefined
    const template = compile(text, options)
    for (const reference of template.references) found.references.push(reference)
    for (const secret of template.secrets) found.secrets.add(secret)
    const typed = options.escape === undefined || options.escape === 'none' || options.escape === 'url'
    const helper =
      is.kind === 'reference' && is.path.length === 1 && Object.hasOwn(options.helpers ?? {}, is.path[0] ?? '')
    if (!typed || helper || is.kind === 'template') return template.render
    return is.kind === 'reference' ? readReference(is, options.strict ?? true) : evaluateSource(is, options)
  }
}

function readReference(
  is: { path: readonly (string | number)[]; position: SourcePosition },
  strict: boolean,
): Resolver {
  const { path, position } = is
  return (scope) => {
    let value: Value = scope
    for (const segment of path) value = own(value, segment)
    if (value === undefined && !strict) return null
    if (value === undefined) throw missing({ from: scope, rest: path, original: path.join('.'), position })
    return value
  }
}

function evaluateSource(is: { source: string; position: SourcePosition }, options: ResolveOptions): Resolver {
  const { source, position } = is
  const evaluator = options.evaluate?.(source, position)
  return (scope) => {
    try {
      return evaluator?.evaluate(scope) ?? null
    } catch (thrown) {
      if (thrown instanceof WonderError) throw thrown
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      throw new SourceError('evaluation_failed', `Cannot compute "${source}": ${reason}`, position, { cause: thrown })
    }
  }
}
