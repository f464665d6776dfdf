import Type from 'typebox'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type StandardSchema, tool } from './tool.ts'

/** Reads `{n: '5'}` as `{n: 5}`. */
const numberAsText: StandardSchema<{ n: string }, { n: number }> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

describe('tool()', () => {
  test('keeps what it was given and cannot be changed', () => {
    const made = tool({
      description: 'Doubles.',
      input: { n: 'integer' },
      output: { n: 'integer' },
      run: ({ n }) => ({ n: n * 2 }),
    })

    expect(made).toMatchObject({ description: 'Doubles.', input: { n: 'integer' }, permissions: {} })
    expect(Object.isFrozen(made)).toBe(true)
    expect(Reflect.has(made, Symbol.for('wonder.tool'))).toBe(true)
  })

  test('types the input of run from short texts', () => {
    tool({
      description: 'All types.',
      input: {
        text: 'string',
        count: 'integer',
        ratio: 'number',
        yes: 'boolean',
        bag: 'object',
        folder: 'path = "."',
        upload: 'file',
        day: 'date',
        wait: 'duration',
        mode: '"fast" | "slow"',
        modeOr: '"a" | "b" | "c" = "b"',
        names: 'string[]',
        limit: 'integer = 20',
        maybe: 'string?',
        tags: 'string[]?',
        noted: 'integer # how many',
      },
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<{
          text: string
          count: number
          ratio: number
          yes: boolean
          bag: { [name: string]: unknown }
          folder: string
          upload: string
          day: string
          wait: string
          mode: 'fast' | 'slow'
          modeOr: 'a' | 'b' | 'c'
          names: string[]
          limit: number
          maybe?: string
          tags?: string[]
          noted: number
        }>()
        return {}
      },
    })
  })

  test('types the result of run, where a default makes a field optional', () => {
    tool({
      description: 'A result.',
      output: { bytes: 'integer', language: 'string = "text"' },
      run: async () => ({ bytes: 1 }),
    })
    tool({
      description: 'A wrong result.',
      output: { bytes: 'integer' },
      // @ts-expect-error bytes is a number
      run: () => ({ bytes: 'many' }),
    })
  })

  test('refuses a type that does not exist', () => {
    tool({
      description: 'A typing error.',
      // @ts-expect-error strng is not a type
      input: { name: 'strng' },
      run: () => ({}),
    })
  })

  test('types a field and a whole schema from JSON Schema', () => {
    tool({
      description: 'JSON Schema.',
      input: { size: { type: 'integer', minimum: 0 }, kind: { enum: ['a', 'b'] } },
      output: {
        $schema: {
          type: 'object',
          properties: { ok: { type: 'boolean' }, why: { type: ['string', 'null'] } },
          required: ['ok'],
        },
      },
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ size: number; kind: 'a' | 'b' }>()
        return { ok: true, why: null }
      },
    })
  })

  test('types a whole schema from TypeBox', () => {
    tool({
      description: 'TypeBox.',
      input: {
        $schema: Type.Object({
          name: Type.String(),
          age: Type.Optional(Type.Integer()),
          list: Type.Array(Type.Union([Type.Literal('x'), Type.Literal('y')])),
        }),
      },
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ name: string; age?: number; list: ('x' | 'y')[] }>()
        return {}
      },
    })
  })

  test('types a Standard Schema: run sees what it parsed, and gives what it accepts', () => {
    tool({
      description: 'A Standard Schema.',
      input: numberAsText,
      output: numberAsText,
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ n: number }>()
        return { n: String(input.n) }
      },
    })
  })
})
