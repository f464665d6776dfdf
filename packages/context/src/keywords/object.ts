import { nearest } from '@wonder/errors'
import { isObject } from '../json-schema.ts'
import type { Check, Keyword, KeywordPlace } from '../keyword.ts'
import type { Pattern } from '../pattern.ts'
import { shown } from '../problem.ts'
import type { Run } from '../run.ts'

const properties: Keyword = (at) => {
  const entries = Object.entries(at.mapValue()).map(([name, schema]) => ({ name, check: at.compile(schema, name) }))
  return (value, run, seen) => {
    if (!isObject(value)) return true
    let ok = true
    for (const { name, check } of entries) {
      if (!Object.hasOwn(value, name)) continue
      seen?.addProperty(name)
      run.enter(name)
      if (!check(value[name], run, undefined)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    return ok
  }
}

function patternsOf(at: KeywordPlace, value: unknown): { readonly pattern: Pattern; readonly source: string }[] {
  if (!isObject(value)) throw at.invalid('it must be an object')
  return Object.keys(value).map((source) => {
    const pattern = at.compiler.patterns.compile(source)
    if (typeof pattern !== 'function') throw at.invalid(pattern.why)
    return { pattern, source }
  })
}

const patternProperties: Keyword = (at) => {
  const map = at.mapValue()
  const entries = patternsOf(at, map).map(({ pattern, source }) => ({
    pattern,
    check: at.compile(map[source], source),
  }))
  return (value, run, seen) => {
    if (!isObject(value)) return true
    let ok = true
    for (const name of Object.keys(value)) {
      for (const { pattern, check } of entries) {
        if (!pattern(name)) continue
        seen?.addProperty(name)
        run.enter(name)
        if (!check(value[name], run, undefined)) ok = false
        run.leave()
        if (!ok && !run.goesOn) return false
      }
    }
    return ok
  }
}

const additionalProperties: Keyword = (at) => {
  const known = new Set(isObject(at.schema.properties) ? Object.keys(at.schema.properties) : [])
  const patterns = patternsOf(at, at.schema.patternProperties ?? {}).map(({ pattern }) => pattern)
  const isOther = (name: string) => !known.has(name) && !patterns.some((pattern) => pattern(name))
  const check = at.value === false ? forbidden(at, known) : memberOf(at.compile(at.value))
  return (value, run, seen) => {
    if (!isObject(value)) return true
    let ok = true
    for (const name of Object.keys(value)) {
      if (!isOther(name)) continue
      run.enter(name)
      if (!check(value[name], name, run)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    seen?.addAllProperties()
    return ok
  }
}

/** Checks a property that knows its name. */
type Member = (value: unknown, name: string, run: Run) => boolean

export function memberOf(check: Check): Member {
  return (value, _, run) => check(value, run, undefined)
}

/** Says of each property that it is unknown, and which was meant. */
export function forbidden(at: KeywordPlace, known: ReadonlySet<string>): Member {
  return (value, name, run) =>
    at.fail(run, () => {
      const near = nearest(name, known)
      const message = `is not known here${near ? `; did you mean "${near}"?` : ''}`
      return { expected: [...known], actual: value, message }
    })
}

const required: Keyword = (at) => {
  const names = at.namesOf(at.value)
  return (value, run) => {
    if (!isObject(value)) return true
    let ok = true
    for (const name of names) {
      if (Object.hasOwn(value, name)) continue
      ok = at.fail(run, () => ({ expected: names, actual: undefined, property: name, message: 'is required' }))
      if (!run.goesOn) return false
    }
    return ok
  }
}

const dependentRequired: Keyword = (at) => {
  const entries = Object.entries(at.mapValue()).map(([name, names]) => ({ name, names: at.namesOf(names) }))
  return (value, run) => {
    if (!isObject(value)) return true
    let ok = true
    for (const { name, names } of entries) {
      if (!Object.hasOwn(value, name)) continue
      for (const other of names) {
        if (Object.hasOwn(value, other)) continue
        const message = `is required, because there is ${shown(name)}`
        ok = at.fail(run, () => ({ expected: names, actual: undefined, property: other, message }))
        if (!run.goesOn) return false
      }
    }
    return ok
  }
}

const dependentSchemas: Keyword = (at) => {
  const entries = Object.entries(at.mapValue()).map(([name, schema]) => ({ name, check: at.compile(schema, name) }))
  return (value, run, seen) => {
    if (!isObject(value)) return true
    let ok = true
    for (const { name, check } of entries) {
      if (Object.hasOwn(value, name) && !check(value, run, seen)) ok = false
      if (!ok && !run.goesOn) return false
    }
    return ok
  }
}

const propertyNames: Keyword = (at) => {
  const check = at.compile(at.value)
  return (value, run) => {
    if (!isObject(value)) return true
    let ok = true
    for (const name of Object.keys(value)) {
      run.enter(name)
      if (!check(name, run, undefined)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    return ok
  }
}

function propertyCount(holds: (count: number, limit: number) => boolean, words: string): Keyword {
  return (at) => {
    const limit = at.countValue()
    return (value, run) => {
      if (!isObject(value)) return true
      const count = Object.keys(value).length
      if (holds(count, limit)) return true
      return at.fail(run, () => ({
        expected: limit,
        actual: count,
        message: `must have ${words} ${limit} properties, and has ${count}`,
      }))
    }
  }
}

export const objectKeywords: { readonly [keyword: string]: Keyword } = {
  required,
  properties,
  patternProperties,
  additionalProperties,
  dependentRequired,
  dependentSchemas,
  propertyNames,
  minProperties: propertyCount((count, limit) => count >= limit, 'at least'),
  maxProperties: propertyCount((count, limit) => count <= limit, 'at most'),
}
