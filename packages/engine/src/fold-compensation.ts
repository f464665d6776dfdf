/**
 * The fold of what undoes: what is kept when a node with a compensation completes, and the frames in which compensations run.
 *
 * A compensation runs when the branches are gone, so what its list reads is kept when the node completes: values of nodes and
 * items. It runs in a frame of its own, which has no fan-out and no frame around it.
 */
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { dropBelow } from './fold-fan-out.ts'
import { addToken, removeToken } from './frame-tokens.ts'
import type { Json } from './json.ts'
import { type BoundItem, type Compensation, createFrame, type Frame, type TaskValue, type Token } from './run-state.ts'
import { itemIn, valueIn } from './scope.ts'

/** A node with a compensation has completed in the main part. */
export function keepCompensation(fold: Fold, frame: Frame, node: number): void {
  const { state, changes } = fold
  changes.put(state.compensations, state.compensations.size, captured(fold, frame, node))
}

/** What the list that undoes a node may read, as it is now. */
function captured({ plan, state }: Fold, frame: Frame, node: number): Compensation {
  const undo = plan.nodes[node]?.undo
  const reads = undo?.reads
  const values: (readonly [string, TaskValue])[] = []
  for (const { index, ref } of plan.nodes) {
    if (index !== node && reads?.allNodes !== true && reads?.nodes.has(ref) !== true) continue
    const value = valueIn(frame, index)
    if (value !== undefined) values.push([ref, value])
  }
  const items: { [name: string]: BoundItem } = {}
  for (const name of reads?.names ?? []) {
    const item = itemIn({ plan, state, frame }, name)
    if (item === undefined) continue
    const list = 'of' in item && Array.isArray(item.of) ? (item.of as readonly Json[]) : null
    items[name] = 'of' in item && list !== null ? { value: list[item.index] ?? null } : item
  }
  return { node: plan.nodes[node]?.ref ?? '', values, items }
}

/** The token leaves its branch, which ends: its task is awaited, because what it does can be undone. */
export function detach(fold: Fold, id: EventId, token: Token): void {
  const { changes } = fold
  const kept = captured(fold, token.frame, token.node)
  removeToken(changes, token.frame, token)
  const frame = addFrame(fold, id, kept)
  changes.set(token, 'frame', frame)
  addToken(changes, frame, token)
}

/** The newest compensation begins: its list runs in a frame of its own, with a token of the same name. */
export function beginCompensation(fold: Fold, id: EventId, node: string): void {
  const { state, changes } = fold
  const newest = state.compensations.size - 1
  const kept = state.compensations.get(newest)
  if (kept === undefined) return
  dropDetached(fold)
  changes.remove(state.compensations, newest)
  changes.set(state, 'part', 'compensation')
  changes.set(state, 'undoing', kept.node)
  const frame = addFrame(fold, id, kept)
  fold.createToken(id, fold.node(node), { frame, part: 'compensation', loops: null })
}

export function foldCompensationEnded(fold: Fold, { task, error }: EventOf<'compensation_ended'>): void {
  const { state, changes } = fold
  dropDetached(fold)
  const { stopping } = state
  if (error === undefined || stopping === null) return
  changes.set(state, 'stopping', { ...stopping, failures: [...(stopping.failures ?? []), { task, error }] })
}

/** Nothing more is undone. */
export function forgetCompensations({ state, changes }: Fold): void {
  for (const index of [...state.compensations.keys()]) changes.remove(state.compensations, index)
}

function addFrame(fold: Fold, id: EventId, { values, items }: Compensation): Frame {
  const { state, changes } = fold
  const frame = createFrame(id, null, 0)
  if (values.length > 0) frame.values = new Map(values.map(([ref, value]) => [fold.node(ref), value]))
  changes.put(state.detached, id, { frame, items })
  return frame
}

/** Frames of compensations and of awaited tasks end, with all that is live in them. */
export function dropDetached(fold: Fold): void {
  const { state, changes } = fold
  for (const { frame } of [...state.detached.values()]) {
    dropBelow(fold, frame)
    changes.remove(state.detached, frame.id)
  }
}

/** The frame of an awaited task whose token has ended. */
export function dropIfDetached(fold: Fold, frame: Frame): void {
  const { state, changes } = fold
  if (state.part === 'main') changes.remove(state.detached, frame.id)
}
