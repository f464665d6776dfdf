import type { Random } from '@wonder/platform'

/** Seeds from the operating system. */
export function systemRandom(): Random {
  return {
    seed: () => {
      const [seed = 0] = crypto.getRandomValues(new Uint32Array(1))
      return seed
    },
  }
}
