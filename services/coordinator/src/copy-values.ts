import { isBlobMarker } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs } from '@wonder/platform'
import { blobKey } from './blob-cache.ts'

/** Digests of the large values and the artifacts that a value refers to. */
export function digestsIn(value: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return found
  if (isBlobMarker(value)) found.add(value.$blob)
  else if (isArtifact(value)) found.add(value.digest)
  else for (const member of Array.isArray(value) ? value : Object.values(value)) digestsIn(member, found)
  return found
}

function isArtifact(value: object): value is { readonly digest: string } {
  if (!('digest' in value) || !('media_type' in value)) return false
  return typeof value.digest === 'string' && value.digest.startsWith('sha256:')
}

/**
 * Copies what `value` refers to from one run to another, so that each keeps what it needs when the other is removed.
 *
 * @throws WonderError `store_corrupt` when a large value is missing or damaged
 */
export async function copyValues(
  blobs: Blobs,
  { from, to }: { readonly from: string; readonly to: string },
  value: unknown,
): Promise<void> {
  for (const digest of digestsIn(value)) {
    if (await blobs.has(blobKey(to, digest))) continue
    const content = await blobs.open(blobKey(from, digest))
    if (content === null) {
      throw new WonderError('store_corrupt', `Cannot fork run "${from}": its value ${digest} is missing`)
    }
    await blobs.putStream(`runs/${to}`, content)
  }
}
