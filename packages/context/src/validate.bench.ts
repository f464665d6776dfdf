// node packages/context/src/validate.bench.ts: checks per second, beside ajv (compiled with eval) and @cfworker/json-schema.
import { Validator } from '@cfworker/json-schema'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonSchema } from './json-schema.ts'
import { compile } from './schema.ts'

type Case = { readonly name: string; readonly schema: JsonSchema; readonly value: unknown }

const small: JsonSchema = {
  type: 'object',
  properties: {
    repository: { type: 'string', minLength: 1 },
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    dry: { type: 'boolean' },
  },
  required: ['repository'],
  additionalProperties: false,
}

const nested: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { enum: ['open', 'closed', 'merged'] },
    author: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        email: { type: 'string' },
        age: { type: 'integer', minimum: 0 },
        address: {
          type: 'object',
          properties: { street: { type: 'string' }, city: { type: 'string' }, zip: { type: 'string', maxLength: 10 } },
          required: ['city'],
        },
      },
      required: ['name'],
      additionalProperties: false,
    },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 20, uniqueItems: true },
    comments: { type: 'array', items: { $ref: '#/$defs/comment' } },
    source: {
      anyOf: [
        { type: 'string' },
        { type: 'object', properties: { url: { type: 'string' }, ref: { type: 'string' } }, required: ['url'] },
      ],
    },
  },
  required: ['id', 'status', 'author'],
  $defs: {
    comment: {
      type: 'object',
      properties: {
        text: { type: 'string' },
        votes: { type: 'integer' },
        replies: { type: 'array', items: { $ref: '#/$defs/comment' } },
      },
      required: ['text'],
    },
  },
}

const shared = { $defs: nested.$defs ?? {} }

const comment = (depth: number): unknown => ({
  text: 'I do not think so',
  votes: depth,
  replies: depth === 0 ? [] : [comment(depth - 1), comment(depth - 1)],
})

const nestedValue = {
  id: 'c7',
  status: 'open',
  author: {
    name: 'Ada',
    email: 'ada@example.com',
    age: 36,
    address: { street: 'St James Square 12', city: 'London', zip: 'SW1' },
  },
  tags: ['a', 'b', 'c'],
  comments: [comment(2)],
  source: { url: 'https://example.com/a.git', ref: 'main' },
}

const cases: readonly Case[] = [
  { name: 'small', schema: small, value: { repository: '.', limit: 20, dry: true } },
  { name: 'nested', schema: nested, value: nestedValue },
  {
    name: 'large',
    schema: { ...shared, type: 'array', items: nested },
    value: Array.from({ length: 500 }, (_, index) => ({ ...structuredClone(nestedValue), id: `c${index}` })),
  },
  {
    name: 'pattern',
    schema: { type: 'object', properties: { id: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,30}$' } } },
    value: { id: 'a-name-of-things-7' },
  },
]

/**
 * Calls a second of each: the best of some rounds, for other work on the machine only ever makes it slower. Rounds are
 * interleaved, so that it is the same for all.
 */
function rates(calls: readonly (() => boolean)[], rounds = 8): number[] {
  const counts = calls.map(() => 1)
  const best = calls.map(() => 0)
  for (let round = 0; round < rounds * 2; round++) {
    for (const [index, call] of calls.entries()) {
      const count = counts[index] ?? 1
      const begin = performance.now()
      for (let made = 0; made < count; made++) if (!call()) throw new Error('The value was refused')
      const took = Math.max(performance.now() - begin, 0.01)
      counts[index] = Math.max(1, Math.ceil(count * Math.min(20, 60 / took)))
      if (round >= rounds) best[index] = Math.max(best[index] ?? 0, (count / took) * 1000)
    }
  }
  return best
}

const short = (perSecond: number) => Math.round(perSecond).toLocaleString('en')

for (const { name, schema, value } of cases) {
  // Ajv's and cfworker's own types of a schema are mutable.
  const copy = structuredClone(schema) as object
  const ours = compile(schema)
  const ajv = new Ajv2020({ strict: false }).compile(copy)
  const cfworker = new Validator(copy, '2020-12')
  const [a = 0, b = 0, c = 0] = rates([
    () => ours.accepts(value),
    () => ajv(value),
    () => cfworker.validate(value).valid,
  ])
  console.log(
    `${name.padEnd(8)} ${short(a).padStart(12)}/s  ajv ${short(b).padStart(12)}/s (${(a / b).toFixed(2)}×)  cfworker ${short(c).padStart(9)}/s (${(a / c).toFixed(1)}×)`,
  )
}

for (const { name, schema, value } of cases.slice(0, 2)) {
  const copy = structuredClone(schema) as object
  const [a = 0, b = 0] = rates([
    () => compile(schema).accepts(value),
    () => new Ajv2020({ strict: false, validateSchema: false }).compile(copy)(value),
  ])
  console.log(
    `compile ${name.padEnd(7)} and check once ${short(a).padStart(8)}/s  ajv ${short(b).padStart(6)}/s (${(a / b).toFixed(0)}×)`,
  )
}
