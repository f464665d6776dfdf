import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileExpression } from './expression.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })
const run = (source: string, scope: Record<string, unknown> = {}) => compileExpression(source).evaluate(scope)

describe('limits', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i)

  test.each([
    ['parentheses', `${'('.repeat(400)}1${')'.repeat(400)}`],
    ['lists', `${'['.repeat(400)}1${']'.repeat(400)}`],
    ['negations', `${'!'.repeat(10_000)}true`],
    ['operators', Array(400).fill('1').join('+')],
    ['members', `a${'.b'.repeat(400)}`],
    ['length', `"${'x'.repeat(20_000)}"`],
  ])('an expression nested too deeply or too long by %s is refused', (_, source) => {
    expect(() => compileExpression(source)).toThrowError(code('limit_exceeded'))
  })

  test('nested macros run out of fuel', () => {
    const source = 'xs.all(a, xs.all(b, xs.all(c, xs.all(d, a + b + c + d >= 0))))'

    expect(() => run(source, { xs: hundred })).toThrowError(code('limit_exceeded'))
  })

  test('fuel is counted, so the same expression stops at the same place everywhere', () => {
    const rounds = (fuel: number) => compileExpression('xs.map(x, x + 1)', { limits: { fuel } })

    expect(rounds(420).evaluate({ xs: hundred })).toHaveLength(100)
    expect(() => rounds(300).evaluate({ xs: hundred })).toThrowError(code('limit_exceeded'))
  })

  test('a used-up limit is not absorbed by ||, && or exists()', () => {
    const source = 'xs.map(a, xs.map(b, xs.map(c, 1))) == [] || true'

    expect(() => run(source, { xs: hundred })).toThrowError(code('limit_exceeded'))
    expect(() => run(`xs.exists(x, ${source})`, { xs: hundred })).toThrowError(code('limit_exceeded'))
  })

  test('a result is measured as it would be written, shared parts each time', () => {
    const text = 'x'.repeat(100_000)

    expect(() => run('xs.map(x, text)', { xs: hundred, text })).toThrowError(code('limit_exceeded'))
    expect(() => run('xs.map(x, text).join()', { xs: hundred, text })).toThrowError(code('limit_exceeded'))
    expect(() => run('text.replace("x", text)', { text })).toThrowError(code('limit_exceeded'))
  })

  test('what is only read is not measured again', () => {
    const text = 'x'.repeat(2_000_000)

    expect(run('input.text', { input: { text } })).toBe(text)
  })

  test('values nested deeper than the limit are not compared', () => {
    let deep: unknown = 1
    for (let i = 0; i < 10_000; i++) deep = [deep]

    expect(() => run('a == b', { a: deep, b: structuredCopy(deep) })).toThrowError(code('limit_exceeded'))
    expect(() => run('[a]', { a: deep })).toThrowError(code('limit_exceeded'))
  })

  test('patterns that are short and large cost what they are', () => {
    const source = 'xs.exists(x, "a".matches(".{900}" + string(x)))'

    expect(() => run(source, { xs: Array.from({ length: 1_000 }, (_, i) => i) })).toThrowError(code('limit_exceeded'))
  })

  test('a pattern that makes other engines explode is matched in linear time', () => {
    expect(run('text.matches("^(a+)+$")', { text: `${'a'.repeat(20_000)}!` })).toBe(false)
  })
})

function structuredCopy(deep: unknown): unknown {
  let copy: unknown = 1
  for (let at = deep; Array.isArray(at); at = at[0]) copy = [copy]
  return copy
}

describe('prototypes', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', '__lookupGetter__']

  test.each(names)('%s is missing unless it is an own key', (name) => {
    expect(() => run(`input.${name}`, { input: {} })).toThrowError(code('missing_reference'))
    expect(() => run(`input["${name}"]`, { input: {} })).toThrowError(code('missing_reference'))
    expect(() => run(name, {})).toThrowError(code('missing_reference'))
    expect(run(`has(input.${name})`, { input: {} })).toBe(false)
    expect(run(`input.?${name}.orValue(1)`, { input: {} })).toBe(1)
    expect(run(`input.${name}`, { input: { [name]: 1 } })).toBe(1)
  })

  test('__proto__ is only a key', () => {
    expect(() => run('input["__proto__"]', { input: {} })).toThrowError(code('missing_reference'))
    expect(Object.keys(run('{"__proto__": {"polluted": true}}') as object)).toEqual(['__proto__'])
    expect(run('{"__proto__": {"polluted": true}}.?polluted.orValue(false)')).toBe(false)
  })

  test('texts, lists and numbers have no members', () => {
    for (const source of ['"a".length', '[1].length', '(1).toFixed', '"a"["length"]', '"a"[0]']) {
      expect(() => run(source), source).toThrowError(code('evaluation_failed'))
    }
  })

  test('a function or an instance that a host leaves in the scope does not get out', () => {
    expect(() => run('f', { f: () => 1 })).toThrowError(code('evaluation_failed'))
    expect(() => run('[f]', { f: () => 1 })).toThrowError(code('evaluation_failed'))
    expect(() => run('d.getTime', { d: new Date(0) })).toThrowError(code('missing_reference'))
  })
})

describe('properties', () => {
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))

  test('arithmetic and comparison are those of JSON numbers', () => {
    const sum = compileExpression('a + b')
    const less = compileExpression('a < b || a == b || a > b')
    fc.assert(
      fc.property(number, number, (a, b) => {
        fc.pre(Number.isFinite(a + b))
        expect(sum.evaluate({ a, b })).toBe(a + b + 0)
        expect(less.evaluate({ a, b })).toBe(true)
      }),
    )
  })

  test('a literal of any JSON value evaluates to it', () => {
    const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: true })
    fc.assert(
      fc.property(json, (value) => {
        fc.pre(!/[\d.]{17}|[eE]/.test(JSON.stringify(value)))
        expect(run(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('any value equals its copy', () => {
    const equal = compileExpression('a == b && !(a != b)')
    fc.assert(
      fc.property(fc.jsonValue(), (a) => {
        expect(equal.evaluate({ a, b: structuredClone(a) })).toBe(true)
      }),
    )
  })

  test('any text gives an expression or a platform error, nothing else', () => {
    const token = fc.constantFrom(
      ...'a . ( ) [ ] { } ? : , + - * / ! && || == "x" 1 0.5 in has size .map(x,x) .?b x true'.split(' '),
    )
    const source = fc.oneof(
      fc.string(),
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
    )
    fc.assert(
      fc.property(source, (text) => {
        try {
          run(text, { a: { b: [1, 2] }, x: 'y' })
        } catch (thrown) {
          expect(thrown).toHaveProperty(
            'code',
            expect.stringMatching(/^(expression_syntax|missing_reference|evaluation_failed|limit_exceeded)$/),
          )
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
