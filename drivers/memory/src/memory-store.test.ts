import {
  ownersConformance,
  runIndexConformance,
  runRetentionConformance,
  runStoreArchiveConformance,
  runStoreConformance,
  runStoreWakeConformance,
} from '@wonder/platform/conformance'
import { memoryDisk, openMemoryStore, SimulatedClock } from './index.ts'

const harness = {
  name: 'memory',
  open: async () => {
    const clock = new SimulatedClock()
    const disk = memoryDisk()
    return {
      now: () => clock.now(),
      advance: (ms: number) => clock.advance(ms),
      host: async (host: string) => openMemoryStore({ clock, host, disk }),
      end: async () => {},
    }
  },
}

runStoreConformance(harness)
runStoreWakeConformance(harness)
runStoreArchiveConformance(harness)
runRetentionConformance(harness)
runIndexConformance(harness)
ownersConformance(harness)
