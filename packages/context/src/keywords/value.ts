import { equalJson } from '../equal.ts'
import { type JsonType, typeOf } from '../json-schema.ts'
import type { Check, Keyword, KeywordPlace } from '../keyword.ts'
import { describe, shown } from '../problem.ts'

const TYPES: { readonly [type in JsonType]: (value: unknown) => boolean } = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  string: (value) => typeof value === 'string',
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

const NAMES: { readonly [type in JsonType]: string } = {
  null: 'null',
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
  string: 'a text',
  array: 'a list',
  object: 'an object',
}

const type: Keyword = (at) => {
  const listed = typeof at.value === 'string' ? [at.value] : at.namesOf(at.value)
  const names = listed.map((name) => knownType(name, at))
  const [only, second] = names.map((name) => TYPES[name])
  if (!only) throw at.invalid('it names no type')
  const test = second ? (value: unknown) => names.some((name) => TYPES[name](value)) : only
  const wanted = names.map((name) => NAMES[name]).join(' or ')
  return (value, run) =>
    test(value) ||
    at.fail(run, () => ({
      expected: at.value,
      actual: typeOf(value),
      message: `must be ${wanted}, not ${describe(value)}`,
    }))
}

function knownType(name: string, at: KeywordPlace): JsonType {
  if (Object.hasOwn(TYPES, name)) return name as JsonType
  throw at.invalid(`"${name}" is no type; there is ${Object.keys(TYPES).join(', ')}`)
}

const enumeration: Keyword = (at) => {
  const values = at.listValue()
  const simple = new Set(values.filter((value) => typeof value !== 'object' || value === null))
  const compound = values.filter((value) => typeof value === 'object' && value !== null)
  const check: Check = (value, run) =>
    simple.has(value) ||
    compound.some((other) => equalJson(value, other)) ||
    at.fail(run, () => ({
      expected: values,
      actual: value,
      message: `must be ${values.map(shown).join(' or ')}, not ${describe(value)}`,
    }))
  return check
}

const constant: Keyword = (at) => (value, run) =>
  equalJson(value, at.value) ||
  at.fail(run, () => ({
    expected: at.value,
    actual: value,
    message: `must be ${shown(at.value)}, not ${describe(value)}`,
  }))

export const valueKeywords: { readonly [keyword: string]: Keyword } = { type, enum: enumeration, const: constant }
