import { expect, test } from 'vitest'
import { compileExpression } from './expression.ts'

/** `path` for a required one, `path?` for an optional one. */
function referencesOf(source: string): string[] {
  return compileExpression(source).references.map(({ path, optional }) => path.join('.') + (optional ? '?' : ''))
}

test.each([
  ['tasks.a.output.score < 40 && input.x == "y"', ['tasks.a.output.score', 'input.x']],
  ['input.xs[0].name + input["a"].b', ['input.xs.0.name', 'input.a.b']],
  ['input.xs[input.i].name', ['input.xs', 'input.i']],
  ['input.xs.map(x, x.name + input.y)', ['input.xs', 'input.y']],
  ['input.xs.map(x, x.ys.filter(y, y == x))', ['input.xs']],
  ['x.map(x, x) + x', ['x', 'x']],
  ['input.?x.orValue("none")', ['input.x?', 'input']],
  ['has(input.a.b)', ['input.a.b?', 'input.a']],
  ['has(input.a) && input.a.b > 1', ['input.a?', 'input', 'input.a.b?']],
  ['input.a > 1 && has(input.a)', ['input.a', 'input.a?', 'input']],
  ['has(input.a) ? input.a : input.b', ['input.a?', 'input', 'input.a?', 'input.b']],
  ['!has(input.a) || input.a > 1', ['input.a?', 'input', 'input.a?']],
  ['has(input.a) || input.a > 1', ['input.a?', 'input', 'input.a']],
  ['math.max(input.a, 1)', ['input.a']],
  ['size(input.a.size())', ['input.a']],
  ['[input.a, {"k": input.b}]', ['input.a', 'input.b']],
  ['1 + 1', []],
])('references of %s are %j', (source, references) => {
  expect(referencesOf(source)).toStrictEqual(references)
})

test('a reference marks its whole path', () => {
  const source = '1 +\n  tasks.rnak.output.x'
  const [reference] = compileExpression(source).references

  expect(reference?.position).toEqual({ offset: 6, length: 19, line: 2, column: 3 })
})
