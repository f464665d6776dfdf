import { memoryDisk, openMemoryStore, SimulatedClock } from '@wonder/driver-memory'
import { expect, test } from 'vitest'
import { LimitsService } from './index.ts'

const holder = (n: number) => ({ run: `R${n}`, request: '1.1:1.2' })

function open() {
  const clock = new SimulatedClock()
  const disk = memoryDisk()
  const service = () => new LimitsService({ runs: openMemoryStore({ clock, disk }).runs, clock })
  return { service, of: (key: string) => disk.shared.get('limit')?.get(key) }
}

test('a key that was used a hundred thousand times has a small journal and a small state', async () => {
  const { service, of } = open()
  const limits = service()
  for (let n = 0; n < 100_000; n++) {
    await limits.acquire({ key: 'k', holder: holder(n), limit: 1, whenFull: 'queue' })
    await limits.release({ key: 'k', holder: holder(n) })
  }

  const { records = [], snapshot } = of('k') ?? {}
  expect(records.at(-1)?.number).toBe(200_000)
  expect(records.length).toBeLessThan(200)
  expect(snapshot?.chunks.join('').length).toBeLessThan(200)
  expect(await service().acquire({ key: 'k', holder: holder(0), limit: 1, whenFull: 'reject' })).toEqual({
    status: 'granted',
  })
})

test('requests that come together are one record', async () => {
  const { service, of } = open()
  const limits = service()

  await Promise.all(
    Array.from({ length: 500 }, (_, n) => limits.acquire({ key: 'k', holder: holder(n), limit: 1, whenFull: 'queue' })),
  )

  expect(of('k')?.records).toHaveLength(1)
})

test('a record of a newer version stops that key alone', async () => {
  const { service, of } = open()
  const limits = service()
  const ask = (key: string) => service().acquire({ key, holder: holder(1), limit: 1, whenFull: 'queue' })
  await limits.acquire({ key: 'k', holder: holder(0), limit: 1, whenFull: 'queue' })
  of('k')?.records.splice(0, 1, { number: 1, body: '{"f":2}' })

  await expect(ask('k')).rejects.toMatchObject({ code: 'format_too_new' })
  of('k')?.records.splice(0, 1, { number: 1, body: '{"f":' })
  await expect(ask('k')).rejects.toMatchObject({ code: 'store_corrupt' })
  expect(await ask('other')).toEqual({ status: 'granted' })
})
