/**
 * Attempts: what executors say of the tasks that they were given.
 *
 * K6 a result is applied once per attempt.
 */
import type { ErrorBody } from '@wonder/errors'
import type { Decision } from './decision.ts'
import type { CommandOf } from './events.ts'
import type { Json } from './json.ts'
import { measure } from './measure.ts'
import { applied, duplicate, gone, type Outcome } from './outcome.ts'
import { chanceOf, retries, retryDelay } from './retry-delay.ts'
import { afterFailure, goOn, isAwaited } from './routing.ts'
import type { Token } from './run-state.ts'
import { judge } from './signals.ts'
import { type Usage, usageFault } from './usage.ts'

/** The token that a command about an attempt speaks of, if its result is still awaited (K6). */
export function awaited(
  decision: Decision,
  command: { readonly token: string; readonly attempt: number },
): Token | Outcome {
  const token = decision.state.tokens.get(command.token)
  if (token === undefined) return gone
  if (token.attempt > command.attempt) return duplicate
  if (token.attempt < command.attempt) return gone
  return token.wait === 'task' || token.wait === 'decision' ? token : duplicate
}

export function beginTask(decision: Decision, command: CommandOf<'begin_task'>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return gone
  if (token.dispatch !== command.dispatch || token.wait !== 'task') return gone
  if (token.started) return duplicate
  const { attempt, dispatch } = command
  decision.emit({ type: 'task_started', token: token.id, attempt, dispatch })
  return applied
}

export function completeStep(decision: Decision, command: CommandOf<'complete_step'>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return token
  if (token.steps !== null && Object.hasOwn(token.steps, command.step)) return duplicate
  const output = checked(decision, command.output)
  if (!output.ok) return failAttempt(decision, token, output.error, command)
  const { attempt, step } = command
  const usage = usedBy(command)
  decision.emit({ type: 'step_completed', token: token.id, attempt, step, output: output.value, ...usage })
  return applied
}

export function completeTask(decision: Decision, command: CommandOf<'complete_task'>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return token
  const output = checked(decision, command.output)
  if (!output.ok) return failAttempt(decision, token, output.error, command)
  for (const artifact of command.artifacts ?? []) {
    decision.emit({ type: 'artifact_saved', token: token.id, artifact })
  }
  const how = command.reused === undefined ? usedBy(command) : { reused: command.reused }
  decision.emit({ type: 'task_completed', token: token.id, attempt: command.attempt, output: output.value, ...how })
  if (token.subject?.kind === 'signal') judge(decision, token)
  else goOn(decision, token)
  return applied
}

export function failTask(decision: Decision, command: CommandOf<'fail_task'>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return token
  return failAttempt(decision, token, command.error, command)
}

function failAttempt(decision: Decision, token: Token, error: ErrorBody, result: { readonly usage?: Usage }): Outcome {
  const { state, time } = decision
  const task = decision.plan.nodes[token.node]?.task
  const { attempt } = token
  const again = task !== null && task !== undefined && retries(task.retry, token.tries, error)
  if (again && !isAwaited(decision, token)) {
    const chance = chanceOf(state.seed, `${token.id}/${attempt}`)
    const delay = Math.max(retryDelay(task.retry, token.tries, chance), error.retryAfter ?? 0)
    decision.emit({ type: 'task_failed', token: token.id, attempt, error, retry_at: time + delay, ...usedBy(result) })
    if (delay === 0) decision.enter(token.id)
    return applied
  }
  decision.emit({ type: 'task_failed', token: token.id, attempt, error, ...usedBy(result) })
  afterFailure(decision, token)
  return applied
}

function checked(decision: Decision, output: Json) {
  return decision.compute(() => {
    measure(output)
    return decision.compact(output)
  })
}

/** What a result says it has used. One that says nonsense counts as one that says nothing. */
function usedBy({ usage }: { readonly usage?: Usage }): { readonly usage?: Usage } {
  return usage === undefined || usageFault(usage) !== null ? {} : { usage }
}
