/**
 * Pays what runs owe to the outside, and tells them so.
 *
 * Owns: which party is asked for each kind of debt. Does not own: which debts there are, and asking again (the kernel).
 * Paying twice is harmless at every other end. What cannot be paid now is asked for again when the run wakes.
 */
import type { Command, Debt, Outcome } from '@wonder/engine'
import { InvariantError } from '@wonder/errors'

export class Payments {
  readonly #command: (run: string, command: Command) => Promise<Outcome>

  constructor(command: (run: string, command: Command) => Promise<Outcome>) {
    this.#command = command
  }

  /** Resolves nothing: the settlement is a command to the run. */
  pay(run: string, id: string, debt: Debt): void {
    this.#pay(debt)
      .then(() => this.#command(run, { kind: 'settle', debt: id }))
      .catch(() => undefined) // The debt stays, and is asked for again.
  }

  async #pay(debt: Debt): Promise<void> {
    throw new InvariantError('debts', `nobody pays a debt of the kind "${debt.kind}"`)
  }
}
