import type { Decision } from './decision.ts'
import { takeKept } from './signals.ts'

/** What stood still goes on: tokens that are ready, and waits for what has come meanwhile. */
export function goOnAll(decision: Decision): void {
  for (const token of [...decision.state.tokens.values()]) {
    if (token.wait === 'ready') decision.enter(token.id)
    else if (token.wait === 'signal') takeKept(decision, token)
  }
}
