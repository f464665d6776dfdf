import { InvariantError } from '@wonder/errors'
import type { EventId } from './events.ts'
import type { ItemStatus } from './run-item.ts'
import type { Wait } from './run-state.ts'
import type { EncodedState } from './snapshot.ts'
import { addBranch, type ViewBranch, type ViewFanOut } from './view-fan-outs.ts'
import type { ViewParts } from './view-parts.ts'

/** What a token shows that waits for something in the state that a fork begins with. */
const waitsAs: { readonly [wait in Wait]: ItemStatus } = {
  ready: 'waiting',
  task: 'waiting',
  retry: 'retrying',
  decision: 'interrupted',
  timer: 'sleeping',
  signal: 'listening',
  answer: 'asked',
  child: 'waiting',
  delivery: 'waiting',
  permit: 'waiting',
  budget: 'limited',
  repair: 'blocked',
}

/** A fork begins with what the other run had come to: values, open fan-outs with their branches, and live tokens. */
export function viewFork(view: ViewParts, state: EncodedState, time: number): void {
  const { run, items, tokens } = view
  run.started = time
  run.input = state.input
  run.tags = state.tags
  run.namesFrom = state.namesFrom
  run.stopping = state.stopping !== null
  run.error = state.stopping?.error ?? null
  for (const artifact of state.artifacts) run.artifacts.set(artifact.name, artifact)
  for (const [ref, { status, error }] of state.frames.flatMap(({ values }) => values ?? [])) {
    const entry = items.at(ref)
    if (entry === undefined) continue
    items.mark(entry, null, status, time)
    if (error !== undefined) entry.item.error = error
  }
  const branchOf = openFanOuts(view, state, time)
  for (const { id, node, frame, wait } of state.tokens) {
    const branch = branchOf(frame)
    const entry = items.at(node)
    const around = entry === undefined ? [] : items.around(entry, branch?.fanout.fan)
    const groups = around.filter((group) => group !== entry)
    for (const group of groups) items.mark(group, null, 'running', time)
    const token = tokens.add({ id, node, branch, groups }, time)
    if (waitsAs[wait] !== 'waiting') tokens.change(token, waitsAs[wait], time)
  }
}

/** Opens every fan-out; what it returns finds the branch that a frame is, null for the frame of the run. */
function openFanOuts(
  { items, fanouts }: ViewParts,
  state: EncodedState,
  time: number,
): (frame: EventId) => ViewBranch | null {
  const branches = new Map<EventId, ViewBranch>()
  const frames = new Map(state.frames.map((frame) => [frame.id, frame]))
  const branchOf = (id: EventId): ViewBranch | null => {
    const frame = frames.get(id)
    if (frame === undefined || frame.fanout === null) return null
    const known = branches.get(id)
    if (known !== undefined) return known
    const { index, arrived = [] } = frame
    const branch = addBranch(fanOutOf(frame.fanout), index, arrived.length > 0)
    branches.set(id, branch)
    return branch
  }
  const fanOutOf = (id: EventId): ViewFanOut => {
    const known = fanouts.get(id)
    if (known !== undefined) return known
    const encoded = state.fanouts.find((one) => one.id === id)
    if (encoded === undefined)
      throw new InvariantError('K5', `a fork begins without the fan-out "${id}" of its branches`)
    const { fan, joins, failures, count, skipped } = encoded
    const entry = items.ofFan(fan)
    const branch = branchOf(encoded.frame)
    const groups = entry === undefined ? [] : items.around(entry, branch?.fanout.fan)
    for (const group of groups) items.mark(group, null, 'running', time)
    const progress = entry?.item.fan
    if (progress !== undefined) {
      progress.total += count
      progress.skipped += skipped
      progress.failed += failures.length
      progress.done += Math.max(0, ...joins.map(({ arrived }) => arrived))
      progress.running += state.frames.filter((frame) => frame.fanout === id).length
    }
    return fanouts.add({ id, fan, entry, branch, groups, joins: joins.filter(({ closed }) => !closed).length })
  }
  for (const { id } of state.fanouts) fanOutOf(id)
  return branchOf
}
