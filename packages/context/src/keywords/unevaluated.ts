import { isObject } from '../json-schema.ts'
import type { Keyword } from '../keyword.ts'
import { forbidden, memberOf } from './object.ts'

const unevaluatedProperties: Keyword = (at) => {
  const check = at.value === false ? forbidden(at, new Set()) : memberOf(at.compile(at.value))
  return (value, run, seen) => {
    if (!isObject(value)) return true
    let ok = true
    for (const name of Object.keys(value)) {
      if (seen?.hasProperty(name)) continue
      run.enter(name)
      if (!check(value[name], name, run)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    seen?.addAllProperties()
    return ok
  }
}

const unevaluatedItems: Keyword = (at) => {
  const check = at.compile(at.value)
  return (value, run, seen) => {
    if (!Array.isArray(value)) return true
    let ok = true
    for (let index = 0; index < value.length; index++) {
      if (seen?.hasItem(index)) continue
      run.enter(index)
      if (!check(value[index], run, undefined)) ok = false
      run.leave()
      if (!ok && !run.goesOn) return false
    }
    seen?.addFirstItems(value.length)
    return ok
  }
}

/** What looks at all that the other keywords of its schema have evaluated, and so runs last. */
export const unevaluatedKeywords: { readonly [keyword: string]: Keyword } = { unevaluatedProperties, unevaluatedItems }
