import {
  blobsConformance,
  eventTargetConformance,
  logStoreConformance,
  queueConformance,
  resultsConformance,
} from '@wonder/platform/conformance'
import { memoryBlobs, memoryEventTarget, memoryLogStore, memoryQueue, memoryResults } from './index.ts'

const end = async () => {}

queueConformance({ name: 'memory', open: async () => ({ queue: memoryQueue(), end }) })
eventTargetConformance({ name: 'memory', open: async () => ({ target: memoryEventTarget(), end }) })
resultsConformance({ name: 'memory', open: async () => ({ ...memoryResults(), end }) })
blobsConformance({ name: 'memory', open: async () => ({ blobs: memoryBlobs(), damage: null, end }) })
logStoreConformance({
  name: 'memory',
  open: async () => {
    const logs = memoryLogStore()
    return { logs, reopen: async () => logs, end }
  },
})
