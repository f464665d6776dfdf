import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampledSchema } from '../../test/sampled-schema.ts'
import type { JsonSchema } from '../json-schema.ts'
import { compile } from '../schema.ts'
import { sampler } from './sampler.ts'

describe('sample()', () => {
  test('fits the schema, and its formats', () => {
    fc.assert(
      fc.property(sampledSchema(), fc.integer(), (schema, seed) => {
        const value = sampler(schema).sample(seed)

        expect(compile(schema).check(value, { formats: true })).toEqual({ ok: true, value })
        expect(JSON.parse(JSON.stringify(value))).toEqual(value)
      }),
      { numRuns: 1000 },
    )
  })

  test('is the same for the same seed, and another for others', () => {
    const { sample } = sampler({ type: 'object', properties: { a: { type: 'string', minLength: 5 } }, required: ['a'] })

    expect(sample(7)).toEqual(sample(7))
    expect(new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(sample(seed)))).size).toBeGreaterThan(15)
  })

  test.each<[JsonSchema]>([
    [false],
    [{ type: 'integer', minimum: 3, maximum: 2 }],
    [{ type: 'string', minLength: 3, maxLength: 1 }],
    [{ allOf: [{ const: 1 }, { const: 2 }] }],
    [{ type: 'array', minItems: 3, uniqueItems: true, items: { type: 'boolean' } }],
    [{ $ref: '#' }],
  ])('says that there is none for %j', (schema) => {
    expect(() => sampler(schema).sample(1)).toThrowError(expect.objectContaining({ code: 'no_sample' }))
  })

  test('takes samples of custom types from them', () => {
    const even = {
      validate: (value: unknown) => Number(value) % 2 === 0 || 'even',
      sample: (random: () => number) => Math.floor(random() * 10) * 2,
    }
    const { sample } = sampler({ type: 'array', items: { 'x-type': 'even' }, minItems: 3 }, { types: { even } })

    expect((sample(3) as number[]).every((number) => number % 2 === 0)).toBe(true)
  })
})

describe('shrink()', () => {
  test('leads to a small value that fits and still holds', () => {
    const { shrink } = sampler({
      type: 'array',
      items: {
        type: 'object',
        properties: { n: { type: 'integer', minimum: 2 }, note: { type: 'string' } },
        required: ['n'],
      },
    })
    const value = Array.from({ length: 30 }, (_, index) => ({ n: 100 + index, note: 'long' }))

    expect(shrink(value, (each) => (each as { n: number }[]).some(({ n }) => n > 50))).toEqual([{ n: 51 }])
    expect(shrink(value)).toEqual([])
  })

  test('always leads to a value that fits', () => {
    fc.assert(
      fc.property(sampledSchema(1), fc.integer(), (schema, seed) => {
        const { sample, shrink } = sampler(schema)

        const small = shrink(sample(seed))

        expect(compile(schema).accepts(small, { formats: true })).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
