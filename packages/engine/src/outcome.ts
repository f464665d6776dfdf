import type { ErrorBody, WonderError } from '@wonder/errors'

/** What became of one command. */
export type Outcome =
  | { readonly status: 'applied' }
  /** It was done before: nothing happens again. */
  | { readonly status: 'duplicate' }
  /** What it speaks of is no longer awaited. */
  | { readonly status: 'gone' }
  | { readonly status: 'refused'; readonly error: ErrorBody }

/** The command is refused; nothing has changed. */
export function refused(error: WonderError): Outcome {
  const { code, message, retry, details } = error
  return { status: 'refused', error: { code, message, retry, details } }
}
