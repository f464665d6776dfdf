import { formats } from '../format.ts'
import type { Keyword } from '../keyword.ts'
import { describe } from '../problem.ts'

/** Code points, as JSON Schema counts; a text has at least half as many as UTF-16 units, and at most as many. */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length += 1
  return length
}

const minLength: Keyword = (at) => {
  const limit = at.countValue()
  return (value, run) =>
    typeof value !== 'string' ||
    value.length >= limit * 2 ||
    (value.length >= limit && lengthOf(value) >= limit) ||
    at.fail(run, () => ({
      expected: limit,
      actual: value,
      message: limit === 1 ? 'must not be empty' : `must have at least ${limit} characters, and has ${lengthOf(value)}`,
    }))
}

const maxLength: Keyword = (at) => {
  const limit = at.countValue()
  return (value, run) =>
    typeof value !== 'string' ||
    value.length <= limit ||
    (value.length <= limit * 2 && lengthOf(value) <= limit) ||
    at.fail(run, () => ({
      expected: limit,
      actual: value,
      message: `must have at most ${limit} characters, and has ${lengthOf(value)}`,
    }))
}

const pattern: Keyword = (at) => {
  const { value: source } = at
  if (typeof source !== 'string') throw at.invalid('it must be a text')
  const matches = at.compiler.patterns.compile(source)
  if (typeof matches !== 'function') throw at.invalid(matches.why)
  return (value, run) =>
    typeof value !== 'string' ||
    matches(value) ||
    at.fail(run, () => ({ expected: source, actual: value, message: `must match ${source}; it is ${describe(value)}` }))
}

/** An annotation unless the caller asks for formats; unknown names are always annotations. */
const format: Keyword = (at) => {
  const { value: name } = at
  if (typeof name !== 'string') throw at.invalid('it must be a text')
  const holds = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (!holds) return undefined
  const always = at.node.resource.vocabulary?.assertsFormats === true
  return (value, run) =>
    !(always || run.formats) ||
    typeof value !== 'string' ||
    holds(value) ||
    at.fail(run, () => ({ expected: name, actual: value, message: `must be a ${name}; it is ${describe(value)}` }))
}

export const stringKeywords: { readonly [keyword: string]: Keyword } = { minLength, maxLength, pattern, format }
