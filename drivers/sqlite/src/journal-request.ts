import type { Host, RunIndexEntry, Segment } from '@wonder/platform'

/** Arrays, because a clone of an array costs half of that of an object with the same fields. */
export type AppendRow = readonly [
  op: 'append',
  kind: number,
  key: string,
  expected: number,
  bodies: readonly string[],
  wake: number | null,
  index: RunIndexEntry | null,
  now: number,
]

/** What the writer of the journal is asked for. */
export type JournalRequest =
  | AppendRow
  | readonly [op: 'snapshot', kind: number, key: string, seq: number, chunks: readonly string[], drop: boolean]
  | readonly [op: 'archive', kind: number, key: string, segment: Segment]
  | readonly [op: 'purge', runs: readonly string[]]
  | readonly [op: 'forget', runs: readonly string[]]
  | readonly [op: 'announce', host: Host]
  | readonly [op: 'leave']
  | readonly [op: 'claim', run: string, from: string | null]
  | readonly [op: 'release', run: string]
  | readonly [op: 'declareGone', host: string]
  /** One piece of the write-ahead log, written once so that later commits overwrite it. */
  | readonly [op: 'fill', bytes: number]
  | readonly [op: 'unfill']
  | readonly [op: 'checkpoint']
