import type { Json, JsonObject } from '@wonder/platform'
import { isObject } from './config-reader.ts'

/** Deeper parts of a schema get the simplest value. */
const MAX_DEPTH = 8
const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'haven', 'isle', 'juniper']

/**
 * A value that fits a JSON Schema, the same for the same seed. Understands type, enum, const, default, ranges, multipleOf,
 * lengths, items, properties, required, some formats; of anyOf and oneOf the first. A pattern is not followed.
 */
export function sampleValue(schema: Json, seed: number): Json {
  return sample(schema, randomFrom(seed), 0)
}

type Random = () => number

/** mulberry32: numbers in [0, 1). */
function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function sample(schema: Json | undefined, random: Random, depth: number): Json {
  if (!isObject(schema)) return null
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return pick(schema.enum as readonly Json[], random)
  const choice = (schema.anyOf ?? schema.oneOf) as Json | undefined
  if (Array.isArray(choice)) return sample((choice as readonly Json[])[0], random, depth)
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, random, depth)
    case 'array':
      return sampleList(schema, random, depth)
    case 'string':
      return sampleText(schema, random)
    case 'integer':
      return sampleNumber(schema, random, number(schema.multipleOf) ?? 1)
    case 'number':
      return sampleNumber(schema, random, number(schema.multipleOf) ?? 0.01)
    case 'boolean':
      return random() < 0.5
    default:
      return null
  }
}

function typeOf(schema: JsonObject): Json | undefined {
  const type = Array.isArray(schema.type) ? (schema.type as readonly Json[]).find((one) => one !== 'null') : schema.type
  if (type !== undefined) return type
  return schema.properties !== undefined ? 'object' : schema.items !== undefined ? 'array' : undefined
}

function sampleObject(schema: JsonObject, random: Random, depth: number): Json {
  const required: readonly Json[] = Array.isArray(schema.required) ? schema.required : []
  const members: [string, Json][] = []
  for (const [key, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (!required.includes(key) && (depth >= MAX_DEPTH || random() < 0.3)) continue
    members.push([key, sample(property, random, depth + 1)])
  }
  return Object.fromEntries(members)
}

function sampleList(schema: JsonObject, random: Random, depth: number): Json {
  const least = number(schema.minItems) ?? 0
  const most = depth >= MAX_DEPTH ? least : (number(schema.maxItems) ?? least + 3)
  return Array.from({ length: between(least, most, random) }, () => sample(schema.items, random, depth + 1))
}

const formats: Readonly<Record<string, (random: Random) => string>> = {
  date: (random) => `20${two(between(20, 29, random))}-${two(between(1, 12, random))}-${two(between(1, 28, random))}`,
  'date-time': (random) =>
    `${formats.date?.(random)}T${two(between(0, 23, random))}:${two(between(0, 59, random))}:00Z`,
  email: (random) => `${pick(words, random)}@example.com`,
  uri: (random) => `https://example.com/${pick(words, random)}`,
  uuid: (random) => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => between(0, 15, random).toString(16)),
}

function sampleText(schema: JsonObject, random: Random): string {
  const format =
    typeof schema.format === 'string' && Object.hasOwn(formats, schema.format) ? formats[schema.format] : undefined
  if (format !== undefined) return format(random)
  const least = number(schema.minLength) ?? 0
  const most = number(schema.maxLength) ?? Number.POSITIVE_INFINITY
  let text = pick(words, random)
  while (text.length < least) text += ` ${pick(words, random)}`
  return text.slice(0, Math.max(least, Math.min(text.length, most)))
}

function sampleNumber(schema: JsonObject, random: Random, step: number): number {
  const above = number(schema.exclusiveMinimum)
  const below = number(schema.exclusiveMaximum)
  const least = Math.max(
    number(schema.minimum) ?? Number.NEGATIVE_INFINITY,
    above === undefined ? Number.NEGATIVE_INFINITY : above + step,
  )
  const most = Math.min(
    number(schema.maximum) ?? Number.POSITIVE_INFINITY,
    below === undefined ? Number.POSITIVE_INFINITY : below - step,
  )
  const from = Number.isFinite(least) ? least : Number.isFinite(most) ? most - 100 * step : 0
  const to = Number.isFinite(most) ? most : from + 100 * step
  const first = Math.ceil(from / step)
  const value = between(first, Math.max(first, Math.floor(to / step)), random) * step
  // Without what binary fractions add: 0.1 * 3 is 0.30000000000000004.
  return Number(value.toPrecision(12))
}

/** An integer, both ends included. */
function between(from: number, to: number, random: Random): number {
  return from + Math.floor(random() * (Math.max(from, to) - from + 1))
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
