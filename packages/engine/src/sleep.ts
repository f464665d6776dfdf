/**
 * Sleeping: a token waits for a time.
 */
import type { Decision } from './decision.ts'
import { durationOf, momentOf } from './duration.ts'
import type { PlanNode } from './plan.ts'
import { complete, failNode } from './routing.ts'
import type { Token } from './run-state.ts'

/** The token has come to a `sleep`. A time that has passed already is no wait. */
export function sleep(decision: Decision, token: Token, node: PlanNode): void {
  const until = decision.compute(() => {
    const { does } = node.def
    const value = node.value?.(decision.context(token.frame, token)) ?? null
    const until = does.kind === 'sleep' && does.until !== undefined
    return until
      ? momentOf(value, `sleep of "${node.ref}"`)
      : decision.time + durationOf(value, `sleep of "${node.ref}"`)
  })
  if (!until.ok) return failNode(decision, token, until.error)
  if (until.value <= decision.time) return complete(decision, token, {})
  decision.emit({ type: 'token_slept', token: token.id, until: until.value })
}

/** Its time has come. */
export function wakeUp(decision: Decision, token: Token): void {
  complete(decision, token, {})
}
