import {
  createRunState,
  decodeRecord,
  decodeSnapshot,
  evolveRecord,
  type Plan,
  type RunEvent,
  type RunState,
} from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { JournalRecord, RunStore } from '@wonder/platform'
import type { DefinitionStore } from './definition-store.ts'

const pageSize = 1_000

/** A run as it stands on disk. */
export type LoadedRun = {
  readonly plan: Plan
  readonly state: RunState
  /** UTF-16 units of the records since the snapshot. */
  readonly sizeSinceSnapshot: number
  /** UTF-16 units; 0: there is none. */
  readonly snapshotSize: number
}

/**
 * A run as its journal tells it: the snapshot, if there is one, and the records after it.
 *
 * @throws WonderError `run_not_found`, `store_corrupt`, `format_too_new`
 */
export async function loadRun(run: string, runs: RunStore, definitions: DefinitionStore): Promise<LoadedRun> {
  const entity = { kind: 'run', id: run } as const
  const snapshot = await runs.snapshot(entity)
  // The first record names the definition; without a snapshot the rest of its page is needed as well.
  let page = await runs.read(entity, { after: 0, limit: snapshot === null ? pageSize : 1 })
  const plan = await definitions.plan(decodeFirst(run, page).definition)
  const state = snapshot === null ? createRunState(run) : decodeSnapshot(plan, run, snapshot.chunks)
  if (snapshot !== null) page = await runs.read(entity, { after: state.number, limit: pageSize })
  let sizeSinceSnapshot = 0
  for (;;) {
    for (const { number, body } of page) {
      evolveRecord(plan, state, decodeRecord(run, number, body))
      sizeSinceSnapshot += body.length
    }
    if (page.length < pageSize) break
    page = await runs.read(entity, { after: state.number, limit: pageSize })
  }
  const snapshotSize = snapshot?.chunks.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0
  return { plan, state, sizeSinceSnapshot, snapshotSize }
}

function decodeFirst(run: string, records: readonly JournalRecord[]): Extract<RunEvent, { type: 'run_started' }> {
  const [record] = records
  if (record === undefined) throw new WonderError('run_not_found', `Cannot find run "${run}": it has no journal`)
  const [event] = decodeRecord(run, record.number, record.body).events
  if (event?.type === 'run_started') return event
  throw new WonderError('store_corrupt', `Cannot read run "${run}": its first record does not start it`)
}
