import { expect, test } from 'vitest'
import { ulidIds } from './ids.ts'
import { systemRandom } from './random.ts'
import { RandomBytes } from './random-bytes.ts'

test('every value of a byte comes, also after the first fetch is used up', () => {
  const random = new RandomBytes()
  for (let fetched = 0; fetched < 3; fetched++) {
    const seen = new Set(Array.from({ length: 4_096 }, () => random.byte()))
    // 256 values in 4,096 draws: that ten are missing has a chance below 1 in 10^50.
    expect(seen.size).toBeGreaterThan(246)
    expect([...seen].every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)).toBe(true)
  }
})

test('seeds are whole numbers below 2^32, and fill them', () => {
  const { seed } = systemRandom()
  const seeds = Array.from({ length: 1_000 }, () => seed())
  expect(seeds.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 32)).toBe(true)
  expect(Math.max(...seeds)).toBeGreaterThan(2 ** 31)
  expect(new Set(seeds).size).toBeGreaterThan(990)
})

test('run ids use every character of their alphabet, and two makers of them never agree', () => {
  const makers = Array.from({ length: 500 }, () => ulidIds())
  const ids = makers.map((ids) => ids.runId())
  expect(new Set(ids).size).toBe(500)
  expect(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true)
  expect(new Set(ids.flatMap((id) => [...id.slice(10)])).size).toBe(32)
})
