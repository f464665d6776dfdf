import { nearest } from '@wonder/errors'
import type { Access } from './access.ts'
import { Failure, failed, type Site } from './failure.ts'
import { describe, isMap } from './kind.ts'
import { Optional } from './optional.ts'
import type { Compute } from './run.ts'

/** How a message names what is read: `input.a` in `input.a has no "b"`. */
type Subject = string

/** Reads a name of the scope. */
export function readRoot(name: string, site: Site): Compute {
  return (run) => {
    const scope = run.context as { readonly [name: string]: unknown }
    if (Object.hasOwn(scope, name)) {
      const value = scope[name]
      if (value !== undefined) return value
    }
    throw new Failure(
      'missing_reference',
      site,
      () => `nothing is named "${name}" here${near(name, Object.keys(scope))}`,
    )
  }
}

/** Reads a name by an access. */
export function readRootBy(access: Access, name: string, site: Site): Compute {
  const read = access.path([name])
  return (run) => {
    const value = read(run.context)
    if (value !== undefined) return value
    const names = () => access.names(run.context)
    throw new Failure('missing_reference', site, () => `nothing is named "${name}" here${near(name, names())}`)
  }
}

/** Reads `target.key`; of a map only what is its own. */
export function readMember(target: Compute, key: string, of: Subject, site: Site): Compute {
  return (run) => member(target(run), key, of, site)
}

/** Reads `target[key]`. */
export function readIndex(target: Compute, key: Compute, of: Subject, site: Site): Compute {
  return (run) => element(target(run), key(run), of, site)
}

/** Reads `target.?key` and `target[?key]`: an optional, empty where there is nothing. */
export function readOptional(target: Compute, key: Compute, site: Site): Compute {
  return (run) => {
    const held = target(run)
    return optionalElement(held instanceof Optional ? held.value : held, key(run), site)
  }
}

/** Whether has() finds its member: what is before it must be there. */
export function hasElement(target: Compute, key: Compute, site: Site): Compute {
  return (run) => {
    const held = target(run)
    return optionalElement(held instanceof Optional ? held.value : held, key(run), site).value !== undefined
  }
}

function member(target: unknown, key: string, of: Subject, site: Site): unknown {
  if (typeof target === 'object' && target !== null && !Array.isArray(target)) {
    if (target instanceof Optional) return optionalElement(target.value, key, site)
    if (Object.hasOwn(target, key)) {
      const value = (target as { readonly [key: string]: unknown })[key]
      if (value !== undefined) return value
    }
  }
  throw missingMember(target, key, of, site)
}

function element(target: unknown, key: unknown, of: Subject, site: Site): unknown {
  if (Array.isArray(target)) {
    if (typeof key !== 'number' || !Number.isInteger(key)) {
      throw failed(site, () => `a list is read by a whole number, not by ${describe(key)}`)
    }
    const item: unknown = target[key]
    if (item !== undefined) return item
    throw new Failure('missing_reference', site, () => `${of} has ${target.length} items, there is no [${key}]`)
  }
  if (target instanceof Optional) return optionalElement(target.value, key, site)
  if (typeof key !== 'string') {
    throw failed(site, () => `${of} is ${describe(target)}, which cannot be read by ${describe(key)}`)
  }
  return member(target, key, of, site)
}

function optionalElement(target: unknown, key: unknown, site: Site): Optional {
  // What is missing or null has no members: the next `.?` of a chain finds nothing either.
  if (target === undefined || target === null) return Optional.none
  let value: unknown
  if (Array.isArray(target) && typeof key === 'number') value = target[key]
  else if (isMap(target) && typeof key === 'string') value = Object.hasOwn(target, key) ? target[key] : undefined
  else throw failed(site, () => `${describe(target)} has no members that ${describe(key)} could name`)
  return value === undefined ? Optional.none : new Optional(value)
}

function missingMember(target: unknown, key: string, of: Subject, site: Site): Failure {
  if (isMap(target)) {
    return new Failure('missing_reference', site, () => `${of} has no "${key}"${near(key, Object.keys(target))}`)
  }
  if (target === null) return new Failure('missing_reference', site, () => `${of} is null, it has no "${key}"`)
  const hint = key === 'length' ? '. For its length, write size(...)' : ''
  return failed(site, () => `${of} is ${describe(target)}, which has no members; "${key}" is read of it${hint}`)
}

/** More names than this are not compared. */
const MAX_CANDIDATES = 200

function near(name: string, names: readonly string[]): string {
  const keys = names.slice(0, MAX_CANDIDATES)
  const best = name.length > 100 ? undefined : nearest(name, keys)
  if (best !== undefined) return `. Did you mean "${best}"?`
  if (keys.length === 0) return '; it is empty'
  return `; there is ${keys.slice(0, 8).join(', ')}${keys.length > 8 ? ', …' : ''}`
}
