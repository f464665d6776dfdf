import { type ErrorBody, WonderError } from '@wonder/errors'
import type { RunState } from './run-state.ts'
import { runStatus } from './run-status.ts'

/** What became of one command. */
export type Outcome =
  | { readonly status: 'applied' }
  /** It was done before: nothing happens again. */
  | { readonly status: 'duplicate' }
  /** What it speaks of is no longer awaited. */
  | { readonly status: 'gone' }
  | { readonly status: 'refused'; readonly error: ErrorBody }

export const applied: Outcome = { status: 'applied' }
export const duplicate: Outcome = { status: 'duplicate' }
export const gone: Outcome = { status: 'gone' }

/** The run's status does not allow it. */
export function refuse(state: RunState, what: string): Outcome {
  const verb = what.replaceAll('_', ' ')
  return refused(new WonderError('invalid_transition', `Cannot ${verb} run "${state.run}": it is ${runStatus(state)}`))
}

export function refused(error: WonderError): Outcome {
  return { status: 'refused', error: bodyOf(error) }
}

export function bodyOf({ code, message, retry, details }: WonderError): ErrorBody {
  return { code, message, retry, details }
}
