import { describe, expect, test } from 'vitest'
import type { Random } from '../src/random.ts'

/** The guarantees of Random. */
export function randomConformance(driver: string, make: () => Random): void {
  describe(`Random of ${driver}`, () => {
    test('G1 seed() is an integer in [0, 2^32)', () => {
      const random = make()
      for (let round = 0; round < 100; round++) {
        const seed = random.seed()
        expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true)
      }
    })
  })
}
