import { type Answer, place } from './fit-answer.ts'
import { isObject, type JsonType } from './json-schema.ts'
import { compile } from './schema.ts'
import type { SchemaView } from './schema-view.ts'

const NAMES: { readonly [type in JsonType]: string } = {
  null: 'null',
  boolean: 'a boolean',
  integer: 'an integer',
  number: 'a number',
  string: 'a text',
  array: 'a list',
  object: 'an object',
}

export function compareTypes(output: SchemaView, input: SchemaView, path: string): Answer {
  const asked = input.types()
  if (!asked) return 'yes'
  const given = output.types()
  if (!given) return 'unknown'
  const allowed = (type: JsonType) => asked.includes(type) || (type === 'integer' && asked.includes('number'))
  const wrong = given.filter((type) => !allowed(type))
  if (wrong.length === 0) return 'yes'
  // Some numbers are integers.
  const disjoint = wrong.length === given.length && !(wrong.includes('number') && asked.includes('integer'))
  const names = (types: readonly JsonType[]) => types.map((type) => NAMES[type]).join(' or ')
  return { why: `${names(wrong)} is given where ${names(asked)} is asked${place(path)}`, disjoint }
}

/** The finitely many values of an output, or undefined. */
export function valuesOf(view: SchemaView): readonly unknown[] | undefined {
  if (typeof view.schema === 'boolean' || refers(view)) return undefined
  const { schema } = view
  if (!('const' in schema) && !schema.enum) return undefined
  const own = compile(schema)
  return ('const' in schema ? [schema.const] : (schema.enum ?? [])).filter((value) => own.check(value).ok)
}

export function compareValues(values: readonly unknown[], input: SchemaView, path: string): Answer {
  const asked = compile(input.schema)
  const wrong = values.filter((value) => !asked.check(value).ok)
  if (wrong.length === 0) return 'yes'
  return {
    why: `${JSON.stringify(wrong[0])} may be given${place(path)}, which is not allowed`,
    disjoint: wrong.length === values.length,
  }
}

/** The input asks for certain values, and the output is not limited to values that are known. */
export function compareAskedValues(output: SchemaView, input: SchemaView, path: string): Answer {
  if (typeof input.schema === 'boolean' || (!('const' in input.schema) && !input.schema.enum)) return 'yes'
  const asked = 'const' in input.schema ? [input.schema.const] : (input.schema.enum ?? [])
  const types = output.types()
  if (!types) return 'unknown'
  const some = asked.some((value) => compile({ type: types }).check(value).ok)
  const list = asked.map((value) => JSON.stringify(value)).join(', ')
  const given = types.map((type) => NAMES[type]).join(' or ')
  // A boolean or null has so few values that the list may name them all.
  const finite = types.every((type) => type === 'boolean' || type === 'null')
  if (finite && some) return 'unknown'
  return { why: `${given} is given where only ${list} is allowed${place(path)}`, disjoint: !some }
}

export function refers(view: SchemaView): boolean {
  return refersIn(view.schema)
}

export function refersIn(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(refersIn)
  return isObject(value) && ('$ref' in value || '$dynamicRef' in value || Object.values(value).some(refersIn))
}
