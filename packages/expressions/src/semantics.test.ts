import { describe, expect, test } from 'vitest'
import { compileExpression } from './expression.ts'

const scope = {
  input: {
    n: 3,
    half: 0.5,
    name: 'Ada',
    none: null,
    yes: true,
    xs: [3, 1, 2],
    words: ['b', 'a', 'b'],
    people: [
      { name: 'Ada', age: 36 },
      { name: 'Bob', age: 41 },
    ],
    map: { a: 1, 'x-y': 2 },
  },
  tasks: { a: { output: { score: 12 } } },
}

const cases: readonly (readonly [source: string, value: unknown])[] = [
  // Numbers
  ['1 + 2 * 3', 7],
  ['7 / 2', 3.5],
  ['6 / 2', 3],
  ['-7 % 3', -1],
  ['input.n + 1', 4],
  ['input.n + 0.5', 3.5],
  ['input.n * input.half', 1.5],
  ['0.1 + 0.2', 0.1 + 0.2],
  ['-0 * 1', 0],
  ['0 * -1', 0],
  ['- input.n', -3],
  ['--input.n', 3],
  ['1e3', 1000],
  ['0x10', 16],
  ['9007199254740991 + 1', 9007199254740992],
  // Comparison
  ['1 == 1.0', true],
  ['1 == "1"', false],
  ['input.none == null', true],
  ['input.n != null', true],
  ['1 < 1.5 && 2.5 >= 2', true],
  ['"a" < "b"', true],
  ['false < true', true],
  ['[1, {"a": [2]}] == [1.0, {"a": [2]}]', true],
  ['{"a": 1, "b": 2} == {"b": 2, "a": 1}', true],
  ['{"a": 1} == {"b": 1}', false],
  ['tasks.a.output.score < 40 && input.name == "Ada"', true],
  // Logic
  ['!input.yes', false],
  ['!(input.n > 2) || input.yes', true],
  ['input.yes ? "y" : "n"', 'y'],
  ['input.nope == 1 || true', true],
  ['true || input.nope == 1', true],
  ['input.nope == 1 && false', false],
  // Members
  ['input.xs[0]', 3],
  ['input.map["x-y"]', 2],
  ['input["map"].a', 1],
  ['input.people[1].name', 'Bob'],
  ['"a" in input.map', true],
  ['"toString" in input.map', false],
  ['2 in input.xs', true],
  ['{"age": 36, "name": "Ada"} in input.people', true],
  ['has(input.n)', true],
  ['has(input.nope)', false],
  ['has(input.none)', true],
  ['has(input["x"])', false],
  ['!has(input.nope) || input.nope > 3', true],
  // Optionals
  ['input.?nope.orValue("none")', 'none'],
  ['input.?name.orValue("none")', 'Ada'],
  ['input.?nope.deeper.orValue(1)', 1],
  ['input.?none.?x.orValue(1)', 1],
  ['input.xs[?9].orValue(-1)', -1],
  ['input.xs[?0].orValue(-1)', 3],
  ['input.?nope', null],
  ['input.?n', 3],
  ['[input.?nope, input.?n]', [null, 3]],
  ['input.?nope.hasValue()', false],
  ['input.?nope.or(input.?n).value()', 3],
  ['optional.none().orValue(2) + optional.of(1).value()', 3],
  // Macros
  ['input.xs.all(x, x > 0)', true],
  ['input.xs.exists(x, x > 2)', true],
  ['input.xs.exists_one(x, x > 1)', false],
  ['input.xs.exists_one(x, x > 2)', true],
  ['input.xs.map(x, x * 2)', [6, 2, 4]],
  ['input.xs.map(x, x > 1, x * 2)', [6, 4]],
  ['input.xs.filter(x, x != 1)', [3, 2]],
  ['input.people.filter(p, p.age > 40).map(p, p.name)', ['Bob']],
  [
    'input.xs.map(x, input.xs.map(y, x * y))',
    [
      [9, 3, 6],
      [3, 1, 2],
      [6, 2, 4],
    ],
  ],
  ['input.xs.map(x, input.xs.filter(x, x > 2))', [[3], [3], [3]]],
  ['input.map.map(k, k)', ['a', 'x-y']],
  ['[1, "a"].exists(x, x > 0)', true],
  ['[].all(x, x.nope)', true],
  // Texts
  ['size("grün😀")', 5],
  ['"abc".size() + size([1, 2]) + size({"a": 1})', 6],
  ['input.name + "!"', 'Ada!'],
  ['input.name.contains("d") && input.name.startsWith("A") && input.name.endsWith("a")', true],
  ['input.name.matches("^A.a$")', true],
  ['input.name.matches("^d")', false],
  ['matches("aaa", "a{3}")', true],
  ['"AbÄ".lowerAscii() + "abä".upperAscii()', 'abÄABä'],
  ['" x ".trim()', 'x'],
  ['"a,b,c".split(",")', ['a', 'b', 'c']],
  ['"a,b,c".split(",", 2)', ['a', 'b,c']],
  ['"ab".split("")', ['a', 'b']],
  ['input.words.join("-")', 'b-a-b'],
  ['"a.a.a".replace(".", "::")', 'a::a::a'],
  ['"a.a.a".replace(".", "", 1)', 'aa.a'],
  ['"aXa".replace("X", "$&")', 'a$&a'],
  ['"😀abc".substring(1, 3)', 'ab'],
  ['"abc".charAt(1) + "abc".charAt(3)', 'b'],
  ['"😀abc".indexOf("b")', 2],
  ['"abab".lastIndexOf("b")', 3],
  ['"abc".indexOf("z")', -1],
  [`r'\\d' + '\\n'`, '\\d\n'],
  // Lists
  ['[1] + [2, 3]', [1, 2, 3]],
  ['input.xs.sort()', [1, 2, 3]],
  ['input.words.distinct()', ['b', 'a']],
  ['[[1], [1], [2]].distinct()', [[1], [2]]],
  ['[[1], 2, [3, [4]]].flatten()', [1, 2, 3, [4]]],
  ['input.xs.reverse()', [2, 1, 3]],
  ['input.xs.slice(1, 3)', [1, 2]],
  ['input.xs.first().orValue(0) + input.xs.last().orValue(0)', 5],
  // Maps
  ['{"a": input.n, "b": [1]}', { a: 3, b: [1] }],
  ['{"a" + "b": 1}.ab', 1],
  // Math and conversions
  ['math.max(1, 2.5, input.n)', 3],
  ['math.min(input.xs)', 1],
  ['math.greatest(1, 2) + math.least(1, 2)', 3],
  ['math.abs(-2) + math.ceil(1.2) + math.floor(-1.2) + math.round(2.5) + math.trunc(-1.7)', 4],
  ['math.round(-2.5)', -3],
  ['math.sum(input.xs)', 6],
  ['string(1) + string(1.5) + string(true)', '11.5true'],
  ['int("42") + int(1.9)', 43],
  ['double("1.5e1")', 15],
  ['bool("true")', true],
  [
    '[type(1), type(1.5), type("a"), type(null), type([]), type({}), type(true)]',
    ['int', 'double', 'string', 'null_type', 'list', 'map', 'bool'],
  ],
  ['now()', '2023-11-14T22:13:20Z'],
]

describe('compileExpression()', () => {
  test.each(cases)('computes %s', (source, value) => {
    expect(compileExpression(source).evaluate(scope, { now: 1_700_000_000_000 })).toStrictEqual(value)
  })

  test('gives the same answer each time, and leaves the scope as it was', () => {
    const before = structuredClone(scope)
    const expression = compileExpression('input.xs.sort().map(x, input.xs.reverse()[0] + x)')

    const answers = [expression.evaluate(scope), expression.evaluate(scope)]

    expect(answers).toStrictEqual([
      [3, 4, 5],
      [3, 4, 5],
    ])
    expect(scope).toStrictEqual(before)
  })
})
