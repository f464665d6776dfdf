import { evolveRecord, type Plan, type RunRecord, type RunState, rebase } from '@wonder/engine'
import type { DefinitionStore } from './definition-store.ts'

/** A run's state and the plan that it is told by. */
export type Position = { readonly plan: Plan; readonly state: RunState }

/** Folds a record, and follows the run to another revision where the record leads there. `state` is changed in place. */
export async function advance(
  { plan, state }: Position,
  record: RunRecord,
  definitions: Pick<DefinitionStore, 'plan'>,
): Promise<Position> {
  evolveRecord(plan, state, record)
  if (!movesOn(record)) return { plan, state }
  const next = await definitions.plan(state.definition)
  return { plan: next, state: rebase(plan, next, state) }
}

/** Whether the run follows another revision after this record. */
export function movesOn({ events }: RunRecord): boolean {
  return events[0]?.type === 'run_migrated'
}
