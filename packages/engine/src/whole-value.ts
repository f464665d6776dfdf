import { markersIn, withoutMarkers } from './compile-expr.ts'
import type { Json } from './json.ts'

/** The value with everything in place that was moved to Blobs: as another run may have it. `load` reads by digest. */
export async function wholeValue(value: Json, load: (digest: string) => Promise<Json>): Promise<Json> {
  const digests = new Set<string>()
  markersIn(value, digests)
  if (digests.size === 0) return value
  const loaded = new Map(await Promise.all([...digests].map(async (digest) => [digest, await load(digest)] as const)))
  return withoutMarkers(value, (digest) => loaded.get(digest) ?? null)
}
