import type { Check, Keyword, KeywordPlace } from '../keyword.ts'
import type { Problem } from '../problem.ts'
import type { Run } from '../run.ts'
import { Seen } from '../seen.ts'

function branchesOf(at: KeywordPlace): readonly Check[] {
  const schemas = at.listValue()
  if (schemas.length === 0) throw at.invalid('it must have at least one schema')
  return schemas.map((schema, index) => at.compile(schema, index))
}

const allOf: Keyword = (at) => {
  const branches = branchesOf(at)
  return (value, run, seen) => {
    let ok = true
    for (const branch of branches) {
      if (branch(value, run, seen)) continue
      ok = false
      if (!run.goesOn) return false
    }
    return ok
  }
}

const anyOf: Keyword = (at) => {
  const branches = branchesOf(at)
  return (value, run, seen) => {
    const count = countHolding(branches, value, run, seen, seen ? branches.length : 1)
    return count > 0 || noneHolds(at, branches, value, run)
  }
}

const oneOf: Keyword = (at) => {
  const branches = branchesOf(at)
  return (value, run, seen) => {
    const count = countHolding(branches, value, run, seen, 2)
    if (count === 1) return true
    if (count === 0) return noneHolds(at, branches, value, run)
    const message = `must fit exactly one of ${branches.length} forms, and fits several`
    return at.fail(run, () => ({ expected: 1, actual: value, message }))
  }
}

// Five arguments, for this is the hot path: an object per call would be garbage.
function countHolding(
  branches: readonly Check[],
  value: unknown,
  run: Run,
  seen: Seen | undefined,
  enough: number,
): number {
  const { loud } = run
  run.loud = false
  let count = 0
  for (const branch of branches) {
    const own = seen && new Seen()
    if (branch(value, run, own)) {
      if (seen && own) seen.merge(own)
      count += 1
      if (count >= enough) break
    }
  }
  run.loud = loud
  return count
}

/** Tells of the one form that was meant, when that can be seen; else that none fits. */
function noneHolds(at: KeywordPlace, branches: readonly Check[], value: unknown, run: Run): false {
  if (!run.loud) return false
  const attempts = branches.map((branch) => run.attempt(() => branch(value, run, undefined)))
  const [meant, second] = attempts.filter(({ problems }) => !problems.some((problem) => isOtherForm(problem, run)))
  if (meant && !second) {
    run.problems.push(...meant.problems)
    return false
  }
  const why = attempts.map(({ problems }) => problems[0]?.message).filter((message) => message !== undefined)
  const message = `fits none of ${branches.length} forms: ${[...new Set(why)].slice(0, 4).join('; or ')}`
  return at.fail(run, () => ({ expected: branches.length, actual: value, message }))
}

/** A wrong type, or a wrong constant in the value or its members (a discriminator), means that another form was written. */
function isOtherForm(problem: Problem, run: Run): boolean {
  const below = problem.path.slice(run.pointer.length)
  const depth = below.split('/').length - 1
  if (problem.keyword === 'type' || problem.keyword === 'enum') return depth === 0
  return problem.keyword === 'const' && depth <= 1
}

const not: Keyword = (at) => {
  const check = at.compile(at.value)
  return (value, run) => {
    const { loud } = run
    run.loud = false
    const held = check(value, run, undefined)
    run.loud = loud
    return (
      !held ||
      at.fail(run, () => ({ expected: at.value, actual: value, message: 'has a form that is not allowed here' }))
    )
  }
}

const condition: Keyword = (at) => {
  const test = at.compile(at.value)
  const then = 'then' in at.schema ? at.sibling('then') : undefined
  const otherwise = 'else' in at.schema ? at.sibling('else') : undefined
  return (value, run, seen) => {
    const { loud } = run
    run.loud = false
    const own = seen && new Seen()
    const held = test(value, run, own)
    run.loud = loud
    if (held && seen && own) seen.merge(own)
    const branch = held ? then : otherwise
    return branch === undefined || branch(value, run, seen)
  }
}

/** `then` and `else` belong to `if`; alone they ask for nothing, but must be schemas. */
const consequence: Keyword = (at) => {
  at.compile(at.value)
  return undefined
}

export const combiningKeywords: { readonly [keyword: string]: Keyword } = {
  allOf,
  anyOf,
  oneOf,
  not,
  if: condition,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; the table is never awaited
  then: consequence,
  else: consequence,
}
