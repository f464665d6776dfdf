import { decodeRecord, type RunEvent } from '@wonder/engine'
import type { JournalHistory } from './journal-history.ts'

/** The events of a run's records up to number `to`, in order, archived ones included. */
export async function* decodeEvents(history: JournalHistory, run: string, to: number): AsyncIterable<RunEvent> {
  for await (const { number, body } of history.records(run)) {
    if (number > to) return
    yield* decodeRecord(run, number, body).events
  }
}
