/**
 * Permits: at most so many tasks, or runs, of a key at a time.
 *
 * Owns: when a token or the run asks for a permit, and what an answer means. A permit is given back in the fold
 * (fold-permit.ts), whatever ends what it was for. Does not own: who gets one (the limits service).
 * P1 what has a key is not begun without its permit. P2 what has ended, however, owes its permit's release.
 */
import { type ErrorBody, WonderError } from '@wonder/errors'
import { abortWithin } from './abort.ts'
import type { Decision } from './decision.ts'
import type { ConcurrencyDef } from './definition.ts'
import { endRun } from './ending.ts'
import type { Command, EventId } from './events.ts'
import { type Permit, runPermit, tokenOf } from './fold-permit.ts'
import { goOnAll } from './go-on-all.ts'
import type { Outcome } from './outcome.ts'
import type { PlanConcurrency, PlanNode } from './plan.ts'
import { afterFailure } from './routing.ts'
import type { RunState, Token } from './run-state.ts'
import type { EvalContext } from './scope.ts'

const applied: Outcome = { status: 'applied' }
const duplicate: Outcome = { status: 'duplicate' }
const gone: Outcome = { status: 'gone' }

/** What an acquired debt came to; a queued one is granted, or superseded, by a command. */
export type PermitResult =
  | { readonly status: 'granted' | 'queued' | 'superseded' }
  /** `by`: runs that hold it. */
  | { readonly status: 'full'; readonly by: readonly string[] }

/** Whether the token may begin its node; if not, it waits for a permit, or has failed. */
export function admit(decision: Decision, token: Token, node: PlanNode): boolean {
  if (node.concurrency === null) return true
  const permit = decision.state.permits.get(token.id)
  if (permit !== undefined) return permit.granted
  const key = keyOf(decision, node.concurrency, decision.context(token.frame, token))
  if (key.ok) request(decision, token.id, { ...node.concurrency.def, key: key.value })
  else {
    decision.emit({ type: 'node_failed', token: token.id, error: key.error })
    afterFailure(decision, token)
  }
  return false
}

/** Whether there is a permit for the run, or it needs none; it waits for it otherwise. */
export function admitRun(decision: Decision): boolean {
  const { concurrency } = decision.plan
  if (concurrency === null) return true
  const permit = decision.state.permits.get(runPermit)
  if (permit !== undefined) return permit.granted
  const key = keyOf(decision, concurrency, decision.context(decision.state.root, null))
  if (key.ok) request(decision, runPermit, { ...concurrency.def, key: key.value })
  else endRun(decision, { status: 'failed', error: key.error })
  return false
}

function keyOf(decision: Decision, { key }: PlanConcurrency, context: EvalContext) {
  return decision.compute(() => {
    const value = key(context)
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value)
    throw new WonderError(
      'invalid_value',
      `Cannot use ${JSON.stringify(value)} as the key of a concurrency limit: it must be a text that is not empty, or a number`,
    )
  })
}

function request(
  decision: Decision,
  token: EventId,
  { key, limit, when_full }: Omit<ConcurrencyDef, 'key'> & { readonly key: string },
): void {
  decision.emit({
    type: 'permit_requested',
    ...(token === runPermit ? {} : { token }),
    key,
    limit,
    when_full,
  })
}

/** What the limits service answered. The debt is settled already. */
export function permitAnswered(decision: Decision, request: string, result: PermitResult): void {
  switch (result.status) {
    case 'granted':
      grant(decision, request)
      return
    case 'queued':
      return
    case 'superseded':
      refuse(decision, request, supersededError)
      return
    case 'full':
      refuse(decision, request, (permit) => limitReached(permit, result.by))
  }
}

/** Command `grant_permit`: its turn has come. */
export function grantPermit(decision: Decision, { request }: Extract<Command, { kind: 'grant_permit' }>): Outcome {
  const permit = waiting(decision.state, request)
  if (permit === null) return gone
  if (permit.granted) return duplicate
  grant(decision, request)
  return applied
}

/** Command `cancel_task`: a younger one takes the place of what holds or waits for this permit. */
export function cancelTask(decision: Decision, { request }: Extract<Command, { kind: 'cancel_task' }>): Outcome {
  const { state } = decision
  const permit = waiting(state, request)
  const token = state.tokens.get(tokenOf(request))
  if (permit === null || token === undefined) return gone
  if (!permit.granted) {
    refuse(decision, request, supersededError)
    return applied
  }
  const error = supersededError(permit)
  switch (token.wait) {
    case 'task':
    case 'retry':
    case 'decision':
      abortWithin(decision, [token])
      decision.emit({ type: 'task_failed', token: token.id, attempt: token.attempt, error })
      break
    default:
      decision.emit({ type: 'node_failed', token: token.id, error })
  }
  afterFailure(decision, token)
  return applied
}

/** The permit of this very request: a token may have gone on to another one. */
function waiting(state: RunState, request: string): Permit | null {
  const permit = state.permits.get(tokenOf(request))
  return permit?.request === request ? permit : null
}

function grant(decision: Decision, request: string): void {
  const permit = waiting(decision.state, request)
  if (permit === null || permit.granted) return
  const token = tokenOf(request)
  decision.emit({ type: 'permit_granted', ...(token === runPermit ? {} : { token }) })
  if (token !== runPermit) return decision.enter(token)
  goOnAll(decision)
}

function refuse(decision: Decision, request: string, errorOf: (permit: Permit) => ErrorBody): void {
  const permit = waiting(decision.state, request)
  if (permit === null || permit.granted) return
  const error = errorOf(permit)
  const id = tokenOf(request)
  const token = decision.state.tokens.get(id)
  decision.emit({ type: 'permit_refused', ...(id === runPermit ? {} : { token: id }), error })
  if (id === runPermit) {
    // Nothing has begun: nothing is to be cleaned up.
    endRun(decision, { status: error.code === 'superseded' ? 'cancelled' : 'failed', error })
  } else if (token !== undefined) afterFailure(decision, token)
}

function limitReached({ key, limit }: Permit, by: readonly string[]): ErrorBody {
  const holders = by.length === 0 ? '' : ` by ${by.slice(0, 3).join(', ')}${by.length > 3 ? ' and others' : ''}`
  return {
    code: 'limit_reached',
    message: `Cannot begin: the key "${key}" is held${holders}, and at most ${limit} may hold it at a time`,
    retry: 'after',
    details: { key, limit, by: [...by] },
  }
}

function supersededError({ key }: Permit): ErrorBody {
  return {
    code: 'superseded',
    message: `A younger one took the place of this one at the key "${key}"`,
    retry: 'never',
    details: { key },
  }
}
