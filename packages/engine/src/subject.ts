import type { EventId } from './events.ts'
import type { Json } from './json.ts'

/**
 * What more is to be known of what a token waits for, by kind. A token has at most one.
 */
export type Subject = DeliverySubject | SignalSubject | QuestionSubject | ChildSubject | CacheSubject

/** A signal of its own to reach another run. */
export type DeliverySubject = { readonly kind: 'delivery'; readonly debt: string }

/** A task whose result is kept across runs under this name. */
export type CacheSubject = { readonly kind: 'cache'; readonly name: string }

/** A sub-workflow: its end, or that it was started (`detached`). */
export type ChildSubject = {
  readonly kind: 'child'
  readonly run: string
  readonly close: 'cancel' | 'continue'
  readonly detached: boolean
}

/** A wait for a signal. It stays while the wait's processor works on a signal that it has taken. */
export type SignalSubject = {
  readonly kind: 'signal'
  readonly name: string
  /** The event with which the wait began: who waits longest comes first. */
  readonly since: EventId
  /** Epoch ms, 0: none. */
  readonly dueAt: number
  /** What was taken and is not judged yet, with what the processor made of it. */
  readonly taken?: { readonly payload: Json; readonly processor?: Json }
}

/** A question to a person. */
export type QuestionSubject = {
  readonly kind: 'question'
  /** The event that asked it. */
  readonly id: EventId
  /** Of its text and of what is shown. */
  readonly digest: string
  /** Who may answer; null: anybody. */
  readonly role: string | null
  /** It has expired once, and others are asked. */
  readonly escalated: boolean
  /** The node has its value already: the answer only lets the token go on. */
  readonly checkpoint: boolean
}
