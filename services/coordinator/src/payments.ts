/**
 * Pays what runs owe to the outside, and tells them so.
 *
 * Owns: which party is asked for each kind of debt. Does not own: which debts there are, and asking again (the kernel).
 * Paying twice is harmless at every other end. What cannot be paid now is asked for again when the run wakes.
 */
import { type Command, type Debt, type Json, markersIn, type Outcome, withoutMarkers } from '@wonder/engine'
import { InvariantError, toErrorBody } from '@wonder/errors'
import type { Limits } from '@wonder/platform'

export type PaymentParts = {
  /** To a run of this process. */
  readonly command: (run: string, command: Command) => Promise<Outcome>
  /** To a run of any process. */
  readonly reach: (run: string, command: Command) => Promise<Outcome>
  /** A large value of a run. */
  readonly load: (run: string, digest: string) => Promise<Json>
  readonly limits: Limits
}

/** How it was paid: `error` when it never can be. */
type Paid = Omit<Extract<Command, { kind: 'settle' }>, 'kind' | 'debt'>

export class Payments {
  readonly #parts: PaymentParts

  constructor(parts: PaymentParts) {
    this.#parts = parts
  }

  /** Resolves nothing: the settlement is a command to the run. */
  pay(run: string, id: string, debt: Debt): void {
    this.#pay(run, debt)
      .then((paid) => this.#parts.command(run, { kind: 'settle', debt: id, ...paid }))
      .catch(() => undefined) // The debt stays, and is asked for again.
  }

  /** Asks at once: what a run asks of one key is asked in the order of its records. */
  async #pay(from: string, debt: Debt): Promise<Paid> {
    switch (debt.kind) {
      case 'send_signal': {
        const { run, name, key } = debt
        const payload = await this.#whole(from, debt.payload)
        return await this.#tell(run, { kind: 'signal', name, payload, key, by: `run:${from}` })
      }
      case 'acquire_permit': {
        const { key, limit, when_full, request } = debt
        const holder = { run: from, request }
        const answer = await this.#parts.limits.acquire({ key, limit, whenFull: when_full, holder })
        if (answer.status !== 'full') return { permit: { status: answer.status } }
        return { permit: { status: 'full', by: answer.by.map(({ run }) => run) } }
      }
      case 'release_permit':
        await this.#parts.limits.release({ key: debt.key, holder: { run: from, request: debt.request } })
        return {}
      default:
        debt satisfies never
        throw new InvariantError('debts', 'nobody pays a debt of this kind')
    }
  }

  /** A run that does not take the command, or is not there, never will. */
  async #tell(run: string, command: Command): Promise<Paid> {
    try {
      const outcome = await this.#parts.reach(run, command)
      return outcome.status === 'refused' ? { error: outcome.error } : {}
    } catch (thrown) {
      const error = toErrorBody(thrown)
      if (error.code === 'run_not_found') return { error }
      throw thrown
    }
  }

  /** With its large parts in place: another run has none of this one's blobs. */
  async #whole(run: string, value: Json): Promise<Json> {
    const digests = new Set<string>()
    markersIn(value, digests)
    if (digests.size === 0) return value
    const loaded = new Map<string, Json>()
    for (const digest of digests) loaded.set(digest, await this.#parts.load(run, digest))
    return withoutMarkers(value, (digest) => loaded.get(digest) ?? null)
  }
}
