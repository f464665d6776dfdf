import {
  createRunState,
  decodeRecord,
  evolveRecord,
  type OpenSnapshot,
  openSnapshot,
  type Plan,
  type RunEvent,
  type RunState,
} from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { JournalRecord, RunStore } from '@wonder/platform'
import { advance, movesOn } from './advance.ts'
import type { DefinitionStore } from './definition-store.ts'

const pageSize = 1_000

/** How often a run is read anew whose first records were archived while it was read. */
const mostTries = 5

/** A run as it stands on disk. */
export type LoadedRun = {
  readonly plan: Plan
  readonly state: RunState
  /** UTF-16 units of the records since the snapshot. */
  readonly sizeSinceSnapshot: number
  /** UTF-16 units; 0: there is none. */
  readonly snapshotSize: number
  /** Number of the first record that is in the journal, and in no segment. */
  readonly firstRecord: number
}

/**
 * A run as its journal tells it: the snapshot, if there is one, and the records after it.
 *
 * @throws WonderError `run_not_found`, `store_corrupt`, `format_too_new`
 */
export async function loadRun(run: string, runs: RunStore, definitions: DefinitionStore): Promise<LoadedRun> {
  for (let tries = 1; ; tries++) {
    const loaded = await tryLoad(run, runs, definitions)
    if (loaded !== null) return loaded
    if (tries === mostTries) {
      throw new WonderError('store_corrupt', `Cannot read run "${run}": its journal has gaps`)
    }
  }
}

/** Null: a record that was expected is not in the journal. */
async function tryLoad(run: string, runs: RunStore, definitions: DefinitionStore): Promise<LoadedRun | null> {
  const entity = { kind: 'run', id: run } as const
  const stored = await runs.snapshot(entity)
  // Without a snapshot the first record names the definition, and the rest of its page is needed as well.
  let page = await runs.read(entity, { after: 0, limit: stored === null ? pageSize : 1 })
  const [first] = page
  if (first === undefined) throw new WonderError('run_not_found', `Cannot find run "${run}": it has no journal`)
  // Another process has saved a snapshot and archived since.
  if (stored === null && first.number !== 1) return null
  const snapshot = stored === null ? null : openSnapshot(run, stored.chunks)
  let plan = await definitions.plan(definitionOf(run, snapshot, first))
  let state = snapshot === null ? createRunState(run) : snapshot.decode(plan)
  if (snapshot !== null) page = await runs.read(entity, { after: state.number, limit: pageSize })
  let sizeSinceSnapshot = 0
  for (;;) {
    for (const { number, body } of page) {
      if (number !== state.number + 1) return null
      const record = decodeRecord(run, number, body)
      if (movesOn(record)) ({ plan, state } = await advance({ plan, state }, record, definitions))
      else evolveRecord(plan, state, record)
      sizeSinceSnapshot += body.length
    }
    if (page.length < pageSize) break
    page = await runs.read(entity, { after: state.number, limit: pageSize })
  }
  const snapshotSize = stored?.chunks.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0
  return { plan, state, sizeSinceSnapshot, snapshotSize, firstRecord: first.number }
}

function definitionOf(run: string, snapshot: OpenSnapshot | null, first: JournalRecord): string {
  return snapshot === null ? decodeFirst(run, first).definition : snapshot.definition
}

/** The event that begins a run. @throws WonderError `store_corrupt`, `format_too_new` */
export function decodeFirst(
  run: string,
  first: JournalRecord,
): Extract<RunEvent, { type: 'run_started' | 'run_forked' }> {
  const [event] = decodeRecord(run, first.number, first.body).events
  if (event?.type === 'run_started' || event?.type === 'run_forked') return event
  throw new WonderError('store_corrupt', `Cannot read run "${run}": its first record does not start it`)
}
