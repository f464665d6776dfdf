import { createRunState, decodeRecord, type RunRecord } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import { advance, type Position } from './advance.ts'
import type { DefinitionStore } from './definition-store.ts'
import type { JournalHistory } from './journal-history.ts'
import { decodeFirst } from './load-run.ts'

/** What a journal is folded with. */
export type FoldParts = {
  readonly history: JournalHistory
  readonly definitions: Pick<DefinitionStore, 'plan'>
}

/**
 * A run as it was after record `to` (default: the last), folded from record 1, archived ones included.
 *
 * @param options.onRecord called after each record was folded
 * @throws WonderError `run_not_found`, `record_not_found`, `store_corrupt`, `format_too_new`
 */
export async function foldJournal(
  run: string,
  { history, definitions }: FoldParts,
  options: { readonly to?: number; readonly onRecord?: (record: RunRecord, position: Position) => void } = {},
): Promise<Position> {
  const { to = Number.POSITIVE_INFINITY, onRecord } = options
  let position: Position | null = null
  for await (const stored of history.records(run)) {
    if (stored.number > to) break
    position ??= {
      plan: await definitions.plan(decodeFirst(run, stored).definition),
      state: createRunState(run),
    }
    const record = decodeRecord(run, stored.number, stored.body)
    position = await advance(position, record, definitions)
    onRecord?.(record, position)
    if (record.number === to) return position
  }
  if (position !== null && to === Number.POSITIVE_INFINITY) return position
  const [first] = await history.read(run, { after: 0, limit: 1 })
  if (first === undefined) throw new WonderError('run_not_found', `Cannot read run "${run}": there is no such run`)
  const last = position?.state.number
  const there = last === undefined ? 'records are numbered from 1' : `its last record is ${last}`
  throw new WonderError('record_not_found', `Cannot find record ${to} of run "${run}": ${there}`)
}
