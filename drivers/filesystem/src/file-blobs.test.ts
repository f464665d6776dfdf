import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobsConformance } from '@wonder/platform/conformance'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { blobPath } from './blob-path.ts'
import { fileBlobs } from './index.ts'

blobsConformance({
  name: 'files',
  open: async () => {
    const root = mkdtempSync(join(tmpdir(), 'file-blobs-'))
    return {
      blobs: fileBlobs({ root }),
      damage: async (key) => {
        const path = blobPath(root, key)
        const content = readFileSync(path)
        content[3] = (content[3] ?? 0) ^ 1
        writeFileSync(path, content)
      },
      end: async () => rmSync(root, { recursive: true }),
    }
  },
})

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'file-blobs-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('G1 a put that fails leaves no temporary file', async () => {
  const blobs = fileBlobs({ root })
  async function* breaking() {
    yield new Uint8Array(100_000)
    throw new Error('the source broke')
  }

  await expect(blobs.putStream('run', breaking())).rejects.toThrow('the source broke')

  expect(readdirSync(join(root, '%tmp'))).toEqual([])
})

test('temporary files of processes that are gone are removed, those of live ones stay', async () => {
  const gone = spawnSync('true').pid
  mkdirSync(join(root, '%tmp'))
  writeFileSync(join(root, '%tmp', `${gone}-x`), 'rest')
  writeFileSync(join(root, '%tmp', `${process.pid}-x`), 'in use')

  await fileBlobs({ root }).put('a', 'b')

  expect(readdirSync(join(root, '%tmp'))).toEqual([`${process.pid}-x`])
})

test('a root that is missing is made, and one that cannot be made is store_unavailable', async () => {
  const deep = fileBlobs({ root: join(root, 'x', 'y') })
  await deep.put('a', 'b')
  expect(await deep.has('a')).toBe(true)

  writeFileSync(join(root, 'file'), '')
  const path = join(root, 'file', 'blobs')
  await expect(fileBlobs({ root: path }).put('a', 'b')).rejects.toMatchObject({ code: 'store_unavailable' })
})

test('a full disk is store_full, leaves nothing behind, and writing goes on when there is room', async ({ skip }) => {
  const disk = join(root, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk], { stdio: 'ignore' })
  } catch {
    skip('only root can mount a small disk')
  }
  try {
    const blobs = fileBlobs({ root: disk })
    await blobs.put('small', 'x')

    const large = blobs.put('large', new Uint8Array(2 * 1024 * 1024))

    await expect(large).rejects.toMatchObject({ code: 'store_full', retry: 'after' })
    expect(await blobs.has('large')).toBe(false)
    expect(readdirSync(join(disk, '%tmp'))).toEqual([])
    await blobs.put('fits', new Uint8Array(512 * 1024))
    expect(await blobs.has('small')).toBe(true)
  } finally {
    execFileSync('umount', [disk])
  }
})

test('putStream() holds one piece of the content at a time', async () => {
  const blobs = fileBlobs({ root })
  const piece = new Uint8Array(1024 * 1024)
  let largest = 0
  async function* large() {
    for (let count = 0; count < 64; count++) {
      largest = Math.max(largest, process.memoryUsage().arrayBuffers)
      yield piece
    }
  }
  const before = process.memoryUsage().arrayBuffers

  const { size } = await blobs.putStream('run', large())

  expect(size).toBe(64 * 1024 * 1024)
  expect(largest - before).toBeLessThan(16 * 1024 * 1024)
})

test('put() makes a folder again that another process removed', async () => {
  const blobs = fileBlobs({ root })
  await blobs.put('run/a', 'x')

  await fileBlobs({ root }).removeAll('run')
  await blobs.put('run/b', 'y')

  expect(await blobs.has('run/b')).toBe(true)
})

test('removeAll() and then put() makes the folders again', async () => {
  const blobs = fileBlobs({ root })
  await blobs.put('run/deep/a', 'x')
  await blobs.removeAll('run')
  expect(existsSync(join(root, 'run'))).toBe(false)

  await blobs.put('run/deep/a', 'y')

  expect(new TextDecoder().decode((await blobs.get('run/deep/a')) ?? undefined)).toBe('y')
})
