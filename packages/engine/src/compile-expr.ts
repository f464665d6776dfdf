import { WonderError } from '@wonder/errors'
import { bindExpression, compileExpression, type ScopeReader } from '@wonder/expressions'
import { compile as compileTemplate, type EvaluatorFactory } from '@wonder/templates'
import type { Expr } from './expr.ts'
import type { Json } from './json.ts'
import { isBlobMarker } from './markers.ts'
import { member, type Path, readPath } from './read-path.ts'

/** Reads a value from a context. */
export type Evaluate<C> = (context: C) => Json

/** How references are read, for a kind of context. */
export type Reader<C> = {
  /** One path of the scope; keeps large values as markers. */
  path(path: Path): Evaluate<C>
  /** What CEL reads: the value of a path without markers, undefined where there is none. */
  value(path: Path): (context: C) => Json | undefined
  /** An object with at least these paths, without markers: what templates read. */
  scope(references: readonly Path[]): (context: C) => { readonly [name: string]: Json }
  /** The names at the root of the scope, to name the nearest where one is missing. */
  names(context: C): readonly string[]
  /** The time that expressions see, epoch ms. */
  now(context: C): number
}

/** Compiles a mapping once; evaluating it allocates only its result. */
export function compileExprWith<C>(expr: Expr, reader: Reader<C>): Evaluate<C> {
  if ('lit' in expr) {
    const value = expr.lit
    return () => value
  }
  if ('path' in expr) {
    if (expr.path[0] === 'secrets') {
      const part = { $parts: [{ secret: String(expr.path[1]), escape: 'none' }] }
      return () => part
    }
    return reader.path(expr.path)
  }
  if ('cel' in expr) {
    const expression = bindExpression(expr.cel, boundReader(reader))
    return (context) => expression.evaluate(context)
  }
  if ('text' in expr) return compileText(expr.text, expr.sink, reader)
  if ('list' in expr) {
    const items = expr.list.map((item) => compileExprWith(item, reader))
    return (context) => items.map((item) => item(context))
  }
  const members = Object.entries(expr.map).map(([key, value]) => [key, compileExprWith(value, reader)] as const)
  return (context) => {
    const object: { [key: string]: Json } = {}
    for (const [key, value] of members) object[key] = value(context)
    return object
  }
}

/** A condition: true or false, nothing else. */
export function compileConditionWith<C>(cel: string, reader: Reader<C>): (context: C) => boolean {
  const expression = bindExpression(cel, boundReader(reader))
  return (context) => {
    const value = expression.evaluate(context)
    if (typeof value === 'boolean') return value
    throw new WonderError(
      'evaluation_failed',
      `Cannot decide by \`${cel}\`: it must be true or false, and it is ${JSON.stringify(value)?.slice(0, 80)}`,
    )
  }
}

function boundReader<C>(reader: Reader<C>): ScopeReader<C> {
  return {
    path: (path) => reader.value(path),
    names: (context) => reader.names(context),
    now: (context) => reader.now(context),
  }
}

function compileText<C>(text: string, sink: 'none' | 'html' | 'shell' | 'url', reader: Reader<C>): Evaluate<C> {
  const template = compileTemplate(text, { escape: sink, evaluate: celEvaluator })
  const scope = reader.scope(template.references.map((reference) => reference.path))
  if (template.secrets.length > 0) return (context) => ({ $parts: template.parts(scope(context)) as readonly Json[] })
  return (context) => template.render(scope(context))
}

/** `{{= CEL }}` inside of templates. */
export const celEvaluator: EvaluatorFactory = (source) => compileExpression(source)

/** Compiles a mapping over a plain object: what the executor's steps see. */
export function compileExpr(expr: Expr): (scope: { readonly [name: string]: Json }) => Json {
  return compileExprWith(expr, plainReader)
}

/** Compiles a condition over a plain object. */
export function compileCondition(cel: string): (scope: { readonly [name: string]: Json }) => boolean {
  return compileConditionWith(cel, plainReader)
}

const plainReader: Reader<{ readonly [name: string]: Json }> = {
  path: (path) => (scope) => readPath(scope, path, 0),
  value: (path) => (scope) => path.reduce<Json | undefined>(member, scope),
  names: (scope) => Object.keys(scope),
  scope: () => (scope) => scope,
  now: () => 0,
}

/** The digests of large values inside of a value. */
export function markersIn(value: Json, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  if (isBlobMarker(value)) found.add(value.$blob)
  else for (const member of Object.values(value)) markersIn(member as Json, found)
}

/** The value with its large parts in place. */
export function withoutMarkers(value: Json, load: (digest: string) => Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isBlobMarker(value)) return load(value.$blob)
  if (Array.isArray(value)) return value.map((item: Json) => withoutMarkers(item, load))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutMarkers(member as Json, load)]))
}
