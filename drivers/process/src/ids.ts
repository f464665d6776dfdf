import type { Ids } from '@wonder/platform'
import { monotonicFactory } from 'ulid'

/** ULIDs that rise within this process, also within one millisecond. */
export function ulidIds(): Ids {
  const next = monotonicFactory()
  return { runId: () => next() }
}
