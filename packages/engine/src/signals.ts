/**
 * Signals: which wait takes which.
 *
 * One signal goes to one wait: to the one that waits longest, of those of its name whose `until` holds. A wait with a
 * processor takes the first that comes, and judges it when the processor has done its work. What nobody takes is kept, and
 * a wait looks through what is kept, the oldest first, when it begins (`kept: false`: only through what came since then). A wait whose time is up takes nothing.
 * Does not own: the mailbox itself (mailbox.ts), signals on their way to other runs (sending.ts).
 */
import { type ErrorBody, WonderError } from '@wonder/errors'
import type { Computed, Decision } from './decision.ts'
import { durationOf } from './duration.ts'
import type { Command, EventId, SignalToRun } from './events.ts'
import type { Json } from './json.ts'
import { mostSignals } from './mailbox.ts'
import { measure } from './measure.ts'
import { applied, bodyOf, duplicate, type Outcome } from './outcome.ts'
import type { PlanNode } from './plan.ts'
import { afterFailure, complete, failNode, goTo, isAwaited, leave, nodeOf } from './routing.ts'
import type { Token } from './run-state.ts'
import { isHeld } from './run-status.ts'
import { send } from './sending.ts'
import { compareIds } from './timers.ts'

const mostAtStart = 100

/** A signal from outside. */
export function receive(decision: Decision, command: Extract<Command, { kind: 'signal' }>): Outcome {
  if (isKnown(decision, command)) return duplicate
  const { name, payload, key, by = '' } = command
  const fits = decision.compute(() => measure(payload))
  const problem = fits.ok ? post(decision, { name, payload, by, key }) : fits.error
  return problem === null ? applied : { status: 'refused', error: problem }
}

/** Why these cannot be given to a run that starts; null: they can. */
export function problemOf(decision: Decision, signals: readonly SignalToRun[]): ErrorBody | null {
  const checked = decision.compute(() => {
    if (signals.length > mostAtStart) {
      throw new WonderError('invalid_value', `A run starts with at most ${mostAtStart} signals, not ${signals.length}`)
    }
    for (const { name, payload } of signals) {
      checkedName(name)
      measure(payload)
    }
  })
  return checked.ok ? null : checked.error
}

/** Signals that a run starts with: nothing waits for them yet. */
export function receiveAtStart(decision: Decision, signals: readonly SignalToRun[], by: string): void {
  for (const { name, payload, key } of signals) {
    if (!isKnown(decision, key === undefined ? {} : { key })) post(decision, { name, payload, by, key })
  }
}

/** A signal with this key has come before. */
export function isKnown({ state }: Decision, { key }: Pick<Command, 'key'>): boolean {
  return key !== undefined && state.mailbox?.byKey.has(key) === true
}

/** The token has come to a `wait`, or is done with a signal that was not the one. */
export function listen(decision: Decision, token: Token, node: PlanNode): void {
  const begins = decision.compute(() => {
    const context = decision.context(token.frame, token)
    const name = nameOf(node.parts.signal?.(context) ?? '', node)
    const timeout = node.parts.timeout?.(context)
    const dueAt = timeout === undefined ? 0 : decision.time + durationOf(timeout, `timeout of "${node.ref}"`)
    return { name, dueAt }
  })
  if (!begins.ok) return failNode(decision, token, begins.error)
  beginWait(decision, token, begins.value)
}

function beginWait(decision: Decision, token: Token, { name, dueAt }: { name: string; dueAt: number }): void {
  const due = dueAt === 0 ? {} : { due_at: dueAt }
  decision.emit({ type: 'signal_awaited', token: token.id, name, ...due })
  takeKept(decision, token)
}

/** Looks through what is kept. A paused run orders no processor, so it comes here again when it goes on. */
export function takeKept(decision: Decision, token: Token): void {
  const { mailbox } = decision.state
  const { subject } = token
  if (mailbox === null || subject?.kind !== 'signal' || token.wait !== 'signal') return
  const { def } = nodeOf(decision, token)
  const onlyNew = def.does.kind === 'wait' && def.does.kept === false
  for (const id of mailbox.byName.get(subject.name)?.keys() ?? []) {
    if (onlyNew && compareIds(id, subject.since) < 0) continue
    const payload = mailbox.kept.get(id)?.payload ?? null
    const wanted = isWanted(decision, token, payload)
    // A condition that cannot be computed for what came before the wait does not hold.
    if (wanted.ok && wanted.value) return take(decision, token, id)
  }
}

/** The processor of a wait has done its work. */
export function judge(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const { subject } = token
  if (subject?.kind !== 'signal' || subject.taken === undefined) return
  const { payload, processor = null } = subject.taken
  const context = { ...decision.context(token.frame, token), signal: { payload, processor } }
  const holds = decision.compute(() => node.until?.(context) ?? true)
  if (!holds.ok) return failNode(decision, token, holds.error)
  if (holds.value) return complete(decision, token, payload)
  if (isAwaited(decision, token)) return leave(decision, token)
  beginWait(decision, token, subject)
}

/** The time of a wait is up. */
export function waitExpired(decision: Decision, token: Token): void {
  decision.emit({ type: 'wait_expired', token: token.id })
  afterDeadline(decision, token)
}

/** What `onTimeout` or `onExpiry` says, once the node has failed. */
export function afterDeadline(decision: Decision, token: Token): void {
  const { late } = nodeOf(decision, token)
  if (late === 'continue') leave(decision, token)
  else if (late === 'fail') afterFailure(decision, token)
  else goTo(decision, token, late)
}

/** The token has come to a `signal`. */
export function sendSignal(decision: Decision, token: Token, node: PlanNode): void {
  const { state } = decision
  const signal = decision.compute(() => {
    const context = decision.context(token.frame, token)
    const name = nameOf(node.parts.name?.(context) ?? '', node)
    const to = node.parts.run === undefined ? state.run : runOf(node.parts.run(context), node)
    return { to, name, payload: decision.compact(node.parts.payload?.(context) ?? {}) }
  })
  if (!signal.ok) return failNode(decision, token, signal.error)
  const { to, name, payload } = signal.value
  if (to !== state.run) return send(decision, token, signal.value)
  const problem = post(decision, { name, payload, by: `run:${state.run}` })
  // The wait that took it may have ended the branch of who sent it.
  if (!state.tokens.has(token.id)) return
  if (problem === null) complete(decision, token, {})
  else failNode(decision, token, problem)
}

/** Gives a signal to a wait, or keeps it; where neither is possible, nothing has changed. */
function post(
  decision: Decision,
  signal: { readonly name: string; readonly payload: Json; readonly by: string; readonly key?: string | undefined },
): ErrorBody | null {
  const { state } = decision
  const { name, payload, by, key } = signal
  const named = decision.compute(() => checkedName(name))
  if (!named.ok) return named.error
  const wait = findWait(decision, name, payload)
  if (!wait.ok) return wait.error
  if (wait.value === null && (state.mailbox?.kept.size ?? 0) >= mostSignals) {
    return bodyOf(
      new WonderError(
        'mailbox_full',
        `Cannot keep the signal "${name}" for run "${state.run}": it keeps ${mostSignals} that no wait has taken`,
      ),
    )
  }
  const id = decision.emit({
    type: 'signal_received',
    name,
    payload: decision.compact(payload),
    ...(key === undefined ? {} : { key }),
    by,
  })
  if (wait.value !== null) take(decision, wait.value, id)
  return null
}

/** The wait that takes it; an error when none does, and the condition of one cannot be computed for it. */
function findWait(decision: Decision, name: string, payload: Json): Computed<Token | null> {
  let problem: Computed<never> | null = null
  for (const id of decision.state.mailbox?.waits.get(name)?.values() ?? []) {
    const token = decision.state.tokens.get(id)
    if (token === undefined) continue
    const wanted = isWanted(decision, token, payload)
    if (!wanted.ok) problem ??= wanted
    else if (wanted.value) return { ok: true, value: token }
  }
  return problem ?? { ok: true, value: null }
}

function isWanted(decision: Decision, token: Token, payload: Json): Computed<boolean> {
  const node = nodeOf(decision, token)
  if (token.dueAt !== 0 && token.dueAt <= decision.time) return { ok: true, value: false }
  if (node.task !== null) return { ok: true, value: !isHeld(decision.state) }
  if (node.until === null) return { ok: true, value: true }
  const context = { ...decision.context(token.frame, token), signal: { payload } }
  return decision.compute(() => node.until?.(context) ?? true)
}

function take(decision: Decision, token: Token, id: EventId): void {
  decision.emit({ type: 'signal_taken', token: token.id, id })
  if (nodeOf(decision, token).task === null) leave(decision, token)
  else decision.enter(token.id)
}

function nameOf(value: Json, { ref }: PlanNode): string {
  if (typeof value === 'string') return checkedName(value)
  throw new WonderError('invalid_value', `Task "${ref}" needs the name of a signal, and it is ${shown(value)}`)
}

function runOf(value: Json, { ref }: PlanNode): string {
  if (typeof value === 'string' && value !== '') return value
  throw new WonderError('invalid_value', `Task "${ref}" needs the id of a run, and it is ${shown(value)}`)
}

function checkedName(name: string): string {
  if (name.length > 0 && name.length <= 200) return name
  throw new WonderError('invalid_value', `The name of a signal has 1 to 200 characters, and ${shown(name)} has not`)
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 80)
}
