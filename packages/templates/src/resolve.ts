import { SourceError, WonderError } from '@wonder/errors'
import { classify } from './classify.ts'
import { compile } from './compile.ts'
import { missing } from './compile-path.ts'
import { isList, isRecord, type Json, own, type Scope, type Value } from './json.ts'
import { Allowance, defaultLimits } from './limits.ts'
import type { CompileOptions } from './options.ts'

export type ResolveOptions = Pick<CompileOptions, 'evaluate' | 'limits' | 'escape'>

/**
 * Any JSON with its strings rendered; keys stay as they are. A string that is one `{{ path }}` or one `{{= CEL }}`
 * becomes that value with its type, but where `escape` is `shell` or `html`, for there it must be escaped text.
 * Each string has the limits for itself; `limits.depth` bounds the nesting of `value`.
 */
export function resolve(value: Json, scope: Scope, options: ResolveOptions = {}): Json {
  const allowance = new Allowance({ ...defaultLimits, ...options.limits })
  return walk(value, 0)

  function walk(part: Json, depth: number): Json {
    if (typeof part === 'string') return resolveText(part, scope, options)
    if (part === null || typeof part !== 'object') return part
    allowance.enter(depth + 1)
    if (isList(part)) return part.map((item) => walk(item, depth + 1))
    if (!isRecord(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, member]) => [key, walk(member, depth + 1)]))
  }
}

function resolveText(text: string, scope: Scope, options: ResolveOptions): Json {
  const found = classify(text)
  if (found.kind === 'literal') return text
  const typed = options.escape === undefined || options.escape === 'none' || options.escape === 'url'
  if (!typed || found.kind === 'template') return compile(text, options).render(scope)
  if (found.kind === 'reference') {
    const { path, position } = found
    let value: Value = scope
    for (const segment of path) value = own(value, segment)
    if (value === undefined) throw missing({ from: scope, rest: path, original: path.join('.'), position })
    return value
  }
  if (options.evaluate === undefined) return compile(text, options).render(scope)
  const { source, position } = found
  const evaluator = options.evaluate(source, position)
  if (evaluator.references.some(({ path }) => path[0] === 'secrets')) {
    throw new SourceError('secret_not_allowed', 'A secret cannot be computed with: write {{ secrets.NAME }}', position)
  }
  try {
    return evaluator.evaluate(scope)
  } catch (thrown) {
    if (thrown instanceof WonderError) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new SourceError('evaluation_failed', `Cannot compute "${source}": ${reason}`, position, { cause: thrown })
  }
}
