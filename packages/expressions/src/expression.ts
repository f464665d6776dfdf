import { positionAt, SourceError } from '@wonder/errors'
import type { Access, ScopeReader } from './access.ts'
import { Compiler } from './compiler.ts'
import { Failure, failed, type Site } from './failure.ts'
import { pathOf } from './guards.ts'
import type { Json } from './json.ts'
import { describe } from './kind.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { parseExpression } from './parse-expression.ts'
import type { Reference } from './references.ts'
import { toResult } from './result.ts'
import { type Compute, Run } from './run.ts'

export type EvaluateOptions = {
  /** The record's time in epoch milliseconds, which now() gives as a timestamp. Without it now() is an error. */
  readonly now?: number
}

/** A compiled expression. It holds no state and may be evaluated any number of times. */
export type Expression = {
  readonly source: string
  /** Paths of the scope that it reads; variables of macros are left out. */
  readonly references: readonly Reference[]
  /**
   * Computes the value. The scope is read, never changed; a part of it may come back as it is.
   *
   * @throws SourceError `missing_reference`, `evaluation_failed` or `limit_exceeded`, with the place in the text.
   */
  evaluate(scope: Record<string, unknown>, options?: EvaluateOptions): Json
}

/**
 * Reads a CEL expression and compiles it to closures.
 *
 * Numbers are JSON numbers: safe integers are int, others double, and they mix freely; `7 / 2` is 3.5.
 *
 * @throws SourceError `expression_syntax`, or `limit_exceeded` when it is too long or nested too deeply.
 * @example
 * compileExpression('input.n / 2 + size(input.names)').evaluate({ input: { n: 7, names: ['a'] } }) // 4.5
 */
export function compileExpression(source: string, options: { limits?: Partial<Limits> } = {}): Expression {
  const { references, evaluate } = compileWith(source, options)
  return { source, references, evaluate: (scope, { now } = {}) => evaluate(scope, now) }
}

/** An expression that reads a context of the caller's by a ScopeReader. */
export type BoundExpression<Context> = {
  readonly source: string
  readonly references: readonly Reference[]
  /** As `Expression.evaluate`; no scope is built. */
  evaluate(context: Context): Json
}

/**
 * Compiles an expression to closures that read through `reader`: each path of the text becomes one of its readers, so
 * that nothing is looked up by name, and no scope is built, when it is evaluated.
 *
 * @throws SourceError as `compileExpression` does.
 * @example
 * const reader = { path: ([name]: Path) => (row: Map<string, number>) => row.get(String(name)) }
 * bindExpression('a + b', reader).evaluate(new Map([['a', 1], ['b', 2]])) // 3
 */
export function bindExpression<Context>(
  source: string,
  reader: ScopeReader<Context>,
  options: { limits?: Partial<Limits> } = {},
): BoundExpression<Context> {
  const access: Access = {
    path: (path) => {
      const read = reader.path(path)
      return (context) => read(context as Context)
    },
    names: (context) => reader.names?.(context as Context) ?? [],
  }
  const { references, evaluate } = compileWith(source, options, access)
  return { source, references, evaluate: (context) => evaluate(context, reader.now?.(context)) }
}

/**
 * The paths of the scope that an expression reads.
 *
 * @throws SourceError as `compileExpression` does.
 * @example
 * references('input.n > 1 && has(state.done)').map(({ path }) => path.join('.')) // ['input.n', 'state.done', 'state']
 */
export function references(source: string): readonly Reference[] {
  return compileWith(source, {}).references
}

type Compiled = {
  readonly references: readonly Reference[]
  readonly evaluate: (context: unknown, now: number | undefined) => Json
}

function compileWith(source: string, options: { limits?: Partial<Limits> }, access?: Access): Compiled {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const ast = parseExpression(source, limits)
  const compiler = new Compiler(source, limits, access)
  const compute = compiler.compile(ast)
  const site = { start: ast.start, end: ast.end }
  // What is only read was measured when it was stored.
  const measured = pathOf(ast) === undefined
  const cost = compiler.nodes
  return {
    references: compiler.references.found,
    evaluate(context, now) {
      const run = new Run(context, now, limits)
      try {
        run.spend(cost, site)
        return finish(compute, run, measured, site)
      } catch (thrown) {
        throw toError(source, thrown)
      }
    },
  }
}

/**
 * Evaluates a condition. Only true and false decide: nothing else is taken for one of them.
 *
 * @throws SourceError `evaluation_failed` that names the value when it is neither.
 */
export function evaluateCondition(
  expression: Expression,
  scope: Record<string, unknown>,
  options?: EvaluateOptions,
): boolean {
  const value = expression.evaluate(scope, options)
  if (typeof value === 'boolean') return value
  const { source } = expression
  const site = { start: 0, end: source.length }
  throw toError(
    source,
    failed(site, () => `a condition must be true or false, and it is ${describe(value)}`),
  )
}

function finish(compute: Compute, run: Run, measured: boolean, site: Site): Json {
  const value = compute(run)
  if (typeof value === 'boolean' || value === null) return value
  return measured || typeof value === 'function' ? toResult(value, run, site) : (value as Json)
}

const TITLES: { readonly [code: string]: string } = {
  missing_reference: 'Cannot read',
  limit_exceeded: 'Cannot finish',
}

function toError(source: string, thrown: unknown): unknown {
  if (!(thrown instanceof Failure)) return thrown
  const { code, site } = thrown
  const text = source.length <= 80 ? source : `${source.slice(0, 79)}…`
  const position = positionAt(source, site.start, Math.max(1, site.end - site.start))
  const title = TITLES[code] ?? 'Cannot compute'
  return new SourceError(code, `${title} \`${text}\`: ${thrown.message()}`, position, { details: { expression: text } })
}
