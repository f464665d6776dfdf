/**
 * Budgets: what a run may use, and who waits when it would use more.
 *
 * Owns: whether a dispatch or a fan-out fits, the order of those that wait, the hold when wall time is used up, warnings,
 * raising. Does not own: counting (usage.ts) and the fold (fold-budget.ts).
 * K7 usage exceeds a budget by at most the unreserved usage of the steps that were running when it was reached.
 * Limits hold the main part of a run: what undoes and tidies up is counted, and never waits.
 */
import { WonderError } from '@wonder/errors'
import type { Decision } from './decision.ts'
import type { BudgetDef } from './definition.ts'
import { type BudgetName, type BudgetState, type BudgetWait, budgetNames } from './fold-budget.ts'
import type { PlanFan, PlanNode, PlanTransition } from './plan.ts'
import { plus } from './plus.ts'
import type { RunState, Token } from './run-state.ts'
import { isHeld, wallTime } from './run-status.ts'
import { type Reservable, reservables, type Usage } from './usage.ts'

const defaultWarnAt = 0.8

/** What the dispatch of a token would reserve of the limits that there are. */
export function reservation({ state }: Decision, node: PlanNode): Usage | undefined {
  const { budget } = state
  if (budget === null) return undefined
  const amounts: { [name in Reservable]?: number } = {}
  for (const name of reservables) {
    const amount = node.uses[name] ?? 0
    if (amount > 0 && budget.limits[name] !== undefined) amounts[name] = amount
  }
  return Object.keys(amounts).length === 0 ? undefined : amounts
}

/** Whether a task may be ordered now. If not, its token waits from here on. */
export function admits(decision: Decision, token: Token, node: PlanNode): boolean {
  const { state } = decision
  const { budget } = state
  if (budget === null || token.part !== 'main') return true
  const stop = obstacle(state, budget, token, node)
  if (stop === null) return true
  if (budget.waiting.get(token.id)?.budget === stop) return false
  const needed = neededOf(stop, node)
  decision.emit({
    type: 'budget_reached',
    token: token.id,
    budget: stop,
    limit: budget.limits[stop] ?? 0,
    used: usedOf(state, stop, decision.time),
    reserved: reservedOf(budget, stop),
    ...(needed === undefined ? {} : { needed }),
  })
  return false
}

/** The first budget in which the token's task does not fit, or in which others wait before it. */
function obstacle(state: RunState, budget: BudgetState, token: Token, node: PlanNode): BudgetName | null {
  if (token.tries > 0 && !fits(state, budget, { token, name: 'retries', needed: 1 })) return 'retries'
  for (const name of reservables) {
    if (!fits(state, budget, { token, name, needed: node.uses[name] })) return name
  }
  return null
}

type Need = { readonly token: Token; readonly name: BudgetName; readonly needed: number | undefined }

/** What is not known fits where anything is left. */
function fits(state: RunState, budget: BudgetState, { token, name, needed }: Need): boolean {
  const limit = budget.limits[name]
  if (limit === undefined) return true
  const taken = plus(usedOf(state, name, 0), reservedOf(budget, name))
  if (needed === 0) return taken <= limit
  const [first] = budget.queues[name].values()
  if (first !== undefined && first !== token.id) return false
  return needed === undefined ? taken < limit : plus(taken, needed) <= limit
}

function neededOf(name: BudgetName, node: PlanNode): number | undefined {
  return name === 'retries' ? 1 : node.uses[name as Reservable]
}

/** So much of a budget is used. Of wall time: milliseconds. */
function usedOf(state: RunState, name: BudgetName, time: number): number {
  if (name === 'wall_time') return wallTime(state, time)
  return name === 'width' ? 0 : state.usage[name]
}

function reservedOf(budget: BudgetState, name: BudgetName): number {
  return name in budget.reserved ? budget.reserved[name as Reservable] : 0
}

/** Whether so many branches may open here. If not, the token waits before it becomes them. */
export function admitsWidth(
  decision: Decision,
  token: Token,
  { plan, fired, count }: { readonly plan: PlanFan; readonly fired: readonly PlanTransition[]; readonly count: number },
): boolean {
  const { budget } = decision.state
  const limit = budget?.limits.width
  if (limit === undefined || count <= limit || token.part !== 'main') return true
  decision.emit({
    type: 'budget_reached',
    token: token.id,
    budget: 'width',
    limit,
    used: 0,
    reserved: 0,
    needed: count,
    fan: plan.def.ref,
    ways: fired.map(({ def }) => def.ref),
  })
  return false
}

/** Whether what a token waits for is there now. */
export function fitsNow({ state, plan }: Decision, token: Token, wait: BudgetWait): boolean {
  const { budget } = state
  const node = plan.nodes[token.node]
  if (budget === null || node === undefined) return false
  const { width = Number.POSITIVE_INFINITY } = budget.limits
  if (wait.budget === 'width') return (wait.needed ?? 0) <= width
  return fits(state, budget, { token, name: wait.budget, needed: neededOf(wait.budget, node) })
}

/** Budgets that hold somebody who no settlement of another attempt can let go. */
export function exceeded({ state, plan }: Decision): readonly BudgetName[] {
  const { budget, usage } = state
  if (budget === null) return []
  const names = budget.waiting.size === 0 ? [] : budgetNames
  return names.filter((name) => {
    const limit = budget.limits[name]
    const [id] = budget.queues[name].values()
    const token = id === undefined ? undefined : state.tokens.get(id)
    const node = token === undefined ? undefined : plan.nodes[token.node]
    if (limit === undefined || node === undefined || name === 'wall_time') return false
    if (name === 'width') return true
    const needed = neededOf(name, node)
    return needed === undefined ? usage[name] >= limit : plus(usage[name], needed) > limit
  })
}

/** Warns once of each limit of which the share is used. */
export function warn(decision: Decision): void {
  const { state, time } = decision
  const { budget } = state
  if (budget === null) return
  for (const name of budgetNames) {
    const limit = budget.limits[name]
    if (limit === undefined || limit === 0 || name === 'width' || budget.warned.includes(name)) continue
    const used = usedOf(state, name, time)
    if (used >= limit * warnAt(budget)) decision.emit({ type: 'budget_warned', budget: name, limit, used })
  }
}

function warnAt({ limits }: BudgetState): number {
  return limits.warn_at ?? defaultWarnAt
}

/** Holds the run when its wall time is used up. */
export function holdAtWallTime(decision: Decision): boolean {
  const { state, time } = decision
  const limit = state.budget?.limits.wall_time
  if (limit === undefined || isHeld(state) || state.stopping !== null || state.ended !== null) return false
  if (wallTime(state, time) < limit) return false
  decision.emit({ type: 'run_held', kind: 'wall_time' })
  return true
}

/** Epoch ms at which wall time asks for a look: a warning, or the hold; null: never. */
export function wallTimer({ budget, countingSince, elapsed, stopping }: RunState): number | null {
  const limit = budget?.limits.wall_time
  if (!budget || limit === undefined || countingSince === null || stopping !== null) return null
  const share = limit > 0 && !budget.warned.includes('wall_time') ? Math.min(warnAt(budget), 1) : 1
  return countingSince + Math.max(0, Math.ceil(limit * share) - elapsed)
}

/** Why the limits cannot become these; null: they can. */
export function raiseFault(state: RunState, limits: BudgetDef, time: number): WonderError | null {
  const named = budgetNames.filter((name) => limits[name] !== undefined)
  const fault = (why: string) =>
    new WonderError('invalid_budget', `Cannot raise the budget of run "${state.run}": ${why}`)
  if (named.length === 0 && limits.warn_at === undefined) return fault(`name at least one of ${budgetNames.join(', ')}`)
  for (const name of named) {
    const limit = limits[name]
    const whole = name === 'cost_usd' || Number.isSafeInteger(limit)
    if (typeof limit !== 'number' || !Number.isFinite(limit) || limit < 0 || !whole) {
      return fault(`${name} must be ${name === 'cost_usd' ? 'a' : 'a whole'} number from 0, and it is ${limit}`)
    }
    const taken = plus(usedOf(state, name, time), state.budget === null ? 0 : reservedOf(state.budget, name))
    if (limit < taken) return fault(`${name} ${limit} is less than what is used or reserved already, ${taken}`)
  }
  const { warn_at: share = 1 } = limits
  return share > 0 && share <= 1 ? null : fault(`warn_at must be a share above 0, up to 1, and it is ${share}`)
}

/** Why a run cannot go on as it is. */
export function budgetExceeded({ run, budget }: RunState): WonderError {
  const names = budgetNames.filter((name) => (budget?.queues[name].size ?? 0) > 0)
  const message = `Cannot resume run "${run}": what it needs does not fit in its budget of ${names.join(', ')}; raise it`
  return new WonderError('budget_exceeded', message, { details: { budgets: names } })
}

/** What a child may use: as its node declares, else what is left of this run's own limits; undefined: no limit. */
export function grantOf({ state, time }: Decision, { def }: PlanNode): BudgetDef | undefined {
  const { budget } = state
  const grant: { [name in BudgetName]?: number } = {}
  for (const name of budgetNames) {
    const limit = budget?.limits[name]
    const taken = budget === null || name === 'width' ? 0 : plus(usedOf(state, name, time), reservedOf(budget, name))
    const rest = limit === undefined ? undefined : Math.max(0, plus(limit, -taken))
    const amount = def.budget?.[name] ?? rest
    if (amount !== undefined) grant[name] = amount
  }
  return Object.keys(grant).length === 0 ? undefined : grant
}

/** What of a grant is reserved: of the limits that this run has. */
export function reservedFor({ budget }: RunState, grant: BudgetDef): Usage {
  const named = reservables.filter((name) => budget?.limits[name] !== undefined && grant[name] !== undefined)
  return Object.fromEntries(named.map((name) => [name, grant[name]]))
}
