/**
 * Pays what runs owe to the outside, and tells them so.
 *
 * Owns: which party is asked for each kind of debt. Does not own: which debts there are, and asking again (the kernel).
 * Paying twice is harmless at every other end. What cannot be paid now is asked for again when the run wakes.
 */
import type { Command, Debt, Outcome } from '@wonder/engine'
import { InvariantError } from '@wonder/errors'
import type { Limits } from '@wonder/platform'

export type PaymentsParts = {
  readonly command: (run: string, command: Command) => Promise<Outcome>
  readonly limits: Limits
}

/** What the other end answered, as the run is told. */
type Settlement = Omit<Extract<Command, { kind: 'settle' }>, 'kind' | 'debt'>

export class Payments {
  readonly #parts: PaymentsParts

  constructor(parts: PaymentsParts) {
    this.#parts = parts
  }

  /** Resolves nothing: the settlement is a command to the run. */
  pay(run: string, id: string, debt: Debt): void {
    this.#pay(run, debt)
      .then((settlement) => this.#parts.command(run, { kind: 'settle', debt: id, ...settlement }))
      .catch(() => undefined) // The debt stays, and is asked for again.
  }

  /** Asks at once: what a run asks of one key is asked in the order of its records. */
  async #pay(run: string, debt: Debt): Promise<Settlement> {
    const { limits } = this.#parts
    switch (debt.kind) {
      case 'acquire_permit': {
        const { key, limit, when_full, request } = debt
        const answer = await limits.acquire({ key, limit, whenFull: when_full, holder: { run, request } })
        if (answer.status !== 'full') return { permit: { status: answer.status } }
        return { permit: { status: 'full', by: answer.by.map((holder) => holder.run) } }
      }
      case 'release_permit':
        await limits.release({ key: debt.key, holder: { run, request: debt.request } })
        return {}
      default:
        throw new InvariantError('debts', `nobody pays a debt of the kind "${debt.kind}"`)
    }
  }
}
