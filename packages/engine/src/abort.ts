import type { Decision } from './decision.ts'
import { tokensOf } from './frame-tokens.ts'
import type { FanOut, Token } from './run-state.ts'

/** Nobody waits any more for the tasks of these tokens and of what runs inside of these fan-outs. */
export function abortWithin(decision: Decision, tokens: Iterable<Token>, fanouts: Iterable<FanOut> = []): void {
  for (const { id, wait, attempt, dispatch } of tokens) {
    if (wait === 'task') decision.effects.push({ type: 'abort', token: id, attempt, dispatch })
  }
  for (const fanout of fanouts) {
    for (const branch of fanout.branches.values()) {
      abortWithin(decision, tokensOf(branch), branch.fanouts?.values() ?? [])
    }
  }
}
