import { createHash } from 'node:crypto'
import { WonderError } from '@wonder/errors'
import type { Blobs } from '@wonder/platform'

const segment = /^[A-Za-z0-9._:-]+$/

/** Blobs in memory. */
export function memoryBlobs(): Blobs {
  const contents = new Map<string, Uint8Array>()
  const put = (key: string, content: Uint8Array) => {
    if (!contents.has(checked(key))) contents.set(key, content)
  }
  const get = (key: string) => {
    const content = contents.get(checked(key))
    return content === undefined ? null : content.slice()
  }
  return {
    async put(key, content) {
      put(key, typeof content === 'string' ? new TextEncoder().encode(content) : content.slice())
    },
    async putStream(prefix, content) {
      checked(prefix)
      const pieces: Uint8Array[] = []
      const hash = createHash('sha256')
      for await (const piece of content) {
        pieces.push(piece.slice())
        hash.update(piece)
      }
      const digest = `sha256:${hash.digest('hex')}`
      const whole = Buffer.concat(pieces)
      put(`${prefix}/${digest}`, new Uint8Array(whole))
      return { digest, size: whole.length }
    },
    get: async (key) => get(key),
    has: async (key) => contents.has(checked(key)),
    async open(key) {
      const content = get(key)
      if (content === null) return null
      return (async function* () {
        if (content.length > 0) yield content
      })()
    },
    async list(prefix) {
      checked(prefix)
      return [...contents.keys()].filter((key) => key.startsWith(`${prefix}/`))
    },
    async removeAll(prefix) {
      checked(prefix)
      for (const key of contents.keys()) if (key.startsWith(`${prefix}/`)) contents.delete(key)
    },
  }
}

function checked(key: string): string {
  const right = key.split('/').every((part) => segment.test(part) && part !== '.' && part !== '..')
  if (right) return key
  throw new WonderError(
    'blob_key_invalid',
    `Cannot use blob key "${key}": segments of letters, digits and "._:-", joined by "/", are allowed`,
  )
}
