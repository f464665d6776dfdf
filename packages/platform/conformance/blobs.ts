import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Blobs } from '../src/index.ts'

export type BlobsHarness = {
  readonly name: string
  readonly open: () => Promise<{
    readonly blobs: Blobs
    /** Changes one byte of what is stored under the key; null where nothing can damage it. */
    readonly damage: ((key: string) => Promise<void>) | null
    end(): Promise<void>
  }>
}

const text = (content: Uint8Array | null) => (content === null ? null : new TextDecoder().decode(content))

async function* pieces(...contents: readonly string[]): AsyncIterable<Uint8Array> {
  for (const content of contents) yield new TextEncoder().encode(content)
}

async function collect(stream: AsyncIterable<Uint8Array> | null): Promise<string | null> {
  if (stream === null) return null
  let all = ''
  for await (const piece of stream) all += new TextDecoder().decode(piece)
  return all
}

/** Digest of "hello world". */
const hello = 'sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'

export function blobsConformance(harness: BlobsHarness): void {
  describe(`Blobs of ${harness.name}`, () => {
    let fixture: Awaited<ReturnType<BlobsHarness['open']>>
    let blobs: Blobs

    beforeEach(async () => {
      fixture = await harness.open()
      blobs = fixture.blobs
    })
    afterEach(() => fixture.end())

    test('a key that is not there is null, and is not had', async () => {
      expect(await blobs.get('run/none')).toBeNull()
      expect(await blobs.open('run/none')).toBeNull()
      expect(await blobs.has('run/none')).toBe(false)
      await blobs.removeAll('run')
    })

    test('G1 put() makes the content readable as a whole and in pieces', async () => {
      await blobs.put('run/a', 'ä text')
      await blobs.put('run/b', new Uint8Array([0, 255, 13, 10]))
      await blobs.put('run/empty', '')

      expect(text(await blobs.get('run/a'))).toBe('ä text')
      expect(await collect(await blobs.open('run/a'))).toBe('ä text')
      expect([...((await blobs.get('run/b')) ?? [])]).toEqual([0, 255, 13, 10])
      expect(await blobs.get('run/empty')).toHaveLength(0)
      expect(await collect(await blobs.open('run/empty'))).toBe('')
      expect(await blobs.has('run/a')).toBe(true)
    })

    test('G1 what the caller does to its bytes later changes nothing', async () => {
      const bytes = new Uint8Array([1, 2, 3])
      await blobs.put('a', bytes)
      bytes.fill(9)
      const first = await blobs.get('a')
      first?.fill(9)

      expect([...((await blobs.get('a')) ?? [])]).toEqual([1, 2, 3])
    })

    test('G1 many puts at once are all there', async () => {
      const keys = Array.from({ length: 200 }, (_, number) => `run/${number % 10}/${number}`)

      await Promise.all(keys.map((key) => blobs.put(key, key)))

      for (const key of keys) expect(text(await blobs.get(key))).toBe(key)
    })

    test('G2 put() of a key that is there changes nothing', async () => {
      await blobs.put('a', 'first')
      await blobs.put('a', 'second')

      expect(text(await blobs.get('a'))).toBe('first')
    })

    test('G2 puts of one key at once leave one whole content', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, number) => blobs.put('a', `${number}`.repeat(10_000))))

      expect(text(await blobs.get('a'))).toMatch(/^(\d+?)\1{9999}$/)
    })

    test('putStream() stores under the digest and gives it with the size', async () => {
      expect(await blobs.putStream('run/r1', pieces('hello', '', ' world'))).toEqual({ digest: hello, size: 11 })
      expect(text(await blobs.get(`run/r1/${hello}`))).toBe('hello world')
    })

    test('putStream() of the same content twice, and of none, works', async () => {
      await blobs.putStream('run', pieces('hello world'))
      expect(await blobs.putStream('run', pieces('hello world'))).toEqual({ digest: hello, size: 11 })

      const empty = await blobs.putStream('run', pieces())
      expect(empty.size).toBe(0)
      expect(await blobs.get(`run/${empty.digest}`)).toHaveLength(0)
    })

    test('G1 putStream() of a stream that breaks stores nothing and passes the error on', async () => {
      async function* breaking() {
        yield* pieces('hello')
        throw new Error('the source broke')
      }

      await expect(blobs.putStream('run', breaking())).rejects.toThrow('the source broke')
      expect(await blobs.has(`run/${hello}`)).toBe(false)
    })

    test('G3 damaged content of a digest key is store_corrupt, as a whole and in pieces', async ({ skip }) => {
      if (fixture.damage === null) return skip('nothing can damage what is in memory')
      await blobs.put(`run/${hello}`, 'hello world')

      await fixture.damage(`run/${hello}`)

      await expect(blobs.get(`run/${hello}`)).rejects.toMatchObject({ code: 'store_corrupt' })
      await expect(blobs.open(`run/${hello}`).then(collect)).rejects.toMatchObject({ code: 'store_corrupt' })
    })

    test.each([
      '',
      '/',
      'a/',
      '/a',
      'a//b',
      '.',
      '..',
      'a/../b',
      'a/.',
      'a b',
      'a\\b',
      'ä',
      'a%2f',
      'a\0',
      'a\n',
      '~/a?',
    ])('G4 key %j is refused everywhere', async (key) => {
      const refused = { code: 'blob_key_invalid' }

      await expect(blobs.put(key, 'x')).rejects.toMatchObject(refused)
      await expect(blobs.putStream(key, pieces('x'))).rejects.toMatchObject(refused)
      await expect(blobs.get(key)).rejects.toMatchObject(refused)
      await expect(blobs.has(key)).rejects.toMatchObject(refused)
      await expect(blobs.open(key)).rejects.toMatchObject(refused)
      await expect(blobs.list(key)).rejects.toMatchObject(refused)
      await expect(blobs.removeAll(key)).rejects.toMatchObject(refused)
    })

    test('G4 keys that look alike or lie within one another are different keys', async () => {
      const keys = ['a', 'a/b', 'a/b/c', 'a.b', 'a-b', 'a_b', 'a:b', '...', '.a', 'a/sha256', hello, `a/${hello}`]
      for (const key of keys) await blobs.put(key, key)

      // Digest keys are checked when they are read: what was put under these is not their content.
      for (const key of keys.filter((one) => !one.includes('sha256:'))) expect(text(await blobs.get(key))).toBe(key)
      for (const key of keys) expect(await blobs.has(key)).toBe(true)
    })

    test('list() gives every key below a prefix and no other', async () => {
      const below = [
        'run/r1/a',
        'run/r1/deep/b',
        'run/r1/a/b',
        'run/r1/:',
        'run/r1/a:3a',
        `run/r1/${hello}`,
        'run/r1/...',
      ]
      for (const key of [...below, 'run/r1', 'run/r10/a', 'r1/a']) await blobs.put(key, 'hello world')

      expect([...(await blobs.list('run/r1'))].sort()).toEqual([...below].sort())
      expect(await blobs.list('run/r1/deep')).toEqual(['run/r1/deep/b'])
      expect(await blobs.list('none')).toEqual([])
    })

    test('removeAll() removes what lies below a prefix and nothing else', async () => {
      const keys = ['run/r1/a', 'run/r1/deep/b', 'run/r1', 'run/r10/a', 'run/r2/a', 'r1/a']
      for (const key of keys) await blobs.put(key, key)

      await blobs.removeAll('run/r1')

      const left: string[] = []
      for (const key of keys) if (await blobs.has(key)) left.push(key)
      expect(left).toEqual(['run/r1', 'run/r10/a', 'run/r2/a', 'r1/a'])
      await blobs.put('run/r1/a', 'again')
      expect(text(await blobs.get('run/r1/a'))).toBe('again')
    })
  })
}
