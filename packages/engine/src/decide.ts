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
import { answer, isAnswered } from './asking.ts'
import { beginTask, completeStep, completeTask, failTask } from './attempts.ts'
import { tellBlocked, tellProgress } from './checkpoint.ts'
import { completeChild } from './children.ts'
import { askAgain } from './debts.ts'
import { Decision, type LargeValue, type Work } from './decision.ts'
import type { Command, Effect, RunRecord } from './events.ts'
import { decideInterruption, expireLease, recover } from './interruptions.ts'
import { keepBudgets } from './keep-budgets.ts'
import { applied, duplicate, gone, type Outcome, refuse } from './outcome.ts'
import { cancelTask, grantPermit } from './permits.ts'
import type { Plan } from './plan.ts'
import { grantReservation } from './project-budget.ts'
import { repair } from './repair.ts'
import { perform } from './run-node.ts'
import type { RunState } from './run-state.ts'
import { type LargeValues, NeedsBlobs } from './scope.ts'
import { settleDebt } from './settle-debt.ts'
import { isKnown, receive } from './signals.ts'
import { fork, migrate, start } from './starting.ts'
import { cancel, pause, raiseBudget, resume } from './steering.ts'
import { wake } from './wake.ts'

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
      return settleDebt(decision, command)
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
      return pause(decision, command)
    case 'resume':
      return resume(decision, command)
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
      return settleDebt(decision, command)
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
