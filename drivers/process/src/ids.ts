import type { Ids } from '@wonder/platform'
import { monotonicFactory } from 'ulid'
import { RandomBytes } from './random-bytes.ts'

/** ULIDs that rise within this process, also within one millisecond. */
export function ulidIds(): Ids {
  const bytes = new RandomBytes()
  const next = monotonicFactory(() => bytes.byte() / 256)
  return { runId: () => next() }
}
