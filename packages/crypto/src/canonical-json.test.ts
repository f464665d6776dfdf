import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { WonderError } from '@wonder/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

const suite = new URL('jcs/', process.env.WONDER_SUITES ?? new URL('../../../../shared/suites/', import.meta.url))

describe('RFC 8785 vectors', () => {
  const names = existsSync(suite) ? readdirSync(new URL('input/', suite)) : []

  test.skipIf(names.length > 0)('skipped: the suite jcs is not on this machine (set WONDER_SUITES)', () => {})

  test.each(names)('canonicalJson() writes %s byte for byte', (name) => {
    const input: unknown = JSON.parse(readFileSync(new URL(`input/${name}`, suite), 'utf8'))
    const expected = readFileSync(new URL(`output/${name}`, suite), 'utf8')

    expect(canonicalJson(input)).toBe(expected)
  })
})

describe('canonicalJson()', () => {
  test('sorts members by UTF-16 units at every level', () => {
    expect(canonicalJson({ b: { z: 1, a: 2 }, a: [], '\u20ac': 1, '\ud83d\ude00': 2, '\ufb33': 3 })).toBe(
      '{"a":[],"b":{"a":2,"z":1},"\u20ac":1,"\ud83d\ude00":2,"\ufb33":3}',
    )
  })

  test('writes numbers as ECMAScript does, and -0 as 0', () => {
    expect(canonicalJson([-0, 1e21, 1e-7, Number('333333333.33333329'), 4.5])).toBe(
      '[0,1e+21,1e-7,333333333.3333333,4.5]',
    )
  })

  test('keeps a member named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}')
  })

  test('accepts objects without a prototype, and the same object twice', () => {
    const shared = Object.assign(Object.create(null), { x: 1 })

    expect(canonicalJson([shared, shared])).toBe('[{"x":1},{"x":1}]')
  })

  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  test.each<[string, unknown, string]>([
    ['NaN', { a: [1, Number.NaN] }, '/a/1'],
    ['Infinity', Number.POSITIVE_INFINITY, ''],
    ['an undefined member', { 'a/b': { '~': undefined } }, '/a~1b/~0'],
    ['undefined', undefined, ''],
    ['a hole in a list', { a: new Array(1) }, '/a/0'],
    ['a bigint', { n: 1n }, '/n'],
    ['a function', { f: () => 1 }, '/f'],
    ['an own toJSON', { toJSON: () => 1 }, '/toJSON'],
    ['a symbol', [Symbol('s')], '/0'],
    ['a Date', { at: new Date(0) }, '/at'],
    ['a Map', { at: new Map() }, '/at'],
    ['a boxed number', { n: Object(1) }, '/n'],
    ['a lone surrogate in a text', { t: '\ud800' }, '/t'],
    ['a lone surrogate in a key', { '\ud800': 1 }, ''],
    ['a value that contains itself', cyclic, ''],
  ])('refuses %s as invalid_value with its path', (_, value, path) => {
    const thrown = catchError(() => canonicalJson(value))

    expect(thrown).toBeInstanceOf(WonderError)
    expect(thrown).toMatchObject({ code: 'invalid_value', details: { path } })
  })

  test('is the identity on values when parsed again, and does not see the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 4 }), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value))).toBe(text)
      }),
    )
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  )
}

function catchError(run: () => unknown): unknown {
  try {
    run()
  } catch (thrown) {
    return thrown
  }
  return undefined
}
