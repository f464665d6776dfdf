/**
 * Sub-workflows: runs of their own, which a node orders and, unless they are detached, waits for.
 *
 * Owns: ordering a child, and what its end means for the node. Does not own: what becomes of it when nobody waits for it
 * any more (fold-child.ts), reaching other runs (debts.ts says what is owed, the coordinator pays it).
 * A child is ordered once: its id follows from the run, the token and the attempt. Only an end that is awaited counts.
 */
import { sha256Hex } from '@wonder/crypto'
import type { ErrorBody } from '@wonder/errors'
import { admits, grantOf } from './budget.ts'
import type { Debt } from './debts.ts'
import type { Decision } from './decision.ts'
import type { WorkflowWork } from './definition.ts'
import type { Command } from './events.ts'
import { type ChildUsage, workOf } from './fold-child.ts'
import { measure } from './measure.ts'
import { applied, duplicate, gone, type Outcome } from './outcome.ts'
import type { PlanNode } from './plan.ts'
import { afterFailure, complete, failNode, leave } from './routing.ts'
import type { StopTarget, Token } from './run-state.ts'
import { isHeld } from './run-status.ts'
import { ulid } from './ulid.ts'

/** How deep runs nest and how many children one may order, where its definition does not say. */
const nesting = { depth: 16, children: 10_000 }

/** The token has come to a `workflow`. A paused run keeps it here, ready. */
export function orderChild(decision: Decision, token: Token, node: PlanNode): void {
  const { state, plan, time } = decision
  if (isHeld(state)) return
  const work = workOf(node)
  const limit = overLimit(decision, work)
  if (limit !== null) return failNode(decision, token, limit)
  const isCounted = work.detached !== true
  if (isCounted && state.budget !== null && !admits(decision, token, node)) return
  const grant = isCounted ? grantOf(decision, node) : node.def.budget
  const context = decision.context(token.frame, { ...token, attempt: token.attempt + 1 })
  const input = decision.compute(() => decision.compact(node.value?.(context) ?? null))
  if (!input.ok) return failNode(decision, token, input.error)
  decision.emit({
    type: 'child_ordered',
    token: token.id,
    child: ulid(time, sha256Hex(`${state.run}/${token.id}/${token.attempt + 1}`)),
    workflow: work.workflow,
    definition: plan.definition.workflows?.[work.workflow] ?? '',
    input: input.value,
    ...(grant === undefined ? {} : { grant }),
    ...(work.timeout === undefined || work.detached === true ? {} : { due_at: time + work.timeout }),
    ...(work.detached === true ? { detached: true as const } : {}),
  })
}

function overLimit({ state, plan }: Decision, { workflow }: WorkflowWork): ErrorBody | null {
  const { depth, children } = plan.definition.nesting ?? nesting
  if (state.depth + 1 > depth) {
    const message = `Cannot start sub-workflow "${workflow}": runs nest ${depth} deep here, and this one is that deep already`
    return { code: 'nesting_too_deep', message, retry: 'never', details: { depth, hint: 'See nesting.depth.' } }
  }
  if (state.children < children) return null
  const message = `Cannot start sub-workflow "${workflow}": this run has started ${children} already`
  return { code: 'too_many_children', message, retry: 'never', details: { children, hint: 'See nesting.children.' } }
}

/** The child says how it ended. */
export function completeChild(decision: Decision, command: Extract<Command, { kind: 'complete_child' }>): Outcome {
  const { token: id, child, status, usage } = command
  const token = decision.state.tokens.get(id)
  if (token === undefined) return gone
  if (!awaits(token, child)) return duplicate
  const output = decision.compute(() => {
    measure(command.output ?? null)
    return decision.compact(command.output ?? null)
  })
  const error = output.ok ? command.error : output.error
  const used = usage === undefined ? {} : { usage }
  if (status === 'completed' && output.ok) {
    decision.emit({ type: 'child_ended', token: id, child, status, output: output.value, ...used })
    leave(decision, token)
    return applied
  }
  const ended = status === 'completed' ? 'failed' : status
  failedChild(decision, token, { child, status: ended, error, ...used })
  return applied
}

function awaits({ subject }: Token, child: string): boolean {
  return subject?.kind === 'child' && subject.run === child && !subject.detached
}

function failedChild(
  decision: Decision,
  token: Token,
  ended: {
    readonly child: string
    readonly status: Exclude<StopTarget, 'completed'>
    readonly error: ErrorBody | undefined
    readonly usage?: ChildUsage
  },
): void {
  const { child, status, error, usage } = ended
  const { workflow } = workOf(decision.plan.nodes[token.node] as PlanNode)
  const how = { failed: 'failed', cancelled: 'was cancelled', timed_out: 'has timed out' }[status]
  decision.emit({
    type: 'child_ended',
    token: token.id,
    child,
    status,
    error: {
      code: 'child_failed',
      message: `Sub-workflow "${workflow}" ${how}${error === undefined ? '' : `: ${error.message}`}`,
      retry: 'never',
      details: { run: child, workflow, status, ...(error === undefined ? {} : { error }) },
    },
    ...(usage === undefined ? {} : { usage }),
  })
  afterFailure(decision, token)
}

/** The child has not ended in the time that it was given. */
export function childTimedOut(decision: Decision, token: Token): void {
  const { subject } = token
  if (subject?.kind !== 'child') return
  const { workflow, timeout } = workOf(decision.plan.nodes[token.node] as PlanNode)
  decision.emit({
    type: 'child_ended',
    token: token.id,
    child: subject.run,
    status: 'timed_out',
    expired: true,
    error: {
      code: 'child_timeout',
      message: `Sub-workflow "${workflow}" has not ended within ${timeout} ms, and is cancelled`,
      retry: 'never',
      details: { run: subject.run, workflow, timeout },
    },
  })
  afterFailure(decision, token)
}

/** The child was started, or cannot be. Who only starts it has its value now. */
export function childAccepted(
  decision: Decision,
  { token: id, child }: Extract<Debt, { kind: 'start_child' }>,
  error: ErrorBody | undefined,
): void {
  const token = decision.state.tokens.get(id)
  if (token?.subject?.kind !== 'child' || token.subject.run !== child) return
  if (error !== undefined) failedChild(decision, token, { child, status: 'failed', error })
  else if (token.subject.detached) complete(decision, token, { run: child })
}
