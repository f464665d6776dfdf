/**
 * Usage: what the attempts of a run have used so far.
 *
 * Owns: the counters, and what a result counts for that does not say it. Does not own: limits (budget.ts).
 */
import type { StepDef } from './definition.ts'
import type { RunEvent } from './events.ts'
import type { Fold } from './fold.ts'
import { plus } from './plus.ts'
import type { Token } from './run-state.ts'

/** What a result says it has used, since the one before of the same attempt. `cost_usd`: US dollars. */
export type Usage = {
  readonly steps?: number
  readonly tool_calls?: number
  readonly tokens?: number
  readonly cost_usd?: number
}

/** What a run has used. `retries`: attempts after the first one of a task. */
export type UsageTotal = { steps: number; retries: number; tool_calls: number; tokens: number; cost_usd: number }

/** What is reserved when an attempt is ordered and settled with its result. */
export type Reservable = keyof Usage

export const reservables = ['steps', 'tool_calls', 'tokens', 'cost_usd'] as const satisfies readonly Reservable[]

export const noUsage: Readonly<UsageTotal> = { steps: 0, retries: 0, tool_calls: 0, tokens: 0, cost_usd: 0 }

type Result = Extract<RunEvent, { type: 'task_completed' | 'task_failed' | 'step_completed' }>

/** Adds what a result has used. One that does not say it counts as one step, and one tool call where that step is one. */
export function countUsage(fold: Fold, token: Token, event: Result): void {
  const { changes, state } = fold
  const total = state.usage
  if (event.type === 'task_completed' && event.reused !== undefined) return
  const { usage } = event
  if (usage === undefined) {
    changes.set(total, 'steps', total.steps + 1)
    if (isToolCall(fold, token, event)) changes.set(total, 'tool_calls', total.tool_calls + 1)
    return
  }
  for (const name of reservables) {
    const used = usage[name]
    if (used !== undefined && used !== 0) changes.set(total, name, plus(total[name], used))
  }
}

/** What a result has used, also where it does not say it. */
export function usageOf(fold: Fold, token: Token, event: Result): Usage {
  return event.usage ?? (isToolCall(fold, token, event) ? { steps: 1, tool_calls: 1 } : { steps: 1 })
}

function isToolCall(fold: Fold, token: Token, event: Result): boolean {
  const steps = fold.plan.nodes[token.node]?.task?.steps
  return steps !== undefined && stepOf(steps, token, event)?.action === 'tool'
}

/** The step that a result is about. */
function stepOf(steps: readonly StepDef[], token: Token, event: Result): StepDef | undefined {
  if (steps.length === 1) return steps[0]
  if (event.type === 'step_completed') return steps.find(({ ref }) => ref === event.step)
  if (event.type === 'task_completed') return steps.at(-1)
  const { steps: done } = token
  return done === null ? steps[0] : steps.find(({ ref }) => !Object.hasOwn(done, ref))
}

/** What is wrong with a usage that came from outside; null: nothing. */
export function usageFault(usage: Usage): string | null {
  for (const name of reservables) {
    const used = usage[name]
    if (used === undefined) continue
    const whole = name === 'cost_usd' || Number.isSafeInteger(used)
    if (typeof used !== 'number' || !Number.isFinite(used) || used < 0 || !whole) return `${name} cannot be ${used}`
  }
  return null
}

/** Adds what a child has used in all. */
export function countChild({ changes, state }: Fold, usage: { readonly [budget: string]: number } = {}): void {
  const total = state.usage
  for (const name of [...reservables, 'retries'] as const) {
    const used = usage[name]
    if (typeof used === 'number' && Number.isFinite(used) && used > 0) changes.set(total, name, plus(total[name], used))
  }
}
