import fc from 'fast-check'
import type { JsonSchema } from '../src/json-schema.ts'

/** A schema and values that fit it. */
export type Modelled = { readonly schema: JsonSchema; readonly values: fc.Arbitrary<unknown> }

type Member = { readonly model: Modelled; readonly required: boolean }

/** Texts that a column keeps: no U+0000, no half surrogate pairs. */
const text = fc
  .string({ unit: 'binary', maxLength: 6 })
  .filter((string) => string.isWellFormed() && !string.includes('\0'))
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'A',
    'a_b',
    'value',
    'index',
    'state',
    '_rest',
    'a_state',
    '__proto__',
    'xmin',
    '"; DROP TABLE x; --',
    "'",
    '',
  ),
  text,
)
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)))

function scalar(): fc.Arbitrary<Modelled> {
  const plain = fc.constantFrom<Modelled>(
    { schema: { type: 'string' }, values: text },
    {
      schema: { type: 'string', maxLength: 3, default: 'x' },
      values: text.map((string) => [...string].slice(0, 3).join('')),
    },
    { schema: { type: 'integer' }, values: fc.maxSafeInteger().map((number) => number + 0) },
    { schema: { type: 'integer', minimum: -2, maximum: 5 }, values: fc.integer({ min: -2, max: 5 }) },
    {
      schema: { type: 'number' },
      values: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    },
    { schema: { type: 'boolean' }, values: fc.boolean() },
    { schema: { enum: ["it's", 'b\\', 'c'] }, values: fc.constantFrom("it's", 'b\\', 'c') },
    { schema: {}, values: json },
    { schema: { type: ['string', 'integer'] }, values: fc.oneof(text, fc.integer()) },
  )
  return fc.tuple(plain, fc.boolean()).map(([model, nullable]) => (nullable ? orNull(model) : model))
}

function orNull({ schema, values }: Modelled): Modelled {
  if (typeof schema === 'boolean') return { schema, values }
  return { schema: { ...schema, nullable: true }, values: fc.option(values) }
}

function objectOf(members: ReadonlyMap<string, Member>, open: boolean): Modelled {
  const known = [...members.keys()]
  const values = fc
    .tuple(
      fc.tuple(
        ...[...members.values()].map(({ model, required }) =>
          required ? model.values : fc.option(model.values, { nil: undefined }),
        ),
      ),
      open ? fc.dictionary(name, json, { maxKeys: 2 }) : fc.constant({}),
    )
    .map(([given, more]) =>
      Object.fromEntries([
        ...Object.entries(more).filter(([key]) => !members.has(key)),
        ...known.flatMap((key, at) => (given[at] === undefined ? [] : [[key, given[at]] as const])),
      ]),
    )
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries([...members].map(([key, { model }]) => [key, model.schema])),
      required: known.filter((key) => members.get(key)?.required),
      ...(!open && { additionalProperties: false }),
    },
    values,
  }
}

function listOf(item: Modelled): Modelled {
  return { schema: { type: 'array', items: item.schema }, values: fc.array(item.values, { maxLength: 3 }) }
}

function nested(depth: number): fc.Arbitrary<Modelled> {
  if (depth === 0) return scalar()
  const object = fc
    .tuple(fc.array(fc.tuple(name, nested(depth - 1), fc.boolean()), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([members, open]) =>
      objectOf(new Map(members.map(([key, model, required]) => [key, { model, required }])), open),
    )
  const list = nested(depth - 1).map(listOf)
  return fc
    .tuple(fc.oneof(scalar(), object, list), fc.boolean())
    .map(([model, nullable]) => (nullable ? orNull(model) : model))
}

/** Object schemas with a key `id`, of names and forms that are hard on a database, and values of them. */
export function storedObject(depth = 2): fc.Arbitrary<Modelled> {
  const id: Member = {
    model: { schema: { type: 'string' }, values: fc.constantFrom('one', "o'ne", '') },
    required: true,
  }
  return fc
    .tuple(fc.array(fc.tuple(name, nested(depth), fc.boolean()), { maxLength: 4 }), fc.boolean())
    .map(([members, open]) =>
      objectOf(
        new Map<string, Member>([
          ...members.map(([key, model, required]) => [key, { model, required }] as const),
          ['id', id],
        ]),
        open,
      ),
    )
}
