/**
 * Interruptions: tasks that nobody works on any more, after a crash or when a lease is over.
 *
 * K8 an attempt with a result is never dispatched again.
 */
import { type ErrorBody, WonderError } from '@wonder/errors'
import { awaited } from './attempts.ts'
import { reservation } from './budget.ts'
import { askAgain } from './debts.ts'
import type { Decision } from './decision.ts'
import type { CommandOf } from './events.ts'
import { applied, gone, type Outcome, refused } from './outcome.ts'
import { afterFailure } from './routing.ts'
import type { Token } from './run-state.ts'
import { wake } from './wake.ts'

export function recover(decision: Decision, command: CommandOf<'recover'>): Outcome {
  const lost = command.lost === undefined ? null : new Set(command.lost)
  askAgain(decision, true)
  for (const token of [...decision.state.tokens.values()]) {
    if (token.wait !== 'task' || !isLive(decision, token) || lost?.has(token.id) === false) continue
    afterInterruption(decision, token)
  }
  return wake(decision)
}

export function expireLease(decision: Decision, command: CommandOf<'expire_lease'>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return gone
  if (token.dispatch !== command.dispatch || token.wait !== 'task') return gone
  const { attempt, dispatch } = command
  decision.emit({ type: 'lease_expired', token: token.id, attempt, dispatch })
  // Should it live after all, it learns that nobody waits for it.
  decision.effects.push({ type: 'abort', token: token.id, attempt, dispatch })
  afterInterruption(decision, token)
  return applied
}

export function decideInterruption(decision: Decision, command: CommandOf<'decide_interruption'>): Outcome {
  const { plan, state } = decision
  const tokens = [...state.tokens.values()].filter(
    (token) => token.wait === 'decision' && plan.nodes[token.node]?.ref === command.task,
  )
  if (tokens.length === 0) {
    const open = [...state.tokens.values()].filter((token) => token.wait === 'decision')
    const names = [...new Set(open.map((token) => plan.nodes[token.node]?.ref))]
    const hint = names.length === 0 ? 'no task was interrupted' : `interrupted: ${names.join(', ')}`
    return refused(
      new WonderError('not_interrupted', `Cannot decide about task "${command.task}" of run "${state.run}": ${hint}`),
    )
  }
  for (const token of tokens) {
    if (!isLive(decision, token)) continue
    const { decision: answer } = command
    decision.emit({ type: 'interruption_decided', token: token.id, decision: answer, by: command.by ?? '' })
    if (answer === 'rerun') redispatch(decision, token)
    else interruptedFailure(decision, token)
  }
  return applied
}

/** The same attempt is ordered again: its input and its journalled steps stay. */
export function redispatch(decision: Decision, token: Token): void {
  const { attempt } = token
  const dispatch = token.dispatch + 1
  // What a crash did not end is still reserved; what waited for a person is reserved anew, whether it fits or not.
  const node = decision.plan.nodes[token.node]
  const reserved = token.wait === 'task' || node === undefined ? undefined : reservation(decision, node)
  const amounts = reserved === undefined ? {} : { reserved }
  decision.emit({ type: 'task_dispatched', token: token.id, attempt, dispatch, ...amounts })
  decision.effects.push({ type: 'dispatch', token: token.id, attempt, dispatch })
}

/** Nobody works on the task any more: it is ordered again, unless it may have acted and that matters. */
function afterInterruption(decision: Decision, token: Token): void {
  const { attempt, dispatch } = token
  const policy = decision.plan.nodes[token.node]?.task?.interrupted ?? 'rerun'
  if (!token.started || policy === 'rerun') redispatch(decision, token)
  else if (policy === 'ask') decision.emit({ type: 'task_interrupted', token: token.id, attempt, dispatch })
  else interruptedFailure(decision, token)
}

function interruptedFailure(decision: Decision, token: Token): void {
  const ref = decision.plan.nodes[token.node]?.ref
  const error: ErrorBody = {
    code: 'task_interrupted',
    message: `Task "${ref}" was cut off by a crash, and may have done its work in part`,
    retry: 'never',
  }
  decision.emit({ type: 'task_failed', token: token.id, attempt: token.attempt, error })
  afterFailure(decision, token)
}

/** Whether a failure just before has not ended it. */
function isLive(decision: Decision, token: Token): boolean {
  return decision.state.tokens.has(token.id)
}
