import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileBlobs } from '@wonder/driver-filesystem'
import { memoryBlobs, SimulatedClock } from '@wonder/driver-memory'
import type { Blobs, Json, ResultToKeep } from '@wonder/platform'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CacheService } from './cache-service.ts'

const name = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const from = { run: 'r1', token: '1.2', attempt: 1 }

function result(output: Json, parts: Partial<ResultToKeep> = {}): ResultToKeep {
  return { project: 'p', workflow: 'w', task: 't', lifetime: null, from, output, artifacts: [], ...parts }
}

async function* pieces(text: string) {
  yield new TextEncoder().encode(text)
}

describe.each(['memory', 'files'])('CacheService over Blobs in %s', (kind) => {
  let clock: SimulatedClock
  let blobs: Blobs
  let cache: CacheService
  let folder = ''

  beforeEach(async () => {
    clock = new SimulatedClock()
    folder = await mkdtemp(join(tmpdir(), 'wonder-cache-'))
    blobs = kind === 'memory' ? memoryBlobs() : fileBlobs({ root: folder })
    cache = new CacheService({ blobs, clock })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('G1 what was kept is found by its name, and by no other', async () => {
    await cache.keep(name, 'runs/r1', result({ big: 'x'.repeat(100_000) }))

    expect(await cache.find(name, 'runs/r2')).toEqual({ from, output: { big: 'x'.repeat(100_000) }, artifacts: [] })
    expect(await cache.find(other, 'runs/r2')).toBeNull()
  })

  test('G1 a result is not found any more from the moment at which its time is over', async () => {
    await cache.keep(name, 'runs/r1', result(1, { lifetime: 1_000 }))

    await clock.advance(999)
    expect(await cache.find(name, 'runs/r2')).toMatchObject({ output: 1 })
    await clock.advance(1)
    expect(await cache.find(name, 'runs/r2')).toBeNull()
    expect(await cache.list()).toEqual([])
  })

  test('G2 the last of several results is found, and takes the place of the others', async () => {
    await cache.keep(name, 'runs/r1', result('first'))
    await clock.advance(1)
    await cache.keep(name, 'runs/r1', result('second', { lifetime: 1_000 }))

    expect(await cache.find(name, 'runs/r2')).toMatchObject({ output: 'second' })
    expect(await cache.list()).toHaveLength(1)
  })

  test('G3 artifacts are in the run that finds them, although the run that made them is gone', async () => {
    const { digest, size } = await blobs.putStream('runs/r1', pieces('the report'))
    const artifacts = [{ name: 'r.md', digest, size, mediaType: 'text/markdown' }]
    await cache.keep(name, 'runs/r1', result(1, { artifacts }))
    await blobs.removeAll('runs/r1')

    expect(await cache.find(name, 'runs/r2')).toMatchObject({ artifacts })
    expect(new TextDecoder().decode((await blobs.get(`runs/r2/${digest}`)) ?? undefined)).toBe('the report')
  })

  test('G3 a result whose artifact is not there is not kept', async () => {
    const artifacts = [{ name: 'r.md', digest: other, size: 1, mediaType: 'text/markdown' }]
    await cache.keep(name, 'runs/r1', result(1, { artifacts }))

    expect(await cache.find(name, 'runs/r2')).toBeNull()
  })

  test('G4 what has expired is removed with the first result of another day', async () => {
    for (let i = 0; i < 250; i++) {
      await cache.keep(`sha256:${String(i).padStart(64, '0')}`, 'runs/r1', result(i, { lifetime: 1_000 }))
    }
    expect(await blobs.list('cache')).toHaveLength(250)

    await clock.advance(86_400_000)
    await cache.keep(name, 'runs/r1', result(1))

    expect(await blobs.list('cache')).toHaveLength(1)
  })

  test('G4 a damaged result counts as not there', async () => {
    await blobs.put(`cache/${'a'.repeat(64)}/5.never/entry`, '{"format":1,')
    await blobs.put(`cache/${'b'.repeat(64)}/5.never/entry`, '{"format":2}')

    expect(await cache.find(name, 'runs/r2')).toBeNull()
    expect(await cache.find(other, 'runs/r2')).toBeNull()
    expect(await cache.list()).toEqual([])
  })

  test('list() tells of the newest first, and clear() removes what is older, or all', async () => {
    await cache.keep(name, 'runs/r1', result(1))
    await clock.advance(1_000)
    const stored = clock.now()
    await cache.keep(other, 'runs/r1', result(2, { lifetime: 5_000 }))

    expect(await cache.list()).toEqual([
      { name: other, stored, expires: stored + 5_000, project: 'p', workflow: 'w', task: 't', run: 'r1' },
      { name, stored: stored - 1_000, expires: null, project: 'p', workflow: 'w', task: 't', run: 'r1' },
    ])
    expect(await cache.clear({ before: stored })).toBe(1)
    expect((await cache.list()).map((entry) => entry.name)).toEqual([other])
    expect(await cache.clear()).toBe(1)
    expect(await cache.list()).toEqual([])
    expect(await cache.clear()).toBe(0)
  })
})
