import { join, sep } from 'node:path'
import { WonderError } from '@wonder/errors'

const segment = /^[A-Za-z0-9._:-]+$/
/** Lower case, where a `:` is `%3A`. */
const spreadFolder = /^%[0-9a-f]{2}$/
const digestSegment = /^sha256:([0-9a-f]{64})$/

/**
 * Where a key is kept. Folders are the key's segments, files end in `%` (no key can), so that `a` and `a/b` live side by
 * side; `:` becomes `%3A`, which every file system allows; digests are spread over 256 folders by their first byte.
 */
export function blobPath(root: string, key: string): string {
  const segments = segmentsOf(key)
  const last = segments.pop() ?? ''
  const digest = digestOf(key)
  const spread = digest === null ? [] : [`%${digest.slice(0, 2)}`]
  return join(root, ...segments.map(fileName), ...spread, `${fileName(last)}%`)
}

/** The folder of all keys below a prefix. */
export function blobFolder(root: string, prefix: string): string {
  return join(root, ...segmentsOf(prefix).map(fileName))
}

/** The key of a file below a folder of `blobFolder`, without its prefix; null for a folder. */
export function keyBelow(path: string): string | null {
  if (!path.endsWith('%')) return null
  const names = path.slice(0, -1).split(sep)
  return names
    .filter((name) => !spreadFolder.test(name))
    .map((name) => name.replaceAll('%3A', ':'))
    .join('/')
}

/** The hexadecimal SHA-256 that a key promises, or null. */
export function digestOf(key: string): string | null {
  return digestSegment.exec(key.slice(key.lastIndexOf('/') + 1))?.[1] ?? null
}

function segmentsOf(key: string): string[] {
  const segments = key.split('/')
  const right = segments.every((part) => segment.test(part) && part !== '.' && part !== '..')
  if (right) return segments
  throw new WonderError(
    'blob_key_invalid',
    `Cannot use blob key "${key}": segments of letters, digits and "._:-", joined by "/", are allowed`,
  )
}

function fileName(part: string): string {
  return part.replaceAll(':', '%3A')
}
