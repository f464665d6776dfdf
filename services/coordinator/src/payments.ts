/**
 * Pays what runs owe to the outside, and tells them so.
 *
 * Owns: which party is asked for each kind of debt. Does not own: which debts there are, and asking again (the kernel).
 * Paying twice is harmless at every other end, and what is being paid is not paid again meanwhile. What cannot be paid now
 * is asked for again when the run wakes. What concerns one child, or one permit, is paid in the order in which it was asked for.
 */
import type { Command, Debt, Json, Outcome } from '@wonder/engine'
import { toErrorBody } from '@wonder/errors'
import type { Limits } from '@wonder/platform'
import { inline } from './inline-values.ts'

type StartChild = Extract<Debt, { kind: 'start_child' }>

export type PaymentParts = {
  /** To a run of this process. */
  readonly command: (run: string, command: Command) => Promise<Outcome>
  /** To a run of any process. @throws WonderError `run_not_found` */
  readonly reach: (run: string, command: Command) => Promise<Outcome>
  /** Starts a child of `parent`, unless it exists; `input` has its large parts in place. */
  readonly startChild: (parent: string, debt: StartChild, input: Json) => Promise<void>
  /** A large value of a run. */
  readonly load: (run: string, digest: string) => Promise<Json>
  readonly limits: Limits
}

/** How it was paid: `error` when it never can be. */
type Paid = Omit<Extract<Command, { kind: 'settle' }>, 'kind' | 'debt'>

/** Payments at a time: more would only wait for each other. */
const mostAtOnce = 512

export class Payments {
  readonly #parts: PaymentParts
  /** By run and debt: what is being paid. */
  readonly #paying = new Map<string, Debt>()
  /** By child, or permit: the last payment that concerns it. */
  readonly #last = new Map<string, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #active = 0

  constructor(parts: PaymentParts) {
    this.#parts = parts
  }

  /** Resolves nothing: the settlement is a command to the run. */
  pay(run: string, id: string, debt: Debt): void {
    const key = `${run} ${id}`
    const paying = this.#paying.get(key)
    if (paying !== undefined && isSame(paying, debt)) return
    this.#paying.set(key, debt)
    this.#inOrder(orderOf(run, debt), async () => {
      const paid = await this.#pay(run, debt)
      await this.#parts.command(run, { kind: 'settle', debt: id, ...paid })
    })
      .catch(() => undefined) // The debt stays, and is asked for again.
      .finally(() => {
        if (this.#paying.get(key) === debt) this.#paying.delete(key)
      })
  }

  /** Asks at once: what a run asks of one key is asked in the order of its records. */
  async #pay(from: string, debt: Debt): Promise<Paid> {
    const by = `run:${from}`
    switch (debt.kind) {
      case 'send_signal': {
        const { run, name, key } = debt
        const payload = await this.#whole(from, debt.payload)
        return await this.#tell(run, { kind: 'signal', name, payload, key, by })
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
      case 'reserve_budget': {
        const { project, request, amounts, limits, as_of, warn_at, must } = debt
        const reservation = await this.#parts.limits.reserve({
          project,
          holder: { run: from, request },
          amounts,
          limits,
          asOf: as_of,
          ...(warn_at === undefined ? {} : { warnAt: warn_at }),
          ...(must === undefined ? {} : { must }),
          wait: true,
        })
        return { reservation }
      }
      case 'settle_budget': {
        const { project, request, used } = debt
        return { warned: await this.#parts.limits.settle({ project, holder: { run: from, request }, used }) }
      }
      case 'start_child':
        return await this.#startChild(from, debt)
      // One that is not there, or does not take it any more, is done with.
      case 'cancel_child':
        await this.#tell(debt.child, { kind: 'cancel', reason: `Cancelled with run ${from}`, by })
        return {}
      case 'steer_child':
        await this.#tell(debt.child, { kind: debt.to, by })
        return { order: debt.order }
      case 'tell_parent': {
        const { kind: _kind, since: _since, run, output, ...end } = debt
        const whole = output === undefined ? {} : { output: await this.#whole(from, output) }
        await this.#tell(run, { kind: 'complete_child', ...end, ...whole, by })
        return {}
      }
    }
  }

  /** What will not be another time, such as an input that does not fit, is told to the run that ordered it. */
  async #startChild(parent: string, debt: StartChild): Promise<Paid> {
    try {
      await this.#parts.startChild(parent, debt, await this.#whole(parent, debt.input))
      return {}
    } catch (thrown) {
      const error = toErrorBody(thrown)
      if (error.retry !== 'never') throw thrown
      return { error }
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
    return await inline(value, (digest) => this.#parts.load(run, digest))
  }

  async #inOrder(subject: string | null, pay: () => Promise<void>): Promise<void> {
    if (subject === null) return await this.#bounded(pay)
    const now = (this.#last.get(subject) ?? Promise.resolve()).then(() => this.#bounded(pay))
    const done = now.catch(() => undefined)
    this.#last.set(subject, done)
    try {
      await now
    } finally {
      if (this.#last.get(subject) === done) this.#last.delete(subject)
    }
  }

  async #bounded(pay: () => Promise<void>): Promise<void> {
    if (this.#active === mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#active += 1
    try {
      await pay()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#active -= 1
      else next()
    }
  }
}

/** What concerns one child, one permit or one reservation, is paid in its order. */
function orderOf(run: string, debt: Debt): string | null {
  if (debt.kind === 'acquire_permit' || debt.kind === 'release_permit') return `permit ${run} ${debt.request}`
  if (debt.kind === 'reserve_budget' || debt.kind === 'settle_budget') return `budget ${run} ${debt.request}`
  return 'child' in debt && debt.kind !== 'tell_parent' ? debt.child : null
}

/** A pause that follows a resume is another payment, although its debt has the same name. */
function isSame(a: Debt, b: Debt): boolean {
  return a.kind === 'steer_child' && b.kind === 'steer_child' ? a.order === b.order : a.kind === b.kind
}
