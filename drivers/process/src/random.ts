import type { Random } from '@wonder/platform'
import { RandomBytes } from './random-bytes.ts'

/** Seeds from the operating system. */
export function systemRandom(): Random {
  const bytes = new RandomBytes()
  return { seed: () => bytes.uint32() }
}
