import { expect, test } from 'vitest'
import type { JsonSchema } from './json-schema.ts'
import { schemaAt } from './schema-at.ts'

const schema: JsonSchema = {
  type: 'object',
  properties: {
    list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
    tuple: { prefixItems: [{ type: 'null' }], items: false },
    tree: { $ref: '#/$defs/tree' },
    closed: { properties: { a: true }, additionalProperties: false },
    map: { additionalProperties: { type: 'integer' } },
    patterns: { patternProperties: { '^x-': { type: 'boolean' } } },
    union: { anyOf: [{ type: 'null' }, { properties: { a: { type: 'string' } }, additionalProperties: false }] },
    both: { allOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'null' } } }] },
    forms: { oneOf: [{ properties: { a: { type: 'string' } } }, { properties: { a: { type: 'null' } } }] },
    text: { type: ['string', 'null'] },
    fixed: { const: { a: 1 } },
    open: {},
    never: false,
  },
  $defs: { tree: { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/$defs/tree' } } } } },
}

const $defs = (schema as { $defs: JsonSchema }).$defs

test.each<[readonly (string | number)[], JsonSchema | undefined | 'absent']>([
  [[], schema],
  [['list', 0, 'name'], { type: 'string' }],
  [['list', 'name'], 'absent'],
  [['list', 0, 'nope'], undefined],
  [['tuple', 0], { type: 'null' }],
  [['tuple', 1], 'absent'],
  [['tree', 'kids'], { type: 'array', items: { $ref: '#/$defs/tree' }, $defs } as JsonSchema],
  [['tree', 'kids', 0, 'kids', 1, 'kids', 2, 'nope'], undefined],
  [['closed', 'a'], undefined],
  [['closed', 'b'], 'absent'],
  [['map', 'any'], { type: 'integer' }],
  [['patterns', 'x-a'], { type: 'boolean' }],
  [['union', 'a'], { type: 'string' }],
  [['union', 'b'], 'absent'],
  [['both', 'b'], { type: 'null' }],
  [['forms', 'a'], { anyOf: [{ type: 'string' }, { type: 'null' }] }],
  [['text', 'length'], 'absent'],
  [['fixed', 'a'], { const: 1 }],
  [['fixed', 'b'], 'absent'],
  [['open', 'a', 'b'], undefined],
  [['never'], 'absent'],
  [['toString'], undefined],
])('schemaAt() at %j', (path, expected) => {
  expect(schemaAt(schema, path)).toEqual(expected)
})

test('schemaAt() goes on in what it has returned', () => {
  const kids = schemaAt(schema, ['tree', 'kids'])

  expect(kids !== undefined && kids !== 'absent' && schemaAt(kids, [0, 'kids', 0, 'kids'])).toMatchObject({
    type: 'array',
  })
})

test('schemaAt() refuses a reference that leads nowhere', () => {
  expect(() => schemaAt({ $ref: '#/$defs/nope' }, ['a'])).toThrowError(
    expect.objectContaining({ code: 'invalid_schema' }),
  )
})
