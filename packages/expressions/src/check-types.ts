import type { ASTNode } from '@marcbachmann/cel-js'
import { type ErrorCode, positionAt, type SourcePosition } from '@wonder/errors'
import { Compiler } from './compiler.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { parseExpression } from './parse-expression.ts'
import { type Report, TypeChecker } from './type-checker.ts'
import { describeKinds, isNever, type Kind, type SchemaLike } from './value-type.ts'

/** What is known of the scope, and how schemas are read. */
export type ScopeTypes = {
  /** The schema of the scope: an object whose properties are its names. */
  readonly schema: SchemaLike
  /**
   * The schema of what a path below a schema leads to: `absent` when nothing can stand there, undefined when it is not
   * known. `schemaAt` of @wonder/context is such a function.
   */
  at(schema: SchemaLike, path: readonly (string | number)[]): SchemaLike | 'absent' | undefined
  /** What the whole expression must be, for a condition `bool`. */
  readonly expected?: Kind
}

/** What cannot go well, whatever the values are. */
export type TypeProblem = {
  readonly code: ErrorCode
  readonly message: string
  /** What to write instead, where it can be said. */
  readonly help?: string
  readonly position: SourcePosition
  /** `never`: it does not fail, and is always false (or, of `!=`, always true). */
  readonly outcome: 'fails' | 'never'
}

/**
 * Tells before a run what of an expression cannot work with values of these schemas: names that are not there, operators
 * and functions that are given what they do not take, comparisons that are never true. What is not known is not told.
 *
 * @throws SourceError `expression_syntax` or `limit_exceeded`, as `compileExpression` does.
 * @example
 * const schema = { properties: { n: { type: 'integer' } }, additionalProperties: false }
 * checkTypes('n + "1"', { schema, at: schemaAt }) // [{ code: 'expression_type', message: '`+` …', position: { offset: 0, … } }]
 */
export function checkTypes(source: string, scope: ScopeTypes): readonly TypeProblem[] {
  const ast: ASTNode = parseExpression(source, DEFAULT_LIMITS)
  new Compiler(source, DEFAULT_LIMITS).compile(ast)
  const problems: TypeProblem[] = []
  const report: Report = ({ code, node, message, help, outcome }) => {
    const position = positionAt(source, node.start, Math.max(1, node.end - node.start))
    problems.push({ code, message, position, outcome: outcome ?? 'fails', ...(help === undefined ? {} : { help }) })
  }
  const type = new TypeChecker(scope, report, source).check(ast)
  const { expected } = scope
  if (expected !== undefined && isNever(type, [expected])) {
    const message = `It must be ${describeKinds([expected])}, and it is ${describeKinds(type.kinds)}`
    report({ code: 'expression_type', node: ast, message })
  }
  return problems
}
