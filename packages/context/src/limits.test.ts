import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampledSchema } from '../test/sampled-schema.ts'
import { sampler } from './sample/index.ts'
import { compile } from './schema.ts'

const code = (name: string) => expect.objectContaining({ code: name })

describe('limits', () => {
  test('of size, depth and problems hold', () => {
    const schema = compile({ items: { type: 'string' } }, { limits: { size: 20, problems: 2 } })

    expect(schema.accepts(['0123456789'])).toBe(true)
    expect(() => schema.accepts(['0123456789', '0123456789'])).toThrowError(code('limit_exceeded'))
    expect(() => schema.check(Array(1_000_000).fill(''))).toThrowError(code('limit_exceeded'))
    expect(schema.check([1, 2, 3])).toMatchObject({ ok: false, errors: [{ path: '/0' }, { path: '/1' }] })
    const list = compile({ items: { $ref: '#' } }, { limits: { depth: 4 } })
    expect(list.accepts([[]])).toBe(true)
    expect(() => list.accepts([[[[[[]]]]]])).toThrowError(code('limit_exceeded'))
    expect(list.accepts([[]])).toBe(true)
  })

  test('a value that is too deep for the stack is refused, and does not crash', () => {
    let deep: unknown = []
    for (let level = 0; level < 200_000; level++) deep = [deep]

    expect(() => compile({ uniqueItems: true }).accepts([deep, [[deep]]])).toThrowError(code('limit_exceeded'))
    expect(compile({ type: 'array' }).accepts(deep)).toBe(true)
  })
})

describe('patterns', () => {
  const text = `${'a'.repeat(50_000)}!`

  test.each([
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '(a*)*b',
    '^([a-z]+)*$',
    '^a*a*a*a*a*a*b$',
    '^a+b$',
    '^[^b]{0,900}b$',
  ])('%s costs linear time', (pattern) => {
    expect(compile({ pattern }).accepts(text)).toBe(false)
    expect(compile({ patternProperties: { [pattern]: false } }).accepts({ [text]: 1 })).toBe(true)
  })

  test('mean the same on the fast engine, which simple ones run on', () => {
    const answers = (pattern: string, texts: readonly string[]) =>
      texts.map((text) => compile({ pattern }).accepts(text))

    expect(answers('^[a-z][a-z0-9-]{0,3}$', ['a', 'ab-1', 'ab-12', 'A', '1', 'a\n'])).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
    expect(answers('^\\d{3}\\.[^x]+$', ['123.a', '12.a', '123.ax', '123.😀'])).toEqual([true, false, false, true])
    expect(answers('^.*$', ['', 'a'])).toEqual([true, true])
  })

  test('with look-around or a back-reference are refused, but for trusted schemas', () => {
    for (const pattern of ['^(?!x)', '(?<=a)b', '^(a)\\1$', '^(?<n>a)\\k<n>$']) {
      expect(() => compile({ pattern })).toThrowError(code('invalid_schema'))
    }
    const trusted = compile({ pattern: '^(?!x)' }, { trusted: true })

    expect([trusted.accepts('a'), trusted.accepts('x')]).toEqual([true, false])
  })
})

describe('x-type', () => {
  const money = {
    validate: (value: unknown) => (typeof value === 'string' && /^\d+\.\d\d$/.test(value)) || 'an amount such as 1.00',
  }

  test('names a custom type', () => {
    const schema = compile({ items: { 'x-type': 'money' } }, { types: { money } })

    expect(schema.accepts(['1.50'])).toBe(true)
    expect(schema.check(['1.5'])).toMatchObject({
      ok: false,
      errors: [
        {
          path: '/0',
          code: 'CUSTOM_TYPE_INVALID',
          keyword: 'x-type',
          expected: 'money',
          message: '/0 must be an amount such as 1.00, not the text "1.5"',
        },
      ],
    })
  })

  test('must be one of those given', () => {
    expect(() => compile({ 'x-type': 'toString' }, { types: { money } })).toThrowError(code('invalid_schema'))
  })
})

describe('accepts()', () => {
  test('says the same as the compiler that finds the problems', () => {
    fc.assert(
      fc.property(sampledSchema(), sampledSchema(), fc.integer(), (schema, other, seed) => {
        fc.pre(typeof schema === 'object')
        // unevaluated* at the root leaves the fast path.
        const general = compile({
          ...schema,
          unevaluatedItems: true,
          ...('unevaluatedItems' in schema && { unevaluatedItems: schema.unevaluatedItems }),
        })
        const fast = compile(schema)
        const values = [
          sampler(schema).sample(seed),
          sampler(other).sample(seed),
          ...fc.sample(fc.jsonValue(), { seed, numRuns: 3 }),
        ]

        for (const value of values) expect(fast.accepts(value)).toBe(general.accepts(value))
      }),
      { numRuns: 500 },
    )
  })

  test('looks at own properties only', () => {
    const inherits = Object.create({ a: 1 })

    expect(compile({ required: ['a'] }).accepts(inherits)).toBe(false)
    expect(compile({ additionalProperties: false }).accepts(inherits)).toBe(true)
  })
})

describe('$vocabulary', () => {
  const metaSchema = (vocabulary: { [uri: string]: boolean }) => ({
    'https://example.com/meta': { $id: 'https://example.com/meta', $vocabulary: vocabulary },
  })
  const base = 'https://json-schema.org/draft/2020-12/vocab'
  const schema = { $schema: 'https://example.com/meta', type: 'string', format: 'date' } as const

  test('decides which keywords hold, and whether formats are checked', () => {
    const accepts = (vocabulary: { [uri: string]: boolean }, value: unknown) =>
      compile(schema, { documents: metaSchema(vocabulary) }).check(value).ok

    expect(accepts({ [`${base}/core`]: true }, 1)).toBe(true)
    expect(accepts({ [`${base}/validation`]: true }, 1)).toBe(false)
    expect(accepts({ [`${base}/format-assertion`]: true }, 'no date')).toBe(false)
    expect(accepts({ [`${base}/format-annotation`]: true }, 'no date')).toBe(true)
  })

  test('that is required and unknown is refused', () => {
    expect(() => compile(schema, { documents: metaSchema({ 'https://example.com/unknown': true }) })).toThrowError(
      code('invalid_schema'),
    )
    expect(compile(schema, { documents: metaSchema({ 'https://example.com/unknown': false }) }).accepts(1)).toBe(true)
  })
})
