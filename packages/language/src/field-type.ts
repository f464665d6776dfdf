import type { JsonSchema, SchemaObject } from '@wonder/context'
import type { Json } from '@wonder/engine'
import { nearest } from '@wonder/errors'

/** A field as its short text describes it. */
export type FieldType = {
  readonly schema: JsonSchema
  readonly required: boolean
  readonly default?: Json
  readonly description?: string
  /** The type alone, as it was written. */
  readonly type: string
}

/** What is wrong with a short text; offsets count from its beginning. */
export type FieldMistake = {
  readonly message: string
  readonly offset: number
  readonly length: number
  readonly help?: string
}

const TYPES: { readonly [name: string]: SchemaObject | true } = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
  any: true,
  path: { type: 'string', format: 'path' },
  file: { type: 'string', format: 'file' },
  date: { type: 'string', format: 'date' },
  duration: { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' },
}

const HABITS: { readonly [word: string]: string } = {
  str: 'string',
  text: 'string',
  int: 'integer',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  list: 'string[]',
  array: 'string[]',
  map: 'object',
  dict: 'object',
  json: 'any',
  datetime: 'string',
  url: 'string',
  uri: 'string',
  enum: '"a" | "b"',
}

/**
 * Reads a field's short text: `integer = 20`, `string[]`, `"a" | "b"`, `string?`, with a description after ` # `.
 *
 * @example
 * readFieldType('integer = 20') // { schema: { type: 'integer' }, required: false, default: 20, type: 'integer' }
 */
export function readFieldType(text: string): FieldType | FieldMistake {
  const comment = /\s#\s(.*)$/.exec(text)
  const body = comment === null ? text : text.slice(0, comment.index)
  const equals = outsideQuotes(body, '=')
  const left = (equals === -1 ? body : body.slice(0, equals)).trimEnd()
  const optional = left.trim().endsWith('?')
  const type = (optional ? left.trim().slice(0, -1) : left.trim()).trim()
  const schema = readType(type)
  if (schema === undefined) return typeMistake(type, Math.max(0, text.indexOf(type)))
  const description = comment?.[1]?.trim()
  const about = description === undefined || description === '' ? {} : { description }
  if (equals === -1) return { schema, required: !optional, type, ...about }
  const written = body.slice(equals + 1).trim()
  const value = readDefault(written)
  if (value === undefined) {
    return {
      message: `the default ${written === '' ? 'is missing' : 'must be written as JSON'}`,
      offset: written === '' ? equals : body.indexOf(written, equals),
      length: Math.max(1, written.length),
      help: defaultHelp(type, schema, written),
    }
  }
  return { schema, required: false, default: value.json, type, ...about }
}

export function isMistake(read: FieldType | FieldMistake): read is FieldMistake {
  return 'message' in read
}

function readType(type: string): JsonSchema | undefined {
  if (type.endsWith('[]')) {
    const items = readType(
      type
        .slice(0, -2)
        .trim()
        .replace(/^\((.*)\)$/, '$1'),
    )
    return items === undefined ? undefined : listOf(items)
  }
  if (/^["'\d-]/.test(type)) return readChoice(type)
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  return known
}

const lists = new WeakMap<SchemaObject, SchemaObject>()

/** What to write instead of a default that is no JSON: a text in quotes, where the type takes one. */
function defaultHelp(type: string, schema: JsonSchema, written: string): string {
  const of = typeof schema === 'object' ? schema.type : undefined
  if (of === 'boolean') return 'A boolean is true or false.'
  if (written === '') return 'Write a value after the "=".'
  if (of === 'integer' || of === 'number') return `Write a number, such as ${type} = 20.`
  if (of === 'array') return `Write a list in JSON, such as ${type} = [].`
  if (of === 'object') return `Write a map in JSON, such as ${type} = {}.`
  return `Write ${type} = ${JSON.stringify(written)}.`
}

/** The list of a type that has a name is one object, as that type is, so that it need be compiled only once. */
function listOf(items: JsonSchema): SchemaObject {
  const known = typeof items === 'object' ? lists.get(items) : undefined
  const list = known ?? ({ type: 'array', items } as const)
  if (typeof items === 'object') lists.set(items, list)
  return list
}

function readChoice(type: string): JsonSchema | undefined {
  const values: Json[] = []
  for (const part of type.split('|')) {
    const value = readDefault(part.trim().replace(/^'(.*)'$/, '"$1"'))
    if (value === undefined) return undefined
    values.push(value.json)
  }
  return { enum: values }
}

function readDefault(text: string): { readonly json: Json } | undefined {
  try {
    return { json: JSON.parse(text) as Json }
  } catch {
    const quoted = /^'([^'\\]*)'$/.exec(text)
    return quoted === null ? undefined : { json: quoted[1] ?? '' }
  }
}

function outsideQuotes(text: string, sign: string): number {
  const blanked = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, (found) => '_'.repeat(found.length))
  return blanked.indexOf(sign)
}

function typeMistake(type: string, offset: number): FieldMistake {
  const word = type.replace(/[[\]?]/g, '')
  const names = Object.keys(TYPES)
  const known = HABITS[word.toLowerCase()] ?? nearest(word, names)
  return {
    message: type === '' ? 'a type is missing' : `there is no type "${type}"`,
    offset,
    length: Math.max(1, type.length),
    help:
      known === undefined
        ? `The types are ${names.join(', ')}, "a" | "b", and any of them with [] or ?.`
        : `Did you mean "${known}"?`,
  }
}
