import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fits } from './fits.ts'
import type { JsonSchema } from './json-schema.ts'
import { compile } from './schema.ts'

const object = (
  properties: { [name: string]: JsonSchema },
  required: string[] = Object.keys(properties),
): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const string: JsonSchema = { type: 'string' }
const integer: JsonSchema = { type: 'integer' }
const number: JsonSchema = { type: 'number' }
const nothing: JsonSchema = { type: 'null' }
const tree: JsonSchema = {
  $ref: '#/$defs/t',
  $defs: { t: object({ kids: { type: 'array', items: { $ref: '#/$defs/t' } } }) },
}

/** Two references a level: compared without a memory they would never come to an end. */
const otherTree: JsonSchema = {
  $ref: '#/$defs/t',
  $defs: {
    t: { type: 'object', properties: { kids: { items: { $ref: '#/$defs/t' } }, more: { $ref: '#/$defs/t' } } },
  },
}

describe('fits()', () => {
  test.each<[JsonSchema, JsonSchema, true | 'unknown' | string]>([
    [string, {}, true],
    [{}, true, true],
    [integer, number, true],
    [number, integer, 'a number is given where an integer is asked'],
    [string, number, 'a text is given where a number is asked'],
    [{ type: ['string', 'null'] }, string, 'null is given where a text is asked'],
    [{ type: 'string', nullable: true }, { type: ['string', 'null'] }, true],
    [{}, string, 'unknown'],
    [{ enum: ['a', 'b'] }, string, true],
    [{ enum: ['a', 1] }, string, '1 may be given'],
    [{ enum: ['a'] }, { enum: ['a', 'b'] }, true],
    [{ const: 'c' }, { enum: ['a', 'b'] }, '"c" may be given'],
    [string, { enum: ['a', 'b'] }, 'a text is given where only "a", "b" is allowed'],
    [{ type: 'boolean' }, { enum: [true, false] }, 'unknown'],
    [{ const: 5 }, { minimum: 1, maximum: 10 }, true],
    [{ type: 'integer', minimum: 1 }, { type: 'number', minimum: 0 }, true],
    [integer, { type: 'integer', minimum: 0 }, 'unknown'],
    [{ type: 'string', pattern: '^a' }, { type: 'string', pattern: '^a' }, true],
    [object({ a: string, b: integer }), { type: 'object', properties: { a: string }, required: ['a'] }, true],
    [object({ a: string }, []), { type: 'object', required: ['a'] }, '"a" may be missing, and is required'],
    [object({ b: string }), { type: 'object', required: ['a'] }, '"a" is required, and never given'],
    [{ type: 'object' }, { type: 'object', required: ['a'] }, 'unknown'],
    [object({ a: object({ b: string }) }), object({ a: object({ b: integer }) }), 'at "a.b"'],
    [object({ a: string, b: string }), object({ a: string }), '"b" is given where nothing is allowed'],
    [{ type: 'array', items: integer }, { type: 'array', items: number }, true],
    [{ type: 'array', items: string }, { type: 'array', items: number }, 'at "[]"'],
    [{ type: 'array' }, { type: 'array', items: number }, 'unknown'],
    [{ anyOf: [string, nothing] }, { anyOf: [nothing, string, integer] }, true],
    [{ anyOf: [string, nothing] }, string, 'null is given where a text is asked'],
    [
      string,
      { anyOf: [nothing, integer] },
      'a text is given where null is asked; a text is given where an integer is asked',
    ],
    [
      number,
      {
        anyOf: [
          { type: 'number', minimum: 0 },
          { type: 'number', maximum: 0 },
        ],
      },
      'unknown',
    ],
    [{ $ref: '#/$defs/s', $defs: { s: string } }, string, true],
    [{ $ref: '#/$defs/s', $defs: { s: string } }, integer, 'a text is given where an integer is asked'],
    [{ allOf: [string, { minLength: 1 }] }, { type: 'string' }, true],
    [string, { allOf: [{ type: 'string' }, { type: 'integer' }] }, 'a text is given where an integer is asked'],
    [{ not: { const: 1 }, type: 'number' }, string, 'a number is given where a text is asked'],
    [string, { not: { const: 'a' } }, 'unknown'],
    [false, string, true],
    [tree, string, 'an object is given where a text is asked'],
    [tree, structuredClone(tree), true],
    [tree, { ...otherTree }, 'unknown'],
  ])('%j → %j is %j', (output, input, expected) => {
    const fit = fits(output, input)

    if (typeof expected === 'string' && expected !== 'unknown') {
      expect(fit).toMatchObject({ fits: false, why: expect.stringContaining(expected) })
    } else {
      expect(fit).toEqual({ fits: expected })
    }
  })

  test('comes to an end with references that branch', () => {
    const wide = (extra: string): JsonSchema => {
      const names = ['a', 'b', 'c', 'd', extra]
      const properties = Object.fromEntries(names.map((name) => [name, { $ref: '#/$defs/t' }]))
      return { $ref: '#/$defs/t', $defs: { t: { type: 'object', properties } } }
    }

    expect(fits(wide('e'), wide('f'))).toEqual({ fits: 'unknown' })
  })

  test('never says that a schema fits when a value of it does not, nor the reverse of one that fits itself', () => {
    const leaf = fc.constantFrom<JsonSchema>(
      string,
      integer,
      number,
      nothing,
      {},
      true,
      { enum: ['a', 1] },
      { const: null },
      { type: ['integer', 'null'] },
      { type: 'number', minimum: 1 },
    )
    const schema = fc.letrec<{ schema: JsonSchema }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 2 },
        leaf,
        fc.record({ type: fc.constant('array' as const), items: tie('schema') }),
        fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => ({ anyOf: [a, b] })),
        fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => ({ allOf: [a, b] })),
        fc.tuple(tie('schema'), fc.boolean(), fc.boolean()).map(([a, required, closed]) => ({
          type: 'object' as const,
          properties: { a },
          ...(required ? { required: ['a'] } : {}),
          ...(closed ? { additionalProperties: false } : {}),
        })),
      ),
    })).schema
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        'a',
        1,
        0,
        0.5,
        null,
        true,
        [],
        ['a'],
        [1],
        [null],
        {},
        { a: 'a' },
        { a: 1 },
        { a: null },
        { b: 1 },
        { a: [1] },
        [[1]],
        [{}],
      ),
      fc.jsonValue({ maxDepth: 2 }),
    )
    fc.assert(
      fc.property(schema, schema, fc.array(value, { minLength: 20, maxLength: 40 }), (output, input, values) => {
        const fit = fits(output, input)
        const [gives, takes] = [compile(output), compile(input)]
        const given = values.filter((each) => gives.check(each).ok)
        if (fit.fits === true) for (const each of given) expect(takes.check(each).ok, JSON.stringify(each)).toBe(true)
        expect(fits(output, output).fits).not.toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })
})
