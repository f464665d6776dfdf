import { WonderError } from '@wonder/errors'
import type { Json } from '@wonder/platform'

/**
 * Keys that stand for what is not in a value itself: a large value, a text with secrets, a step that did not complete.
 * Data that uses one is refused before it is reported, so that nothing a program or a server answers can ask for a secret.
 */
const reservedKeys: ReadonlySet<string> = new Set(['$blob', '$parts', '$step'])

/** Levels of lists and objects; the kernel takes no more either. */
const MAX_DEPTH = 200

/**
 * Refuses data that could pose as one of the executor's own markers, that is nested too deeply, or that is not JSON.
 *
 * @throws WonderError `invalid_value` that names the place
 */
export function checkOutput(value: Json, what: string): void {
  const problem = find(value, '', 0)
  if (problem === null) return
  const { path, reason } = problem
  const place = path === '' ? '' : ` at "${path}"`
  throw new WonderError('invalid_value', `Cannot take ${what}${place}: ${reason}`, { details: { path } })
}

type Problem = { readonly path: string; readonly reason: string }

/** Paths are written only where something is wrong: every output of every task comes through here. */
function find(value: unknown, step: string | number, depth: number): Problem | null {
  const problem = findWithin(value, depth)
  return problem === null || depth === 0 ? problem : { ...problem, path: `/${step}${problem.path}` }
}

function findWithin(value: unknown, depth: number): Problem | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null
    case 'number':
      return Number.isFinite(value) ? null : { path: '', reason: `${value} is not a JSON number` }
    case 'object':
      break
    default:
      return { path: '', reason: `${typeof value} is not a JSON value` }
  }
  if (value === null) return null
  if (depth >= MAX_DEPTH) return { path: '', reason: `it is nested more than ${MAX_DEPTH} levels deep` }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const problem = find(value[index], index, depth + 1)
      if (problem !== null) return problem
    }
    return null
  }
  for (const key of Object.keys(value)) {
    if (key.startsWith('$') && reservedKeys.has(key)) return { path: '', reason: `the key "${key}" is reserved` }
    const problem = find((value as { readonly [key: string]: unknown })[key], key, depth + 1)
    if (problem !== null) return problem
  }
  return null
}
