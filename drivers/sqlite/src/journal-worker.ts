import { workerData } from 'node:worker_threads'
import type { WorkerMessage, WorkerSetup } from './handshake.ts'
import { JournalWriter, type JournalWriterOptions } from './journal-writer.ts'
import { serveWriter } from './serve-writer.ts'
import { failureOf } from './sqlite-failure.ts'

const setup = workerData as WorkerSetup<JournalWriterOptions>
let writer: JournalWriter | null = null
try {
  writer = new JournalWriter(setup.options)
} catch (thrown) {
  setup.port.postMessage({ failed: failureOf(thrown, setup.options.file, 'open') } satisfies WorkerMessage)
  setup.port.close()
}
if (writer !== null) serveWriter(setup, writer)
