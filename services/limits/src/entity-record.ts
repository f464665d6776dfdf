import { WonderError } from '@wonder/errors'
import type { Entity } from '@wonder/platform'

/** What one append wrote: `{"f": 1, "t": epoch ms, "e": [events]}`. A snapshot is `{"f": 1, "s": state}`. */
const format = 1

export function encodeEntityRecord(time: number, events: readonly unknown[]): string {
  return JSON.stringify({ f: format, t: time, e: events })
}

/** @throws WonderError `store_corrupt`, `format_too_new` */
export function decodeEntityRecord(
  entity: Entity,
  body: string,
): { readonly time: number; readonly events: readonly unknown[] } {
  const { t, e } = parse(entity, body)
  if (typeof t === 'number' && Array.isArray(e)) return { time: t, events: e }
  throw new WonderError('store_corrupt', `Cannot read the ${entity.kind} "${entity.id}": a record of it is no record`)
}

/** UTF-16 units a chunk: at most 1 MiB of UTF-8. */
const chunkLength = 262_144

export function encodeEntitySnapshot(state: unknown): readonly string[] {
  const text = JSON.stringify({ f: format, s: state })
  const chunks: string[] = []
  for (let at = 0; at < text.length; at += chunkLength) chunks.push(text.slice(at, at + chunkLength))
  return chunks
}

/** @throws WonderError `store_corrupt`, `format_too_new` */
export function decodeEntitySnapshot(entity: Entity, chunks: readonly string[]): unknown {
  const { s } = parse(entity, chunks.join(''))
  if (s !== undefined) return s
  throw new WonderError('store_corrupt', `Cannot read the ${entity.kind} "${entity.id}": its snapshot is no snapshot`)
}

type Stored = { readonly f?: unknown; readonly t?: unknown; readonly e?: unknown; readonly s?: unknown }

function parse({ kind, id }: Entity, text: string): Stored {
  let stored: Stored
  try {
    stored = (JSON.parse(text) ?? {}) as Stored
  } catch (cause) {
    throw new WonderError('store_corrupt', `Cannot read the ${kind} "${id}": it is not JSON`, { cause })
  }
  if (stored.f === format) return stored
  if (typeof stored.f === 'number' && stored.f > format) {
    const message = `Cannot read the ${kind} "${id}": it has format ${stored.f}, this version reads up to ${format}`
    throw new WonderError('format_too_new', message)
  }
  throw new WonderError('store_corrupt', `Cannot read the ${kind} "${id}": it has no known format`)
}
