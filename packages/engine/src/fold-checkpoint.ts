import type { Checkpoint } from './checkpoint.ts'
import type { EventId } from './events.ts'
import type { Fold } from './fold.ts'
import { noteExceeded } from './fold-budget.ts'

/** Of a run that has emitted a checkpoint. */
export type CheckpointState = {
  /** Steps when it last told of progress. */
  readonly steps: number
  /** Event of the last one, and the run's status then. */
  readonly last: EventId
  readonly status: Checkpoint['status']
  /** Names of artifacts that were made, or made anew, since then. */
  readonly added: readonly string[]
  readonly changed: readonly string[]
}

export function foldCheckpoint(fold: Fold, id: EventId, { type, status, budgets = [] }: Checkpoint): void {
  const { state, changes } = fold
  const steps = type === 'progress' ? state.usage.steps : (state.checkpoints?.steps ?? 0)
  changes.set(state, 'checkpoints', { steps, last: id, status, added: [], changed: [] })
  for (const name of budgets) noteExceeded(fold, name)
}

/** An artifact is saved, before it stands among those of the run. */
export function noteArtifact({ state, changes }: Fold, name: string): void {
  const { checkpoints, artifacts } = state
  if (checkpoints === null || checkpoints.added.includes(name) || checkpoints.changed.includes(name)) return
  const list = artifacts.some((one) => one.name === name) ? 'changed' : 'added'
  changes.set(state, 'checkpoints', { ...checkpoints, [list]: [...checkpoints[list], name] })
}
