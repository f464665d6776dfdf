import { catalogue, type ErrorCode, type Retry } from './catalogue.ts'

export type ErrorDetails = { readonly [key: string]: unknown }

export type WonderErrorOptions = {
  readonly details?: ErrorDetails
  readonly cause?: unknown
  /** Overrides the catalogue's answer to "may this be tried again?". */
  readonly retry?: Retry
  /** Milliseconds to wait before the next try; only with `retry: 'after'`. */
  readonly retryAfter?: number
}

/**
 * An error that a person or a program can act upon.
 *
 * `code` is stable and has a row in the catalogue; `message` names what could not be done, to what,
 * and the state that stopped it; `retry` says whether doing the same again is safe.
 *
 * @example
 * throw new WonderError('stale_version', 'Cannot append to run "r_1": expected version 4, current version is 5')
 */
export class WonderError extends Error {
  override readonly name: string = 'WonderError'
  readonly code: ErrorCode
  readonly retry: Retry
  readonly retryAfter: number | undefined
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: WonderErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry ?? catalogue[code].retry
    this.retryAfter = options.retryAfter
    this.details = options.details ?? {}
  }
}

/** A broken promise of our own code: a bug, never a user's mistake. Cites the invariant it broke. */
export class InvariantError extends WonderError {
  override readonly name = 'InvariantError'

  constructor(invariant: string, message: string, details: ErrorDetails = {}) {
    super('invariant_broken', `${invariant}: ${message}`, { details: { invariant, ...details } })
  }
}
