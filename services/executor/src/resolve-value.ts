import { WonderError } from '@wonder/errors'
import type { Blobs, Json, JsonObject } from '@wonder/platform'
import { type Escape, escapeFor } from '@wonder/templates'

export type ValueSources = {
  readonly run: string
  readonly blobs: Blobs
  /** The secret's present value; rejects when there is none. */
  secret(name: string): Promise<string>
}

/** Is there a part of the value that must be fetched? Most values have none and are used as they are. */
export function hasMarkers(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasMarkers)
  const object = value as JsonObject
  for (const key of Object.keys(object)) {
    if (key === '$blob' || key === '$parts' || hasMarkers(object[key] as Json)) return true
  }
  return false
}

/**
 * The value with its large parts loaded and its secrets joined in. What comes out is data: it is never looked at again.
 *
 * @throws WonderError `secret_missing`; `value_missing` when a large value is not where the journal says it is.
 */
export async function resolveValue(value: Json, sources: ValueSources): Promise<Json> {
  if (!hasMarkers(value)) return value
  if (Array.isArray(value)) return Promise.all(value.map((item: Json) => resolveValue(item, sources)))
  const object = value as JsonObject
  if (typeof object.$blob === 'string') return resolveValue(await load(object.$blob, sources), sources)
  if (Array.isArray(object.$parts)) return join(object.$parts as readonly Json[], sources)
  const members = await Promise.all(
    Object.entries(object).map(async ([key, member]) => [key, await resolveValue(member, sources)] as const),
  )
  return Object.fromEntries(members)
}

async function load(digest: string, { run, blobs }: ValueSources): Promise<Json> {
  const bytes = await blobs.get(`runs/${run}/${digest}`)
  if (bytes === null) {
    throw new WonderError('value_missing', `Cannot load a value of run "${run}": ${digest} is not in the store`)
  }
  return JSON.parse(new TextDecoder().decode(bytes)) as Json
}

async function join(parts: readonly Json[], { secret }: ValueSources): Promise<string> {
  const texts = await Promise.all(
    parts.map(async (part) => {
      if (typeof part === 'string') return part
      const place = part as { readonly secret: string; readonly escape: Escape }
      return escapeFor(place.escape, await secret(place.secret))
    }),
  )
  return texts.join('')
}
