import { SourceError } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import { compileExpression, evaluateCondition } from './expression.ts'

function errorOf(run: () => unknown): SourceError {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof SourceError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

/** What an error marks, and the error. */
function marked(source: string, run: () => unknown): { error: SourceError; mark: string } {
  const error = errorOf(run)
  return { error, mark: source.slice(error.position.offset, error.position.offset + error.position.length) }
}

describe('a syntax error', () => {
  test.each([
    ['input.x and input.y', 'and', '`&&` instead of `and`'],
    ['input.x OR input.y', 'OR', '`||` instead of `OR`'],
    ['not input.x', 'not', '`!` instead of `not`'],
    ['input.x = 1', '=', '`==` to compare'],
    ['input.x === 1', '===', '`==` instead of `===`'],
    ['input.x !== 1', '!==', '`!=` instead of `!==`'],
    ['{{ input.x }}', '{{', 'bare CEL'],
    ['${{ input.x }}', '${{', 'bare CEL'],
    ['input.x & input.y', '&', '`&&`'],
    ['input.x | upper', '|', 'no pipes'],
    ['input.x ?? 1', '??', 'orValue'],
    ['input?.x', '?.', '`.?`'],
    ['input.xs.filter(x => x > 1)', '=>', 'xs.filter(x, x > 1)'],
    ['input.x == `a`', '`', 'quotes'],
    ['"and = " + ', '', 'a value is expected, not the end'],
    ['(1 + 2', '', '`)` is expected, not the end'],
    ['a.b[', '', 'a value is expected'],
    ['"abc', '"abc', 'unterminated string'],
    ['input.x #', '#', 'not #'],
    ['', '', 'it is empty'],
    ['foo(1)', 'foo(1)', 'there is no function "foo"'],
    ['input.x.startWith("a")', 'input.x.startWith("a")', 'Did you mean "startsWith"?'],
    ['size()', 'size()', 'size() takes 1 argument, not 0'],
    ['has(input)', 'has(input)', 'has() takes one member'],
    ['input.xs.map(1, 2)', undefined, 'map'],
    ['9007199254740993', '9007199254740993', 'unsafe integers'],
    ['constructor("x")', 'constructor("x")', 'there is no function "constructor"'],
    ['input.constructor()', 'input.constructor()', 'there is no function "constructor"'],
  ])('in %s marks %j and teaches', (source, mark, message) => {
    const found = marked(source, () => compileExpression(source))

    expect(found.error.code).toBe('expression_syntax')
    expect(found.error.message).toContain(message)
    if (mark !== undefined) expect(found.mark).toBe(mark)
  })

  test('has line and column', () => {
    const { position } = errorOf(() => compileExpression('input.x &&\n  = 1'))

    expect(position).toMatchObject({ line: 2, column: 3 })
  })

  test.each(['!input.x', 'input.orders == 1', 'input.android', '"a = b" == input.x', "input.x == 'a and b'"])(
    'is not seen in %s',
    (source) => {
      expect(() => compileExpression(source)).not.toThrow()
    },
  )
})

const scope = {
  input: { x: 'a', n: 1, xs: [1], none: null, big: 1e308 },
  tasks: { rank: { output: { score: 1 } } },
}

describe('a missing reference', () => {
  test.each([
    ['tasks.rnak.output == 1', 'rnak', 'tasks has no "rnak". Did you mean "rank"?'],
    ['inptu.x', 'inptu', 'nothing is named "inptu" here. Did you mean "input"?'],
    ['1 + tasks.rank.output.socre', 'socre', 'tasks.rank.output has no "socre". Did you mean "score"?'],
    ['input.xs[3]', 'input.xs[3]', 'input.xs has 1 items, there is no [3]'],
    ['input["zzzz"]', 'input["zzzz"]', 'there is x, n, xs, none, big'],
    ['input.none.a', 'a', 'input.none is null'],
    ['input.xs.map(y, y.z)', undefined, ''],
    ['has(input.deep.er)', 'deep', 'input has no "deep"'],
  ])('in %s marks %j and names the nearest', (source, mark, message) => {
    const found = marked(source, () => compileExpression(source).evaluate(scope))

    expect(found.error.message).toContain(message)
    if (mark === undefined) return
    expect(found.error.code).toBe('missing_reference')
    expect(found.mark).toBe(mark)
  })
})

describe('a failed evaluation', () => {
  test.each([
    ['input.x + 1', 'Write `string(x)`'],
    ['input.x < 1', '< needs two numbers or two texts, not the text "a" and the number 1'],
    ['input.n && true', '`&&` needs true or false, not the number 1'],
    ['!input.x', '`!` needs true or false'],
    ['input.n ? 1 : 2', '`? :` needs true or false'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'division by zero'],
    ['input.big * 10', 'out of the range'],
    ['input.?x == "a"', '.orValue(...)'],
    ['input.?x + "a"', '.orValue(...)'],
    ['input.x.length', 'write size(...)'],
    ['input.xs.length', 'write size(...)'],
    ['"a" in input.x', 'text.contains(part)'],
    ['input.xs[0.5]', 'whole number'],
    ['input.xs["0"]', 'whole number'],
    ['size(1)', 'size() needs a text, a list or a map, not the number 1'],
    ['int("x")', 'int() cannot read the text "x" as a number'],
    ['input.x.matches("(")', 'cannot read the pattern'],
    ['input.x.matches("(?=a)")', 'cannot read the pattern'],
    ['input.xs.filter(x, x)', 'filter() needs true or false'],
    ['input.n.map(x, x)', 'map() needs a list or a map'],
    ['[1, "a"].sort()', 'sort() needs'],
    ['{"a": 1, "a": 2}', 'twice'],
    ['{1: 2}', 'must be a text'],
    ['now()', 'now() is not known here'],
    ['input.x.orValue(1)', 'write `.?`'],
    ['[1, "a"].all(x, x > 0)', '> needs two numbers'],
  ])('of %s says why', (source, message) => {
    const error = errorOf(() => compileExpression(source).evaluate(scope))

    expect(error.code).toBe('evaluation_failed')
    expect(error.message).toContain(message)
  })
})

describe('evaluateCondition()', () => {
  test('gives the boolean', () => {
    expect(evaluateCondition(compileExpression('input.n == 1'), scope)).toBe(true)
    expect(evaluateCondition(compileExpression('input.n > 1'), scope)).toBe(false)
  })

  test.each([
    ['input.n', 'the number 1'],
    ['input.none', 'null'],
    ['input.x', 'the text "a"'],
  ])('refuses %s, and names the value', (source, message) => {
    const error = errorOf(() => evaluateCondition(compileExpression(source), scope))

    expect(error.code).toBe('evaluation_failed')
    expect(error.message).toContain(`a condition must be true or false, and it is ${message}`)
  })
})
