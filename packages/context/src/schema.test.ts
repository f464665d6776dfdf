import { describe, expect, test } from 'vitest'
import type { JsonSchema } from './json-schema.ts'
import { type CheckOptions, compile } from './schema.ts'

function problemsOf(schema: JsonSchema, value: unknown, options?: CheckOptions) {
  const result = compile(schema).check(value, options)
  return result.ok ? [] : result.errors
}

const invalid = (schemaPath: string) =>
  expect.objectContaining({ code: 'invalid_schema', details: expect.objectContaining({ schemaPath }) })

describe('a problem', () => {
  test('has path, schemaPath, keyword, code, expected, actual and a sentence', () => {
    const schema: JsonSchema = {
      properties: { list: { items: { $ref: '#/$defs/n' } } },
      $defs: { n: { type: 'integer' } },
    }

    expect(problemsOf(schema, { list: [1, 'x'] })).toStrictEqual([
      {
        path: '/list/1',
        schemaPath: '/$defs/n/type',
        keyword: 'type',
        code: 'TYPE_MISMATCH',
        expected: 'integer',
        actual: 'string',
        message: '/list/1 must be an integer, not the text "x"',
      },
    ])
  })

  test.each<[JsonSchema, unknown, string, string, string]>([
    [{ required: ['path'] }, {}, '/path', 'REQUIRED_FIELD_MISSING', '/path is required'],
    [{ minLength: 1 }, '', '', 'MIN_LENGTH', 'the value must not be empty'],
    [{ minLength: 3 }, '😀😀', '', 'MIN_LENGTH', 'the value must have at least 3 characters, and has 2'],
    [{ maxLength: 1 }, 'ab', '', 'MAX_LENGTH', 'the value must have at most 1 characters, and has 2'],
    [{ pattern: '^a' }, 'b', '', 'PATTERN_MISMATCH', 'the value must match ^a; it is the text "b"'],
    [{ minimum: 1 }, 0, '', 'MINIMUM', 'the value must be at least 1, not 0'],
    [{ maximum: 1 }, 2, '', 'MAXIMUM', 'the value must be at most 1, not 2'],
    [{ exclusiveMinimum: 1 }, 1, '', 'EXCLUSIVE_MINIMUM', 'the value must be greater than 1, not 1'],
    [{ exclusiveMaximum: 1 }, 1, '', 'EXCLUSIVE_MAXIMUM', 'the value must be less than 1, not 1'],
    [{ multipleOf: 0.01 }, 0.015, '', 'MULTIPLE_OF', 'the value must be a multiple of 0.01, not 0.015'],
    [{ minItems: 1 }, [], '', 'MIN_ITEMS', 'the value must have at least 1 items, and has 0'],
    [{ maxItems: 1 }, [1, 2], '', 'MAX_ITEMS', 'the value must have at most 1 items, and has 2'],
    [{ uniqueItems: true }, [1, { a: 1, b: 2 }, { b: 2, a: 1 }], '', 'UNIQUE_ITEMS', 'twice; [2] repeats one'],
    [{ enum: ['a', 'b'] }, 'c', '', 'ENUM_MISMATCH', 'the value must be "a" or "b", not the text "c"'],
    [{ const: 1 }, 2, '', 'CONST_MISMATCH', 'the value must be 1, not 2'],
    [
      { properties: { limit: true }, additionalProperties: false },
      { limti: 1 },
      '/limti',
      'UNKNOWN_PROPERTY',
      'did you mean "limit"?',
    ],
    [{ properties: { 'a/b~': false } }, { 'a/b~': 1 }, '/a~1b~0', 'NOT_ALLOWED', 'is not allowed here'],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }] }, true, '', 'ANY_OF', 'fits none of 2 forms'],
    [{ oneOf: [true, true] }, 1, '', 'ONE_OF', 'fits several'],
    [{ not: { type: 'null' } }, null, '', 'NOT', 'not allowed'],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, '/b', 'REQUIRED_FIELD_MISSING', 'because there is "a"'],
    [{ unevaluatedProperties: false }, { a: 1 }, '/a', 'UNKNOWN_PROPERTY', 'is not known here'],
    [{ contains: { const: 1 } }, [2], '', 'CONTAINS', 'at least 1 of the asked items'],
  ])('of %j with %j', (schema, value, path, code, message) => {
    const [problem] = problemsOf(schema, value)

    expect(problem).toMatchObject({ path, code })
    expect(problem?.message).toContain(message)
  })

  test('of a union is told of the form that was meant, by type or by discriminator', () => {
    const nullable: JsonSchema = { anyOf: [{ type: 'null' }, { type: 'object', required: ['a'] }] }
    const form = (kind: string, field: string): JsonSchema => ({
      properties: { kind: { const: kind }, [field]: { type: 'integer' } },
      required: ['kind', field],
    })

    expect(problemsOf(nullable, {})).toMatchObject([{ path: '/a', keyword: 'required' }])
    expect(problemsOf({ oneOf: [form('x', 'a'), form('y', 'b')] }, { kind: 'y', b: 'no' })).toMatchObject([
      { path: '/b', keyword: 'type' },
    ])
  })

  test('after a wrong type nothing else is said of the value', () => {
    expect(problemsOf({ type: 'string', enum: ['a'] }, 1)).toHaveLength(1)
  })

  test('all are told, up to the limit, or one when asked', () => {
    const schema: JsonSchema = { items: { type: 'string' } }
    const value = Array.from({ length: 200 }, (_, index) => index)

    expect(problemsOf({ required: ['a', 'b'], properties: { c: { type: 'null' } } }, { c: 1 })).toHaveLength(3)
    expect(problemsOf(schema, value)).toHaveLength(100)
    expect(problemsOf(schema, value, { stopAtFirst: true })).toHaveLength(1)
  })
})

describe('check()', () => {
  test('takes null where a schema is nullable', () => {
    expect(problemsOf({ type: 'string', nullable: true }, null)).toEqual([])
    expect(problemsOf({ type: 'string', nullable: true }, 1)).toHaveLength(1)
  })

  test('checks formats only when asked', () => {
    expect(problemsOf({ format: 'date' }, '2026-02-30')).toEqual([])
    expect(problemsOf({ format: 'date' }, '2026-02-30', { formats: true })).toMatchObject([{ code: 'FORMAT_MISMATCH' }])
    expect(problemsOf({ format: 'no-such-format' }, 'x', { formats: true })).toEqual([])
  })

  test.each<[string, string[], string[]]>([
    ['date', ['2024-02-29'], ['2023-02-29', '2024-13-01', '24-01-01']],
    [
      'date-time',
      ['2024-01-01T00:00:00Z', '1998-12-31T15:59:60.1-08:00'],
      ['2024-01-01', '2024-01-01T24:00:00Z', '2024-01-01T00:00:00'],
    ],
    ['duration', ['P1D', 'PT1H30M', 'P2W'], ['P', 'PT', '1D', 'P1DT']],
    ['email', ['a.b@c.de'], ['a', '@b', 'a@', 'a..b@c']],
    ['hostname', ['a-b.example'], ['-a', 'a..b', 'ä']],
    ['ipv4', ['127.0.0.1'], ['256.0.0.1', '1.2.3', '01.2.3.4']],
    ['ipv6', ['::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'], ['1::2::3', '12345::', '1:2']],
    ['uri', ['https://a.b/c?d#e', 'urn:x'], ['a/b', 'http://a b', 'http://a/%zz']],
    ['uuid', ['2eb8aa08-aa98-11ea-b4aa-73b441d16380'], ['2eb8aa08']],
    ['json-pointer', ['', '/a~1b/0'], ['a', '/~2']],
    ['regex', ['^a+$'], ['(', '(?=a)']],
  ])('knows the format %s', (format, good, bad) => {
    const schema = compile({ format })

    for (const text of good) expect(schema.check(text, { formats: true }).ok, text).toBe(true)
    for (const text of bad) expect(schema.check(text, { formats: true }).ok, text).toBe(false)
  })

  test('takes only own properties for properties', () => {
    expect(problemsOf({ required: ['toString'] }, {})).toHaveLength(1)
    const named: JsonSchema = JSON.parse('{"properties": {"constructor": {"type": "string"}}}')
    expect(problemsOf(named, {})).toEqual([])
    const schema: JsonSchema = JSON.parse('{"properties": {"__proto__": {"type": "string"}}}')
    expect(problemsOf(schema, JSON.parse('{"__proto__": 1}'))).toHaveLength(1)
  })

  test('refuses values and references that are nested too deeply', () => {
    let deep: unknown = 1
    for (let level = 0; level < 5_000; level++) deep = { a: deep }

    expect(() => compile({ properties: { a: { $ref: '#' } } }).check(deep)).toThrowError(
      expect.objectContaining({ code: 'limit_exceeded' }),
    )
    expect(() => compile({ $ref: '#' }).check(1)).toThrowError(expect.objectContaining({ code: 'limit_exceeded' }))
  })

  test('a pattern that makes other engines explode is matched in linear time', () => {
    expect(problemsOf({ pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`)).toHaveLength(1)
  })
})

describe('applyDefaults', () => {
  const schema: JsonSchema = {
    properties: {
      limit: { type: 'integer', default: 20 },
      nested: { default: {}, properties: { a: { $ref: '#/$defs/a' }, tags: { default: ['x'] } } },
      items: { items: { properties: { n: { default: 0 } } } },
    },
    allOf: [{ properties: { more: { default: null } } }],
    $defs: { a: { default: 'A' } },
  }

  test('fills in, at every depth, what is missing', () => {
    const result = compile(schema).check({ items: [{}, { n: 1 }] }, { applyDefaults: true })

    expect(result).toEqual({
      ok: true,
      value: { items: [{ n: 0 }, { n: 1 }], limit: 20, nested: { a: 'A', tags: ['x'] }, more: null },
    })
  })

  test('never touches the value or the schema', () => {
    const given = Object.freeze({ items: Object.freeze([Object.freeze({})]) })
    const compiled = compile(schema)

    const [first, second] = [
      compiled.check(given, { applyDefaults: true }),
      compiled.check(given, { applyDefaults: true }),
    ]

    expect(given).toEqual({ items: [{}] })
    expect(first).toEqual(second)
    const tagsOf = (result: unknown) => (result as { value: { nested: { tags: unknown } } }).value.nested.tags
    expect(tagsOf(first)).not.toBe(tagsOf(second))
  })

  test('gives the same object back when nothing is missing, and checks a default too', () => {
    const given = { limit: 1 }

    expect(compile({ properties: { limit: { default: 2 } } }).check(given, { applyDefaults: true })).toEqual({
      ok: true,
      value: given,
    })
    expect(
      problemsOf({ properties: { n: { type: 'integer', default: 'x' } } }, {}, { applyDefaults: true }),
    ).toHaveLength(1)
  })
})

describe('compile()', () => {
  test.each<[JsonSchema | unknown, string]>([
    [{ type: 'text' }, '/type'],
    [{ properties: { a: { minimum: '1' } } }, '/properties/a/minimum'],
    [{ exclusiveMinimum: true }, '/exclusiveMinimum'],
    [{ minLength: -1 }, '/minLength'],
    [{ required: 'a' }, '/required'],
    [{ items: [{}] }, '/items'],
    [{ properties: { a: 'string' } }, '/properties/a'],
    [{ anyOf: [] }, '/anyOf'],
    [{ multipleOf: 0 }, '/multipleOf'],
    [{ pattern: '(' }, '/pattern'],
    [{ pattern: '(?=a)b' }, '/pattern'],
    [{ patternProperties: { '(a)\\1': {} } }, '/patternProperties'],
    [{ $ref: '#/$defs/nope' }, '/$ref'],
    [{ $ref: '#nope' }, '/$ref'],
    [{ $ref: 'https://example.com/schema.json' }, '/$ref'],
    [{ dependencies: {} }, '/dependencies'],
    [{ additionalItems: false }, '/additionalItems'],
    [{ else: 1 }, '/else'],
    ['string', ''],
    [{ allOf: [{ not: null }] }, '/allOf/0/not'],
  ])('refuses %j and names the place', (schema, schemaPath) => {
    expect(() => compile(schema as JsonSchema)).toThrowError(invalid(schemaPath))
  })

  test('refuses a schema that contains itself', () => {
    const schema: { not?: unknown } = {}
    schema.not = schema

    expect(() => compile(schema as JsonSchema)).toThrowError(expect.objectContaining({ code: 'invalid_schema' }))
  })

  test('finds other documents only where they are handed in', () => {
    const schema: JsonSchema = { $ref: 'https://example.com/n.json' }

    expect(compile(schema, { documents: { 'https://example.com/n.json': { type: 'integer' } } }).check('x').ok).toBe(
      false,
    )
  })
})
