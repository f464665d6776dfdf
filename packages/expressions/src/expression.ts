import { positionAt, SourceError } from '@wonder/errors'
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
  /** What now() gives: the record's time in epoch milliseconds. Without it now() is an error. */
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
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const ast = parseExpression(source, limits)
  const compiler = new Compiler(source, limits)
  const compute = compiler.compile(ast)
  const site = { start: ast.start, end: ast.end }
  // What is only read was measured when it was stored.
  const measured = pathOf(ast) === undefined
  const cost = compiler.nodes
  return {
    source,
    references: compiler.references.found,
    evaluate(scope, { now } = {}) {
      const run = new Run(scope, now, limits)
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
