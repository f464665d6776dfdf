import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryDisk, openMemoryStore, SimulatedClock } from '@wonder/driver-memory'
import { openSqliteStore } from '@wonder/driver-sqlite'
import type { RunStore } from '@wonder/platform'
import { type LimitsFixture, limitsConformance } from '@wonder/platform/conformance'
import { LimitsService } from './index.ts'

type Store = { readonly runs: RunStore; close(): Promise<void> }

function fixtureOver(clock: SimulatedClock, open: (host: string) => Promise<Store>, end: () => void): LimitsFixture {
  const stores = new Map<string, Store>()
  return {
    async host(name) {
      const store = await open(name)
      stores.set(name, store)
      const limits = new LimitsService({ runs: store.runs, clock })
      store.runs.onWake((entity) => limits.wake(entity))
      return limits
    },
    async kill(name) {
      await stores.get(name)?.close()
      stores.delete(name)
    },
    async advance(ms) {
      clock.advance(ms)
      await new Promise((resolve) => setImmediate(resolve))
    },
    async end() {
      for (const store of stores.values()) await store.close()
      end()
    },
  }
}

limitsConformance({
  name: 'the service over memory',
  open: async () => {
    const clock = new SimulatedClock()
    const disk = memoryDisk()
    return fixtureOver(
      clock,
      async (host) => openMemoryStore({ clock, host, disk }),
      () => undefined,
    )
  },
})

limitsConformance({
  name: 'the service over SQLite',
  open: async () => {
    const clock = new SimulatedClock()
    const folder = mkdtempSync(join(tmpdir(), 'wonder-limits-'))
    const file = join(folder, 'wonder.db')
    return fixtureOver(
      clock,
      (host) => openSqliteStore({ file, host, clock, early: 'here' }),
      () => rmSync(folder, { recursive: true }),
    )
  },
})
