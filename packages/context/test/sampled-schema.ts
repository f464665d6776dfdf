import fc from 'fast-check'
import type { JsonSchema, SchemaObject } from '../src/json-schema.ts'

const FORMATS = [
  'date-time',
  'date',
  'time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uuid',
  'json-pointer',
  'regex',
  'iri',
  'uri-template',
  'relative-json-pointer',
  'idn-email',
]
const PATTERNS = [
  '^[a-z]{2,5}$',
  '^\\d{3}-\\d{4}$',
  '^(foo|ba[rz])+$',
  'x',
  '^[^aeiou]+$',
  '^\\w+@\\w+\\.(com|org)$',
  '^\\p{Lu}\\p{Letter}*$',
  '^(?:a|b)?c{3}',
  '[0-9]$',
  '^$|^a',
]

const pair = (min: string, max: string, most: number): fc.Arbitrary<SchemaObject> =>
  fc.tuple(fc.nat(most), fc.nat(most), fc.boolean(), fc.boolean()).map(([a, b, low, high]) => ({
    ...(low && { [min]: Math.min(a, b) }),
    ...(high && { [max]: Math.max(a, b) }),
  }))

const string = fc.oneof(
  pair('minLength', 'maxLength', 12).map((bounds): SchemaObject => ({ type: 'string', ...bounds })),
  fc.constantFrom(...FORMATS).map((format): SchemaObject => ({ type: 'string', format })),
  fc.constantFrom(...PATTERNS).map((pattern): SchemaObject => ({ type: 'string', pattern })),
)
const number = fc.oneof(
  pair('minimum', 'maximum', 50).map((bounds): SchemaObject => ({ type: 'integer', ...bounds })),
  fc.nat(50).map((low): SchemaObject => ({ type: 'number', exclusiveMinimum: low, exclusiveMaximum: low + 0.5 })),
  fc.constantFrom(2, 7, 0.01, 0.5).map((multipleOf): SchemaObject => ({ type: 'number', multipleOf, minimum: -3 })),
  fc.constant<SchemaObject>({
    allOf: [
      { type: 'integer', multipleOf: 4 },
      { multipleOf: 6, minimum: 1 },
    ],
  }),
)
const listed = fc
  .uniqueArray(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 4 })
  .map((values): SchemaObject => ({ enum: JSON.parse(JSON.stringify(values)) }))

/** Schemas that some value fits. */
export function sampledSchema(depth = 2): fc.Arbitrary<JsonSchema> {
  const leaf = fc.oneof(
    string,
    number,
    listed,
    fc.constantFrom<JsonSchema>(
      true,
      { type: 'boolean' },
      { type: ['string', 'null'] },
      { type: 'string', nullable: true },
    ),
  )
  if (depth === 0) return leaf
  const inner = sampledSchema(depth - 1)
  const list = fc.tuple(inner, fc.array(inner, { maxLength: 2 }), fc.boolean()).chain(([items, prefixItems, closed]) =>
    pair('minItems', 'maxItems', 4).map(
      (bounds): SchemaObject => ({
        type: 'array',
        ...(prefixItems.length > 0 && { prefixItems }),
        ...bounds,
        ...(closed && bounds.minItems === undefined ? { unevaluatedItems: false } : { items }),
      }),
    ),
  )
  const unique = pair('minItems', 'maxItems', 4).map(
    (bounds): SchemaObject => ({
      type: 'array',
      items: { type: 'integer', minimum: 0, maximum: 9 },
      uniqueItems: true,
      ...bounds,
    }),
  )
  const contains = fc.nat(3).map(
    (minContains): SchemaObject => ({
      type: 'array',
      items: { type: 'integer' },
      contains: { const: 7 },
      minContains,
      maxContains: minContains + 2,
    }),
  )
  const object = fc
    .tuple(
      fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'long name'), inner, { maxKeys: 4 }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(
      ([properties, required, closed]): SchemaObject => ({
        type: 'object',
        properties,
        ...(required && { required: Object.keys(properties).slice(0, 2) }),
        ...(closed && { additionalProperties: false }),
      }),
    )
  const dependent = fc.tuple(inner, inner).map(
    ([a, b]): SchemaObject => ({
      type: 'object',
      properties: { a, b },
      minProperties: 1,
      propertyNames: { pattern: '^[a-z]+$' },
      dependentRequired: { a: ['b', 'c'], c: ['d'] },
      dependentSchemas: { b: { properties: { e: { type: 'integer' } }, required: ['e'] } },
    }),
  )
  const forms = fc.tuple(inner, inner).map(
    ([a, b]): SchemaObject => ({
      oneOf: [
        { type: 'object', properties: { kind: { const: 'a' }, a }, required: ['kind', 'a'] },
        { type: 'object', properties: { kind: { const: 'b' }, b }, required: ['kind', 'b'] },
      ],
      unevaluatedProperties: false,
    }),
  )
  const patterned = inner.map(
    (each): SchemaObject => ({
      type: 'object',
      patternProperties: { '^x-[a-z]+$': each },
      additionalProperties: false,
      minProperties: 2,
    }),
  )
  const conditional = fc.constant<SchemaObject>({
    type: 'object',
    properties: { country: { enum: ['US', 'NL'] } },
    required: ['country'],
    if: { properties: { country: { const: 'US' } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; it is never awaited
    then: { properties: { zip: { type: 'string', pattern: '^\\d{5}$' } }, required: ['zip'] },
    else: { properties: { zip: { type: 'string', pattern: '^\\d{4} [A-Z]{2}$' } }, required: ['zip'] },
  })
  const tree = fc.constant<SchemaObject>({
    $defs: {
      tree: {
        type: 'object',
        properties: { children: { type: 'array', items: { $ref: '#/$defs/tree' } }, n: { type: 'integer' } },
        required: ['n'],
      },
    },
    $ref: '#/$defs/tree',
  })
  return fc.oneof(
    leaf,
    list,
    unique,
    contains,
    object,
    dependent,
    forms,
    patterned,
    conditional,
    ...(depth === 2 ? [tree] : []),
  )
}
