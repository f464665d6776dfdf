/**
 * The kernel's decisions: commands in, events and effects out.
 *
 * Owns: what a command may do to a run, and what follows from it. Does not own: changing state (evolve.ts), time, chance
 * and I/O (they come with the commands), executing (effects say what is to be done once the record is on disk).
 *
 * K1 the same plan, state and commands give the same decision. K3 a terminal run takes no command that changes it.
 * K4 every live token waits for one subject; with none the run ends. K5 a join activates once.
 * K6 a result is applied once per attempt. K8 an attempt with a result is never dispatched again.
 */
import { type ErrorBody, InvariantError, WonderError } from '@wonder/errors'
import { answer, isAnswered, questionExpired } from './asking.ts'
import { budgetExceeded, raiseFault, reservation } from './budget.ts'
import { checkpointAtStart, tellBlocked, tellProgress } from './checkpoint.ts'
import { childAccepted, childTimedOut, completeChild } from './children.ts'
import { askAgain, isOwed } from './debts.ts'
import { Decision, type LargeValue, type Work } from './decision.ts'
import { endRun, skipPhase, stopRun } from './ending.ts'
import type { Command, Effect, RunRecord } from './events.ts'
import { fanOutsThatCanStart, startBranches } from './fan-out.ts'
import { goOnAll } from './go-on-all.ts'
import { joinTimedOut } from './join.ts'
import type { Json } from './json.ts'
import { keepBudgets } from './keep-budgets.ts'
import { measure } from './measure.ts'
import { runDeadline } from './next-timer.ts'
import { applied, duplicate, gone, type Outcome, refuse, refused } from './outcome.ts'
import { cancelTask, grantPermit, permitAnswered } from './permits.ts'
import type { Plan } from './plan.ts'
import {
  grantReservation,
  mayBegin,
  projectBudgetExceeded,
  reservationAnswered,
  waitsForProject,
  warnOfProject,
} from './project-budget.ts'
import { repair } from './repair.ts'
import { chanceOf, retries, retryDelay } from './retry-delay.ts'
import { afterFailure, goOn, isAwaited } from './routing.ts'
import { perform } from './run-node.ts'
import type { RunState, Token } from './run-state.ts'
import { isHeld, runActivity, waitsToBegin } from './run-status.ts'
import { type LargeValues, NeedsBlobs } from './scope.ts'
import { delivered } from './sending.ts'
import { isKnown, judge, problemOf, receive, receiveAtStart, waitExpired } from './signals.ts'
import { wakeUp } from './sleep.ts'
import { timeOut } from './time-out.ts'
import type { Timer } from './timers.ts'
import { type Usage, usageFault } from './usage.ts'

export type DecideResult =
  | {
      readonly status: 'decided'
      /** Null: nothing happened. */
      readonly record: RunRecord | null
      readonly effects: readonly Effect[]
      /** One for each command that was taken, in order; the rest is for the next decision. */
      readonly outcomes: readonly Outcome[]
      readonly large: readonly LargeValue[]
      /** A further `wake` has work to do at once. */
      readonly more: boolean
    }
  /** The state is unchanged; decide again with these values. */
  | { readonly status: 'needs'; readonly digests: readonly string[] }

/** A record takes no further command after so many, or so much (UTF-16 units). */
const mostCommands = 256
const mostSize = 1_048_576

/**
 * Decides what happens. `state` is changed in place to what it is after the record; where the answer is `needs`, or
 * something is thrown, it is as it was.
 *
 * @param context.time epoch ms; an earlier time than the last record's counts as that
 * @param context.blobs large values that have been loaded, by digest
 */
export function decide(
  plan: Plan,
  state: RunState,
  commands: readonly Command[],
  context: { readonly time: number; readonly blobs: LargeValues },
): DecideResult {
  const decision = new Decision(plan, state, context)
  const outcomes: Outcome[] = []
  try {
    for (const command of commands) {
      if (outcomes.length === mostCommands || decision.size >= mostSize) break
      // What comes before and after it is decided over another plan.
      if (outcomes.length > 0 && (command.kind === 'migrate' || decision.migrates)) break
      const outcome = apply(decision, command)
      outcomes.push(outcome)
      const work = (work: Work) => perform(decision, work)
      decision.drain(work)
      const tells = plan.definition.checkpoints !== undefined && outcome.status === 'applied'
      if (tells) tellProgress(decision)
      if (state.budget !== null && outcome.status === 'applied') keepBudgets(decision, work)
      if (tells) tellBlocked(decision)
      decision.note(command)
    }
    const record = decision.finish()
    return {
      status: 'decided',
      record,
      effects: decision.effects,
      outcomes,
      large: [...decision.large.values()],
      more: decision.more,
    }
  } catch (thrown) {
    decision.abandon()
    if (thrown instanceof NeedsBlobs) return { status: 'needs', digests: thrown.digests }
    throw thrown
  }
}

function apply(decision: Decision, command: Command): Outcome {
  const { state } = decision
  if (state.ended !== null) return afterTheEnd(decision, command)
  if (state.definition === '' && command.kind !== 'start' && command.kind !== 'fork') return refuse(state, command.kind)
  switch (command.kind) {
    case 'start':
      return start(decision, command)
    case 'fork':
      return fork(decision, command)
    case 'migrate':
      return migrate(decision, command)
    case 'begin_task':
      return beginTask(decision, command)
    case 'expire_lease':
      return expireLease(decision, command)
    case 'complete_step':
      return completeStep(decision, command)
    case 'complete_task':
      return completeTask(decision, command)
    case 'fail_task':
      return failTask(decision, command)
    case 'wake':
      return wake(decision)
    case 'recover':
      return recover(decision, command)
    case 'decide_interruption':
      return decideInterruption(decision, command)
    case 'complete_child':
      return completeChild(decision, command)
    case 'signal':
      return receive(decision, command)
    case 'answer':
      return answer(decision, command)
    case 'settle':
      return settle(decision, command)
    case 'grant_permit':
      return grantPermit(decision, command)
    case 'grant_reservation':
      return grantReservation(decision, command)
    case 'cancel_task':
      return cancelTask(decision, command)
    case 'raise_budget':
      return raiseBudget(decision, command)
    case 'repair':
      return repair(decision, command)
    case 'pause':
      if (state.stopping !== null) return refuse(state, 'pause')
      if (state.paused) return duplicate
      decision.emit({ type: 'run_paused', by: command.by ?? '' })
      return applied
    case 'resume':
      return resume(decision, command.by ?? '')
    case 'cancel':
      return cancel(decision, command)
  }
}

/** K3: only questions that change nothing are answered. */
function afterTheEnd(decision: Decision, command: Command): Outcome {
  const { state } = decision
  switch (command.kind) {
    case 'start':
    case 'fork':
      return duplicate
    case 'complete_task':
    case 'complete_step':
    case 'fail_task':
    case 'begin_task':
    case 'grant_permit':
    case 'grant_reservation':
    case 'cancel_task':
    case 'complete_child':
    case 'expire_lease':
      return gone
    case 'wake':
    case 'recover':
      askAgain(decision, command.kind === 'recover')
      return applied
    case 'settle':
      return settle(decision, command)
    case 'signal':
      return isKnown(decision, command) ? duplicate : refuse(state, 'signal')
    case 'answer':
      return isAnswered(decision, command) ? duplicate : refuse(state, 'answer a question of')
    case 'cancel':
      return state.ended?.status === 'cancelled' ? duplicate : refuse(state, 'cancel')
    default:
      return refuse(state, command.kind)
  }
}

function start(decision: Decision, command: Extract<Command, { kind: 'start' }>): Outcome {
  const { plan, state } = decision
  if (state.definition !== '') return duplicate
  const json = decision.compute(() => measure(command.input))
  if (!json.ok) return { status: 'refused', error: json.error }
  const checked = plan.input.check(command.input, { applyDefaults: true })
  if (!checked.ok) {
    const { workflow } = plan.definition
    const problems = checked.errors.map(({ path, code, message }) => ({ path, code, message }))
    const listed = problems.map(({ path, message }) => `${path === '' ? 'input' : path}: ${message}`).join('; ')
    return refused(
      new WonderError('invalid_input', `Cannot start workflow "${workflow}": ${listed}`, { details: { problems } }),
    )
  }
  const { signals = [] } = command
  const problem = problemOf(decision, signals)
  if (problem !== null) return { status: 'refused', error: problem }
  decision.emit({
    type: 'run_started',
    definition: command.definition,
    project: plan.definition.project,
    workflow: plan.definition.workflow,
    input: decision.compact((checked.value ?? command.input) as Json),
    env: command.env,
    seed: command.seed,
    ...(command.tags === undefined || command.tags.length === 0 ? {} : { tags: command.tags }),
    ...(command.parent === undefined ? {} : { parent: command.parent }),
    ...(command.depth === undefined ? {} : { depth: command.depth }),
    ...(command.grant === undefined ? {} : { grant: command.grant }),
    ...(command.reuse === undefined ? {} : { reuse: command.reuse }),
    ...(command.tasksEnv === undefined ? {} : { tasks_env: command.tasksEnv }),
  })
  checkpointAtStart(decision)
  receiveAtStart(decision, signals, command.by ?? '')
  const token = decision.emit({ type: 'token_created', node: plan.definition.start })
  if (mayBegin(decision)) decision.enter(token)
  return applied
}

/** What was out is ordered anew under this run's keys; what was ready goes on. */
function fork(decision: Decision, command: Extract<Command, { kind: 'fork' }>): Outcome {
  const { state } = decision
  if (state.definition !== '') return duplicate
  const { from, record, definition } = command
  decision.emit({ type: 'run_forked', from, record, definition, state: command.state })
  if (!mayBegin(decision)) return applied
  for (const token of [...state.tokens.values()]) {
    if (token.wait === 'task') redispatch(decision, token)
    else if (token.wait === 'ready') decision.enter(token.id)
  }
  return wake(decision)
}

function migrate(decision: Decision, { definition }: Extract<Command, { kind: 'migrate' }>): Outcome {
  const { state } = decision
  if (definition === state.definition) return duplicate
  decision.emit({ type: 'run_migrated', definition, from: state.definition })
  decision.migrates = true
  return applied
}

/** The token that a command about an attempt speaks of, if its result is still awaited (K6). */
function awaited(decision: Decision, command: { readonly token: string; readonly attempt: number }): Token | Outcome {
  const token = decision.state.tokens.get(command.token)
  if (token === undefined) return gone
  if (token.attempt > command.attempt) return duplicate
  if (token.attempt < command.attempt) return gone
  return token.wait === 'task' || token.wait === 'decision' ? token : duplicate
}

function beginTask(decision: Decision, command: Extract<Command, { kind: 'begin_task' }>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return gone
  if (token.dispatch !== command.dispatch || token.wait !== 'task') return gone
  if (token.started) return duplicate
  const { attempt, dispatch } = command
  decision.emit({ type: 'task_started', token: token.id, attempt, dispatch })
  return applied
}

function completeStep(decision: Decision, command: Extract<Command, { kind: 'complete_step' }>): Outcome {
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

function completeTask(decision: Decision, command: Extract<Command, { kind: 'complete_task' }>): Outcome {
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

function checked(decision: Decision, output: Json) {
  return decision.compute(() => {
    measure(output)
    return decision.compact(output)
  })
}

function failTask(decision: Decision, command: Extract<Command, { kind: 'fail_task' }>): Outcome {
  const token = awaited(decision, command)
  if ('status' in token) return token
  return failAttempt(decision, token, command.error, command)
}

/** What a result says it has used. One that says nonsense counts as one that says nothing. */
function usedBy({ usage }: { readonly usage?: Usage }): { readonly usage?: Usage } {
  return usage === undefined || usageFault(usage) !== null ? {} : { usage }
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

function settle(decision: Decision, command: Extract<Command, { kind: 'settle' }>): Outcome {
  if (!isOwed(decision.state, command)) return duplicate
  const { debt, error } = command
  const from = decision.state.debts.get(debt)
  decision.emit({ type: 'settled', debt, ...(error === undefined ? {} : { error }) })
  if (from?.kind === 'start_child') childAccepted(decision, from, error)
  if (from?.kind === 'send_signal') delivered(decision, { debt, from, error })
  if (from?.kind === 'acquire_permit' && command.permit !== undefined)
    permitAnswered(decision, from.request, command.permit)
  if (from?.kind === 'reserve_budget' && command.reservation !== undefined)
    reservationAnswered(decision, from.request, command.reservation)
  if (from?.kind === 'settle_budget') warnOfProject(decision, command.warned ?? [])
  return applied
}

function wake(decision: Decision): Outcome {
  const { state, time } = decision
  askAgain(decision, false)
  if (isHeld(state)) return applied
  const end = runDeadline(state)
  if (end !== null && end <= time) timeOut(decision)
  for (const timer of state.timers.due(state, time)) due(decision, timer)
  for (const fanout of fanOutsThatCanStart(decision)) startBranches(decision, fanout)
  return applied
}

/** The time of something has come. */
function due(decision: Decision, { at, id, join }: Timer): void {
  const { state } = decision
  if (isHeld(state) || state.ended !== null) return
  if (join !== undefined) return joinTimedOut(decision, id, join)
  const token = state.tokens.get(id)
  // What was due before it may have moved it.
  if (token?.dueAt !== at) return
  switch (token.wait) {
    case 'retry':
      return decision.enter(token.id)
    case 'timer':
      return wakeUp(decision, token)
    case 'child':
      return childTimedOut(decision, token)
    case 'signal':
      return waitExpired(decision, token)
    case 'answer':
      return questionExpired(decision, token)
    default:
      throw new InvariantError('K4', `token "${id}" waits for "${token.wait}", which has no deadline`)
  }
}

function recover(decision: Decision, command: Extract<Command, { kind: 'recover' }>): Outcome {
  const lost = command.lost === undefined ? null : new Set(command.lost)
  askAgain(decision, true)
  for (const token of [...decision.state.tokens.values()]) {
    if (token.wait !== 'task' || !isLive(decision, token) || lost?.has(token.id) === false) continue
    afterInterruption(decision, token)
  }
  return wake(decision)
}

function expireLease(decision: Decision, command: Extract<Command, { kind: 'expire_lease' }>): Outcome {
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

/** Nobody works on the task any more: it is ordered again, unless it may have acted and that matters. */
function afterInterruption(decision: Decision, token: Token): void {
  const { attempt, dispatch } = token
  const policy = decision.plan.nodes[token.node]?.task?.interrupted ?? 'rerun'
  if (!token.started || policy === 'rerun') redispatch(decision, token)
  else if (policy === 'ask') decision.emit({ type: 'task_interrupted', token: token.id, attempt, dispatch })
  else interruptedFailure(decision, token)
}

/** Whether a failure just before has not ended it. */
function isLive(decision: Decision, token: Token): boolean {
  return decision.state.tokens.has(token.id)
}

/** The same attempt is ordered again: its input and its journalled steps stay. */
function redispatch(decision: Decision, token: Token): void {
  const { attempt } = token
  const dispatch = token.dispatch + 1
  // What a crash did not end is still reserved; what waited for a person is reserved anew, whether it fits or not.
  const node = decision.plan.nodes[token.node]
  const reserved = token.wait === 'task' || node === undefined ? undefined : reservation(decision, node)
  const amounts = reserved === undefined ? {} : { reserved }
  decision.emit({ type: 'task_dispatched', token: token.id, attempt, dispatch, ...amounts })
  decision.effects.push({ type: 'dispatch', token: token.id, attempt, dispatch })
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

function decideInterruption(decision: Decision, command: Extract<Command, { kind: 'decide_interruption' }>): Outcome {
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

function resume(decision: Decision, by: string): Outcome {
  const { state } = decision
  if (!state.paused && waitsForProject(state)) return refused(projectBudgetExceeded(state))
  if (!state.paused && waitsToBegin(state)) return duplicate
  if (!isHeld(state)) {
    if (runActivity(state) === 'blocked_budget') return refused(budgetExceeded(state))
    if (runActivity(state) !== 'blocked_error') return duplicate
    return repair(decision, { kind: 'repair', action: 'retry', by })
  }
  decision.emit({ type: 'run_resumed', by })
  goOnAll(decision)
  return wake(decision)
}

function raiseBudget(decision: Decision, command: Extract<Command, { kind: 'raise_budget' }>): Outcome {
  const { state, time } = decision
  if (state.stopping !== null) return refuse(state, 'raise the budget of')
  const fault = raiseFault(state, command.budget, time)
  if (fault !== null) return refused(fault)
  const held = isHeld(state)
  decision.emit({ type: 'budget_raised', budget: command.budget, by: command.by ?? '' })
  if (!held || isHeld(state)) return applied
  for (const token of [...state.tokens.values()]) if (token.wait === 'ready') decision.enter(token.id)
  return wake(decision)
}

function cancel(decision: Decision, command: Extract<Command, { kind: 'cancel' }>): Outcome {
  const { state } = decision
  const by = command.by ?? ''
  const error: ErrorBody = {
    code: 'run_cancelled',
    message: command.reason ?? `Cancelled${by === '' ? '' : ` by ${by}`}`,
    retry: 'never',
  }
  if (state.stopping === null) {
    stopRun(decision, { target: 'cancelled', error, by })
    return applied
  }
  if (skipPhase(decision, by)) return applied
  // What is left of `finally` is skipped.
  const { stopping } = state
  if (stopping === null || stopping.target === 'completed') endRun(decision, { status: 'cancelled', error })
  else endRun(decision, { status: stopping.target, error: stopping.error ?? error })
  return applied
}
