import { Type } from 'typebox'
import { describe, expectTypeOf, test } from 'vitest'
import type { FromSchema } from './from-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import { compile } from './schema.ts'

describe('FromSchema', () => {
  test('gives scalars, enums, constants and null', () => {
    expectTypeOf<FromSchema<{ readonly type: 'string' }>>().toEqualTypeOf<string>()
    expectTypeOf<FromSchema<{ readonly type: 'integer'; readonly nullable: true }>>().toEqualTypeOf<number | null>()
    expectTypeOf<FromSchema<{ readonly type: readonly ['string', 'null'] }>>().toEqualTypeOf<string | null>()
    expectTypeOf<FromSchema<{ readonly enum: readonly ['a', 1, null] }>>().toEqualTypeOf<'a' | 1 | null>()
    expectTypeOf<FromSchema<{ readonly const: 'a' }>>().toEqualTypeOf<'a'>()
    expectTypeOf<FromSchema<true>>().toEqualTypeOf<unknown>()
    expectTypeOf<FromSchema<false>>().toEqualTypeOf<never>()
  })

  test('gives objects with optional members, lists, tuples and dictionaries', () => {
    const schema = {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } },
        pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: { type: 'boolean' } },
        more: { type: 'object', additionalProperties: { type: 'number' } },
      },
      required: ['id', 'tags'],
    } as const satisfies JsonSchema

    expectTypeOf<FromSchema<typeof schema>>().toEqualTypeOf<{
      id: number
      tags: string[]
      pair?: [string?, number?, ...boolean[]]
      more?: { [name: string]: number }
    }>()
  })

  test('gives unions, intersections and what references lead to', () => {
    const schema = {
      anyOf: [{ $ref: '#/$defs/a' }, { type: 'string' }],
      $defs: {
        a: {
          allOf: [
            { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] },
            { type: 'object', properties: { y: { type: 'null' } } },
          ],
        },
      },
    } as const satisfies JsonSchema

    expectTypeOf<FromSchema<typeof schema>>().toEqualTypeOf<string | { x: string; y?: null }>()
  })

  test('gives the type of a TypeBox schema', () => {
    const schema = Type.Object({ name: Type.String(), age: Type.Optional(Type.Integer()) })

    expectTypeOf<FromSchema<typeof schema>>().toEqualTypeOf<{ name: string; age?: number }>()
  })

  test('is the type that accepts() and check() tell of', () => {
    const schema = compile({ type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } as const)
    const value: unknown = { n: 1 }

    if (schema.accepts(value)) expectTypeOf(value).toEqualTypeOf<{ n: number }>()
    const result = schema.check(value)
    if (result.ok) expectTypeOf(result.value).toEqualTypeOf<{ n: number }>()
    expectTypeOf(compile({} as JsonSchema).check(1)).toExtend<{ ok: boolean }>()
  })
})
