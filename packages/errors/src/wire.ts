import { catalogue, type ErrorCode, type Retry } from './catalogue.ts'
import { type ErrorDetails, WonderError } from './wonder-error.ts'

/** The form of an error in JSON: in the journal, over a socket, on the CLI's `--json`. */
export type ErrorBody = {
  readonly code: string
  readonly message: string
  readonly retry: Retry
  readonly retryAfter?: number
  readonly details?: ErrorDetails
}

/** Turns anything thrown into its wire form. Stack traces stay here: they are for logs, not for people. */
export function toErrorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof WonderError) {
    return {
      code: thrown.code,
      message: thrown.message,
      retry: thrown.retry,
      ...(thrown.retryAfter === undefined ? {} : { retryAfter: thrown.retryAfter }),
      ...(Object.keys(thrown.details).length === 0 ? {} : { details: thrown.details }),
    }
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { code: 'internal', message, retry: 'never' }
}

/** The reverse of `toErrorBody`. An unknown code (a newer peer's) becomes `internal` and keeps its name in the details. */
export function fromErrorBody(body: ErrorBody): WonderError {
  const known = Object.hasOwn(catalogue, body.code)
  return new WonderError(known ? (body.code as ErrorCode) : 'internal', body.message, {
    retry: body.retry,
    ...(body.retryAfter === undefined ? {} : { retryAfter: body.retryAfter }),
    details: known ? (body.details ?? {}) : { ...body.details, code: body.code },
  })
}
