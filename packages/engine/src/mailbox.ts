/**
 * The mailbox of a run: signals that no wait has taken, and who waits for which.
 *
 * Owns: what of signals is in a run's state, and its fold. Which wait takes a signal: signals.ts.
 */
import { type ErrorBody, InvariantError } from '@wonder/errors'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import type { Json } from './json.ts'
import type { RunState, Token } from './run-state.ts'
import { attemptKey } from './scope.ts'
import type { SignalSubject } from './subject.ts'
import { compareIds } from './timers.ts'

export type KeptSignal = { readonly name: string; readonly payload: Json }

/** Kept signals and keys are in the order of their coming. */
export type Mailbox = {
  readonly kept: Map<EventId, KeptSignal>
  /** Keys of the last signals, whatever became of them. */
  readonly keys: Map<EventId, string>
  /** From here on follows from the others and from the tokens. */
  readonly byName: Map<string, Map<EventId, true>>
  readonly byKey: Map<string, EventId>
  /** Tokens by name of the signal, and by the event with which the wait began. */
  readonly waits: Map<string, Map<EventId, EventId>>
}

/** Signals that a run keeps at most, and keys that it knows. */
export const mostSignals = 10_000

export function foldReceived(fold: Fold, event: EventOf<'signal_received'>, id: EventId): void {
  const { changes } = fold
  const { kept, keys, byName, byKey } = mailboxOf(fold)
  changes.add(kept, id, { name: event.name, payload: event.payload })
  index(fold, byName, { name: event.name, id, value: true })
  if (event.key === undefined) return
  changes.add(keys, id, event.key)
  changes.put(byKey, event.key, id)
  if (keys.size <= mostSignals) return
  const [[oldest, key] = []] = keys
  if (oldest === undefined || key === undefined) return
  changes.remove(keys, oldest)
  changes.remove(byKey, key)
}

export function foldAwaited(fold: Fold, { token: id, name, due_at }: EventOf<'signal_awaited'>, since: EventId): void {
  const token = fold.token(id)
  const dueAt = due_at ?? 0
  fold.waitFor(token, 'signal', { subject: { kind: 'signal', name, since, dueAt }, dueAt })
  index(fold, mailboxOf(fold).waits, { name, id: since, value: token.id })
}

/** Where the wait has no processor, the payload is the node's value. */
export function foldTaken(fold: Fold, event: EventOf<'signal_taken'>): void {
  const token = fold.token(event.token)
  const mailbox = mailboxOf(fold)
  const signal = mailbox.kept.get(event.id)
  const { subject } = token
  if (signal === undefined || subject?.kind !== 'signal') {
    throw new InvariantError('K4', `token "${token.id}" takes the signal "${event.id}", which is not kept for it`)
  }
  const { payload } = signal
  fold.changes.remove(mailbox.kept, event.id)
  unindex(fold, mailbox.byName, { name: signal.name, id: event.id })
  if (fold.plan.nodes[token.node]?.task == null) {
    fold.settle(token, { status: 'completed', output: payload }, token.node)
    return
  }
  fold.waitFor(token, 'ready', { subject: { ...subject, taken: { payload } } })
}

/** The processor has done its work: the signal can be judged. */
export function foldProcessed(fold: Fold, token: Token, subject: SignalSubject, output: Json): void {
  const taken = { payload: subject.taken?.payload ?? null, processor: output }
  fold.waitFor(token, 'ready', { subject: { ...subject, taken } })
}

export function foldWaitExpired(fold: Fold, event: EventOf<'wait_expired'>): void {
  const token = fold.token(event.token)
  const name = token.subject?.kind === 'signal' ? token.subject.name : ''
  fold.settle(token, { status: 'failed', output: null, error: waitTimeout(name) })
}

/** Why a wait failed whose time was up. */
export function waitTimeout(signal: string): ErrorBody {
  return {
    code: 'wait_timeout',
    message: `No signal "${signal}" came in time`,
    retry: 'never',
    details: { signal },
  }
}

export function foldSent(fold: Fold, event: EventOf<'signal_sent'>): void {
  const token = fold.token(event.token)
  const { to: run, name, payload } = event
  fold.changesOf(token).set(token, 'attempt', token.attempt + 1)
  const key = attemptKey(fold.state.run, token.id, token.attempt)
  const id = debtOf(token)
  fold.changes.put(fold.state.debts, id, {
    kind: 'send_signal',
    since: fold.time,
    token: token.id,
    run,
    name,
    payload,
    key,
  })
  fold.waitFor(token, 'delivery', { subject: { kind: 'delivery', debt: id } })
}

/** The debt of a token whose signal is on its way. */
export function debtOf({ id, attempt }: Token): string {
  return `signal/${id}/${attempt}`
}

/** The token waits for no signal any more. */
export function stopsListening(fold: Fold, { subject }: Token): void {
  const waits = fold.state.mailbox?.waits
  if (subject?.kind === 'signal' && waits !== undefined) {
    unindex(fold, waits, { name: subject.name, id: subject.since })
  }
}

/** What a snapshot holds of it. */
export type EncodedMailbox = {
  readonly kept: readonly (readonly [EventId, KeptSignal])[]
  readonly keys: readonly (readonly [EventId, string])[]
}

export function encodeMailbox({ kept, keys }: Mailbox): EncodedMailbox {
  return { kept: [...kept], keys: [...keys] }
}

export function decodeMailbox({ kept, keys }: EncodedMailbox): Mailbox {
  const mailbox: Mailbox = { ...createMailbox(), kept: new Map(kept), keys: new Map(keys) }
  for (const [id, { name }] of kept) addTo(mailbox.byName, name, id, true)
  for (const [id, key] of keys) mailbox.byKey.set(key, id)
  return mailbox
}

/** Finds again who waits for a signal, once the tokens are there. */
export function indexWaits(state: RunState): void {
  const waiting = [...state.tokens.values()].flatMap(({ id, wait, subject }) =>
    wait === 'signal' && subject?.kind === 'signal' ? [{ id, name: subject.name, since: subject.since }] : [],
  )
  if (waiting.length === 0) return
  state.mailbox ??= createMailbox()
  for (const { id, name, since } of waiting.sort((a, b) => compareIds(a.since, b.since))) {
    addTo(state.mailbox.waits, name, since, id)
  }
}

function createMailbox(): Mailbox {
  return { kept: new Map(), keys: new Map(), byName: new Map(), byKey: new Map(), waits: new Map() }
}

function mailboxOf(fold: Fold): Mailbox {
  const { state, changes } = fold
  if (state.mailbox !== null) return state.mailbox
  const mailbox = createMailbox()
  changes.set(state, 'mailbox', mailbox)
  return mailbox
}

function addTo<T>(named: Map<string, Map<EventId, T>>, name: string, id: EventId, value: T): void {
  const ids = named.get(name)
  if (ids === undefined) named.set(name, new Map([[id, value]]))
  else ids.set(id, value)
}

function index<T extends NonNullable<unknown>>(
  { changes }: Fold,
  named: Map<string, Map<EventId, T>>,
  { name, id, value }: { readonly name: string; readonly id: EventId; readonly value: T },
): void {
  const ids = named.get(name)
  if (ids === undefined) changes.add(named, name, new Map([[id, value]]))
  else changes.add(ids, id, value)
}

function unindex<T extends NonNullable<unknown>>(
  { changes }: Fold,
  named: Map<string, Map<EventId, T>>,
  { name, id }: { readonly name: string; readonly id: EventId },
): void {
  const ids = named.get(name)
  if (ids === undefined) return
  changes.remove(ids, id)
  if (ids.size === 0) changes.remove(named, name)
}
