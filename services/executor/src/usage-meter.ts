import type { TaskUsage } from '@wonder/platform'

/**
 * What an attempt has used since its last report.
 *
 * A report says it only where it is not what everybody takes it for: one step, and one tool call where that step is one.
 */
export class UsageMeter {
  #steps = 0
  #toolCalls = 0
  #tokens = 0
  #cost = 0

  /** A step begins to act. */
  step(isTool: boolean): void {
    this.#steps += 1
    if (isTool) this.#toolCalls += 1
  }

  /** A step has used this. */
  add({ steps = 0, tool_calls = 0, tokens = 0, cost_usd = 0 }: TaskUsage): void {
    this.#steps += steps
    this.#toolCalls += tool_calls
    this.#tokens += tokens
    this.#cost += cost_usd
  }

  /** For a report about one step; begins anew. */
  take(isTool: boolean): { readonly usage?: TaskUsage } {
    const steps = this.#steps
    const toolCalls = this.#toolCalls
    const tokens = this.#tokens
    const cost = this.#cost
    this.#steps = 0
    this.#toolCalls = 0
    this.#tokens = 0
    this.#cost = 0
    if (steps === 1 && toolCalls === (isTool ? 1 : 0) && tokens === 0 && cost === 0) return asExpected
    return {
      usage: {
        steps,
        ...(toolCalls === 0 ? {} : { tool_calls: toolCalls }),
        ...(tokens === 0 ? {} : { tokens }),
        ...(cost === 0 ? {} : { cost_usd: cost }),
      },
    }
  }
}

const asExpected = {}
