/**
 * What follows from budgets once a command has done its work: who waited goes on, warnings, the hold.
 */
import { exceeded, fitsNow, holdAtWallTime, warn } from './budget.ts'
import { emitCheckpoint } from './checkpoint.ts'
import type { Decision, Work } from './decision.ts'
import { fanOut } from './fan-out.ts'
import { type BudgetName, type BudgetState, budgetNames } from './fold-budget.ts'
import type { PlanTransition } from './plan.ts'
import type { Token } from './run-state.ts'
import { isHeld } from './run-status.ts'

/** Looks after the budgets of a run that has some. */
export function keepBudgets(decision: Decision, perform: (work: Work) => void): void {
  const { state } = decision
  const { budget } = state
  if (budget === null || state.ended !== null || state.stopping !== null) return
  const held = holdAtWallTime(decision)
  if (held) emitCheckpoint(decision, exceededCheckpoint(['wall_time']))
  letWaitingGo(decision, budget, perform)
  warn(decision)
  const news = exceeded(decision).filter((name) => !budget.exceeded.includes(name))
  if (news.length > 0) emitCheckpoint(decision, exceededCheckpoint(news))
}

/**
 * The tokens at the heads of the queues that fit now go on, in their order: a later one never overtakes the one before
 * it in the same queue. Fan-outs that are too wide are judged one by one.
 */
function letWaitingGo(decision: Decision, budget: BudgetState, perform: (work: Work) => void): void {
  const { state } = decision
  while (budget.waiting.size > 0 && !isHeld(state) && state.stopping === null && state.ended === null) {
    const token = firstThatFits(decision, budget)
    if (token === undefined) return
    const wait = budget.waiting.get(token.id)
    const fan = decision.plan.fanIndex.get(wait?.fan ?? '')
    if (fan === undefined) decision.enter(token.id)
    else fanOut(decision, token, fan, transitionsOf(decision, wait?.ways ?? []))
    decision.drain(perform)
    if (budget.waiting.get(token.id)?.since === wait?.since) return
  }
}

function firstThatFits(decision: Decision, budget: BudgetState): Token | undefined {
  for (const name of budgetNames) {
    for (const id of budget.queues[name].values()) {
      const token = decision.state.tokens.get(id)
      const wait = budget.waiting.get(id)
      if (token !== undefined && wait !== undefined && fitsNow(decision, token, wait)) return token
      if (name !== 'width') break
    }
  }
  return undefined
}

function transitionsOf({ plan }: Decision, refs: readonly string[]): readonly PlanTransition[] {
  return refs.flatMap((ref) => plan.transitionIndex.get(ref) ?? [])
}

function exceededCheckpoint(budgets: readonly BudgetName[]) {
  const summary = `Budget exceeded: ${budgets.join(', ')}. Raise it, and the run goes on where it stopped.`
  const required_action = { kind: 'raise_budget', instructions: 'wonder runs budget RUN' }
  return { type: 'blocked', summary, reason_codes: ['budget_exceeded'], budgets, required_action } as const
}
