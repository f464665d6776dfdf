import type { RunRecord } from '@wonder/engine'

/** What a listener of topic `run:<id>` gets for each record, after it is on disk. */
export type RecordEvent = { readonly type: 'record'; readonly record: RunRecord }

/** The topic of EventTarget on which the records of a run appear. */
export function runTopic(run: string): string {
  return `run:${run}`
}
