import { expectTypeOf, test } from 'vitest'
import {
  bindExpression,
  checkTypes,
  compileExpression,
  evaluateCondition,
  type Json,
  type Path,
  type Reference,
  references,
  type ScopeReader,
  type TypeProblem,
} from './index.ts'

test('the types say what goes in and what comes out', () => {
  expectTypeOf(compileExpression('1').evaluate).returns.toEqualTypeOf<Json>()
  expectTypeOf(evaluateCondition).returns.toEqualTypeOf<boolean>()
  expectTypeOf(references).returns.toEqualTypeOf<readonly Reference[]>()
  expectTypeOf(checkTypes).returns.toEqualTypeOf<readonly TypeProblem[]>()
  expectTypeOf<Path>().toEqualTypeOf<readonly (string | number)[]>()

  const reader: ScopeReader<Map<string, number>> = {
    path:
      ([name]) =>
      (row) =>
        row.get(String(name)),
  }
  const bound = bindExpression('a', reader)
  expectTypeOf(bound.evaluate).parameters.toEqualTypeOf<[context: Map<string, number>]>()
  // @ts-expect-error the reader decides what a context is
  const wrong = () => bound.evaluate({ a: 1 })
  expectTypeOf(wrong).returns.toEqualTypeOf<Json>()
})
