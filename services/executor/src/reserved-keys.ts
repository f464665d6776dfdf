import { WonderError } from '@wonder/errors'
import type { Json } from '@wonder/platform'

/**
 * Keys that stand for what is not in a value itself: a large value, a text with secrets, a step that did not complete.
 * Data that uses one is refused before it is reported, so that nothing a program or a server answers can ask for a secret.
 */
const reservedKeys: ReadonlySet<string> = new Set(['$blob', '$parts', '$step'])

/**
 * Refuses data that could pose as one of the executor's own markers, and what is not JSON.
 *
 * @throws WonderError `invalid_value` that names the place
 */
export function checkOutput(value: Json, what: string): void {
  if (typeof value === 'object' && value !== null) checkMembers(value, what, '')
  else checkScalar(value, what, '')
}

function checkMembers(value: object, what: string, path: string): void {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) checkMember(value[index], what, path, index)
    return
  }
  for (const key of Object.keys(value)) {
    if (key.startsWith('$') && reservedKeys.has(key)) {
      throw new WonderError('invalid_value', `Cannot take ${what}: the key "${key}" at "${path}/" is reserved`, {
        details: { path: `${path}/${key}` },
      })
    }
    checkMember((value as { readonly [key: string]: unknown })[key], what, path, key)
  }
}

function checkMember(value: unknown, what: string, path: string, key: string | number): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return
  if (typeof value === 'object') checkMembers(value, what, `${path}/${key}`)
  else checkScalar(value, what, `${path}/${key}`)
}

function checkScalar(value: unknown, what: string, path: string): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw new WonderError('invalid_value', `Cannot take ${what}: "${path}/" is not JSON`, { details: { path } })
}
