/**
 * The fold of budgets: limits, what is reserved, and who waits.
 */
import type { BudgetDef } from './definition.ts'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { giveBack } from './fold-permit.ts'
import { settleProject } from './fold-project.ts'
import { plus } from './plus.ts'
import { compareIds } from './timers.ts'
import { type Reservable, reservables, type Usage } from './usage.ts'

export type BudgetName = 'wall_time' | 'steps' | 'retries' | 'tool_calls' | 'tokens' | 'cost_usd' | 'width'

export const budgetNames: readonly BudgetName[] = [
  'wall_time',
  'steps',
  'retries',
  'tool_calls',
  'tokens',
  'cost_usd',
  'width',
]

/** A token that waits for a budget. */
export type BudgetWait = {
  readonly budget: BudgetName
  /** The event that made it wait: its place among the others. */
  readonly since: EventId
  /** Branches that are to open. */
  readonly needed?: number
  /** It is to become branches: the fan-out, and the transitions that fire. */
  readonly fan?: string
  readonly ways?: readonly string[]
}

/** Limits of a run, and what its attempts that are out have reserved of them. */
export type BudgetState = {
  limits: BudgetDef
  readonly reserved: { [name in Reservable]: number }
  /** What each attempt that is out still has reserved, by token. */
  readonly held: Map<EventId, Usage>
  /** By token. */
  readonly waiting: Map<EventId, BudgetWait>
  /** Of which a checkpoint has told, since they were last raised. */
  exceeded: readonly BudgetName[]
  /** Of which a warning has been given, since they were last raised. */
  warned: readonly BudgetName[]
  /** Tokens that wait, in their order: by the event that made them wait. Not stored: it follows from `waiting`. */
  readonly queues: { readonly [name in BudgetName]: Map<EventId, EventId> }
}

type StoredBudget = Pick<BudgetState, 'limits' | 'exceeded' | 'warned'> & {
  readonly held: readonly (readonly [EventId, Usage])[]
  readonly waiting: readonly (readonly [EventId, BudgetWait])[]
}

function createBudget(limits: BudgetDef): BudgetState {
  return {
    limits,
    reserved: { steps: 0, tool_calls: 0, tokens: 0, cost_usd: 0 },
    held: new Map(),
    waiting: new Map(),
    exceeded: [],
    warned: [],
    queues: {
      wall_time: new Map(),
      steps: new Map(),
      retries: new Map(),
      tool_calls: new Map(),
      tokens: new Map(),
      cost_usd: new Map(),
      width: new Map(),
    },
  }
}

export function encodeBudget({ limits, exceeded, warned, held, waiting }: BudgetState): StoredBudget {
  return { limits, exceeded, warned, held: [...held], waiting: [...waiting] }
}

export function decodeBudget({ limits, exceeded, warned, held, waiting }: StoredBudget): BudgetState {
  const budget = createBudget(limits)
  for (const [token, amounts] of held) {
    budget.held.set(token, amounts)
    for (const name of reservables) budget.reserved[name] = plus(budget.reserved[name], amounts[name] ?? 0)
  }
  for (const [token, wait] of waiting) budget.waiting.set(token, wait)
  const inOrder = [...waiting].sort(([, a], [, b]) => compareIds(a.since, b.since))
  for (const [token, { budget: name, since }] of inOrder) budget.queues[name].set(since, token)
  return { ...budget, exceeded, warned }
}

/** The attempt of the token is out with this reserved. */
export function reserve({ state, changes }: Fold, token: EventId, amounts: Usage): void {
  const { budget } = state
  if (budget === null) return
  for (const name of reservables) {
    const amount = amounts[name] ?? 0
    if (amount !== 0) changes.set(budget.reserved, name, plus(budget.reserved[name], amount))
  }
  changes.put(budget.held, token, amounts)
}

/** A step has used some of what its attempt has reserved. */
export function settleReservation(fold: Fold, token: EventId, used: Usage): void {
  const amounts = fold.state.budget?.held.get(token)
  if (amounts === undefined) return
  const left: { [name in Reservable]?: number } = {}
  for (const name of reservables) {
    const amount = amounts[name]
    if (amount !== undefined) left[name] = Math.max(0, plus(amount, -(used[name] ?? 0)))
  }
  release(fold, token)
  reserve(fold, token, left)
}

/** The token waits for something else from here on: what it had reserved is free, and its place in a queue. */
export function release({ state, changes }: Fold, token: EventId): void {
  const { budget } = state
  if (budget === null) return
  const wait = budget.waiting.get(token)
  if (wait !== undefined) {
    changes.remove(budget.waiting, token)
    changes.remove(budget.queues[wait.budget], wait.since)
  }
  const amounts = budget.held.get(token)
  if (amounts === undefined) return
  changes.remove(budget.held, token)
  for (const name of reservables) {
    const amount = amounts[name] ?? 0
    if (amount !== 0) changes.set(budget.reserved, name, plus(budget.reserved[name], -amount))
  }
}

/** A token has begun to wait for a budget. */
export function foldBudgetReached(fold: Fold, event: EventOf<'budget_reached'>, id: EventId): void {
  const { state, changes } = fold
  if (state.permits.size > 0) giveBack(fold, event.token)
  if (state.reservations.size > 0) settleProject(fold, event.token)
  const { budget } = state
  if (budget === null) return
  const token = fold.token(event.token)
  const { fan, ways, needed } = event
  release(fold, token.id)
  fold.wait(token, 'budget')
  changes.add(budget.waiting, token.id, {
    budget: event.budget,
    since: id,
    ...(fan === undefined || needed === undefined ? {} : { fan, needed }),
    ...(ways === undefined ? {} : { ways }),
  })
  changes.add(budget.queues[event.budget], id, token.id)
}

/** A checkpoint tells of a budget once, until it is raised. */
export function noteExceeded(fold: Fold, name: BudgetName): void {
  const { budget } = fold.state
  if (budget !== null) fold.changes.set(budget, 'exceeded', [...budget.exceeded, name])
}

export function noteWarned(fold: Fold, name: BudgetName): void {
  const { budget } = fold.state
  if (budget !== null) fold.changes.set(budget, 'warned', [...budget.warned, name])
}

export function raise(fold: Fold, raised: BudgetDef): void {
  const { state, changes } = fold
  if (state.budget === null) changes.set(state, 'budget', createBudget({}))
  const { budget } = state
  if (budget === null) return
  const names = budgetNames.filter((name) => raised[name] !== undefined)
  changes.set(budget, 'limits', { ...budget.limits, ...raised })
  changes.set(
    budget,
    'exceeded',
    budget.exceeded.filter((name) => !names.includes(name)),
  )
  changes.set(
    budget,
    'warned',
    budget.warned.filter((name) => !names.includes(name)),
  )
  if (state.hold?.kind === 'wall_time' && raised.wall_time !== undefined) changes.set(state, 'hold', null)
}

/** A person lets a run go on whose wall time was used up: it may take as long again. */
export function resumeWallTime(fold: Fold): void {
  const { state, plan } = fold
  const wallTime = plan.definition.budget?.wall_time ?? state.budget?.limits.wall_time
  if (state.hold?.kind === 'wall_time' && wallTime !== undefined) raise(fold, { wall_time: state.elapsed + wallTime })
}

/** The limits of a run: its definition's own, and within what its parent grants. Null: there are none. */
export function budgetOf(own: BudgetDef | undefined, grant: BudgetDef | undefined): BudgetState | null {
  if (own === undefined && grant === undefined) return null
  const limits: { [name in BudgetName]?: number } = {}
  for (const name of budgetNames) {
    const given = [own?.[name], grant?.[name]].filter((limit) => limit !== undefined)
    if (given.length > 0) limits[name] = Math.min(...given)
  }
  return createBudget({ ...own, ...limits })
}
