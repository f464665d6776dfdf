import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedClock } from '@wonder/driver-memory'
import {
  ownersConformance,
  runIndexConformance,
  runRetentionConformance,
  runStoreArchiveConformance,
  runStoreConformance,
  runStoreWakeConformance,
} from '@wonder/platform/conformance'
import { openSqliteStore, type SqliteStore } from './index.ts'

const harness = (early: 'here' | 'thread') => ({
  name: `SQLite (first writes: ${early})`,
  open: async () => {
    const clock = new SimulatedClock()
    const folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'))
    const opened: SqliteStore[] = []
    return {
      now: () => clock.now(),
      advance: (ms: number) => clock.advance(ms),
      host: async (host: string) => {
        const store = await openSqliteStore({ file: join(folder, 'wonder.db'), host, clock, early })
        opened.push(store)
        return store
      },
      end: async () => {
        for (const store of opened) await store.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
})

for (const early of ['here', 'thread'] as const) {
  runStoreConformance(harness(early))
  runStoreWakeConformance(harness(early))
  runStoreArchiveConformance(harness(early))
  runRetentionConformance(harness(early))
  runIndexConformance(harness(early))
  ownersConformance(harness(early))
}
