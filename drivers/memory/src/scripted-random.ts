import type { Random } from '@wonder/platform'

/** The seeds that are given, then a fixed sequence (a linear congruential generator, Numerical Recipes' constants). */
export function scriptedRandom(seeds: readonly number[] = []): Random {
  let given = 0
  let last = 1
  return {
    seed() {
      const seed = seeds[given]
      given += 1
      if (seed !== undefined) return seed
      last = (Math.imul(last, 1_664_525) + 1_013_904_223) >>> 0
      return last
    },
  }
}
