import type { ErrorBody } from '@wonder/errors'
import type { Json } from '@wonder/platform'
import { isObject } from './config-reader.ts'

/** `steps.<ref>` in the scope of the steps that follow. */
export type StepOutcome =
  | { readonly status: 'completed'; readonly output: Json; readonly error: null }
  | { readonly status: 'skipped'; readonly output: null; readonly error: null }
  | { readonly status: 'failed'; readonly output: null; readonly error: Json }

export const skipped: StepOutcome = { status: 'skipped', output: null, error: null }

export function completed(output: Json): StepOutcome {
  return { status: 'completed', output, error: null }
}

export function failed(error: ErrorBody): StepOutcome {
  // Details may be anything that an error carries: what is not JSON is dropped.
  return { status: 'failed', output: null, error: JSON.parse(JSON.stringify(error)) as Json }
}

/**
 * What the journal keeps of a step: its output, or `{"$step": {status, error}}` for one without, so that an attempt that
 * goes on after a crash neither runs it again nor sees another past.
 */
export function toJournal(outcome: StepOutcome): Json {
  if (outcome.status === 'completed') return outcome.output
  return { $step: { status: outcome.status, error: outcome.error } }
}

export function fromJournal(kept: Json): StepOutcome {
  if (!isObject(kept) || !isObject(kept.$step)) return completed(kept)
  return kept.$step.status === 'failed' ? { status: 'failed', output: null, error: kept.$step.error ?? null } : skipped
}
