/**
 * The fold of a token's way: it begins, moves through transitions, and ends.
 */
import { InvariantError } from '@wonder/errors'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { dropDetached, dropIfDetached } from './fold-compensation.ts'
import { dropBelow, endIfEmpty } from './fold-fan-out.ts'
import type { Json, JsonObject } from './json.ts'
import type { TaskValue, Token } from './run-state.ts'

export function foldTokenCreated(fold: Fold, event: EventOf<'token_created'>, id: EventId): void {
  const from = event.from === undefined ? null : fold.token(event.from)
  const part = event.part ?? from?.part ?? 'main'
  if (event.part !== undefined) {
    // A part begins when the one before is over: nothing of it goes on.
    dropBelow(fold, fold.state.root)
    dropDetached(fold)
    fold.changes.set(fold.state, 'part', event.part)
  }
  const token = fold.createToken(id, fold.node(event.node), {
    frame: from === null ? fold.state.root : from.frame,
    part,
    loops: from === null ? null : from.loops,
  })
  if (from !== null) token.last = from.last
  if (event.transition !== undefined) take(fold, token, event.transition)
}

export function foldTokenMoved(fold: Fold, event: EventOf<'token_moved'>): void {
  const token = fold.token(event.token)
  const node = fold.node(event.node)
  const changes = fold.changesOf(token)
  if (event.transition !== undefined) take(fold, token, event.transition)
  if (fold.plan.nodes[node]?.def.does.kind === 'open') changes.set(token, 'last', -1)
  changes.set(token, 'node', node)
  changes.set(token, 'tries', 0)
  changes.set(token, 'artifact', null)
  changes.set(token, 'input', null)
}

export function foldTokenEnded(fold: Fold, event: EventOf<'token_ended'>): void {
  const token = fold.token(event.token)
  const { frame } = token
  fold.removeToken(token)
  endIfEmpty(fold, frame)
  dropIfDetached(fold, frame)
}

export function foldStateSet(fold: Fold, event: EventOf<'state_set'>): void {
  const token = fold.token(event.token)
  let { values } = fold.state
  for (const [path, value] of event.values) values = withValue(values, path, 0, value)
  fold.changes.set(fold.state, 'values', values)
  fold.settle(token, { status: 'completed', output: {} }, token.node)
}

/** What a transition leaves behind: the label that a route tells, and a round of a loop. */
function take(fold: Fold, token: Token, ref: string): void {
  const transition = fold.plan.transitionIndex.get(ref)
  if (transition === undefined)
    throw new InvariantError('K2', `workflow "${fold.state.workflow}" has no transition "${ref}"`)
  const { label } = transition.def
  if (label !== undefined) {
    const value: TaskValue = { status: 'completed', output: label }
    fold.setValue(token.frame, transition.from, value)
  }
  if (transition.limit !== Number.POSITIVE_INFINITY) {
    fold.changesOf(token).set(token, 'loops', { ...token.loops, [ref]: (token.loops?.[ref] ?? 0) + 1 })
  }
}

function withValue(target: JsonObject, path: readonly string[], at: number, value: Json): JsonObject {
  const key = path[at] as string
  if (at === path.length - 1) return { ...target, [key]: value }
  const inner = Object.hasOwn(target, key) ? target[key] : undefined
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {}
  return { ...target, [key]: withValue(object, path, at + 1, value) }
}
