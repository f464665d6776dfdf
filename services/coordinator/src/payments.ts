/**
 * Pays what runs owe to the outside, and tells them so.
 *
 * Owns: which party is asked for each kind of debt. Does not own: which debts there are, and asking again (the kernel).
 * Paying twice is harmless at every other end, and what is being paid is not paid again meanwhile. What cannot be paid now
 * is asked for again when the run wakes. What concerns one child is paid in the order in which it was asked for.
 */
import type { Command, CommandBody, Debt, Json, Outcome } from '@wonder/engine'
import { type ErrorBody, toErrorBody } from '@wonder/errors'
import type { OpenRun } from './open-run.ts'

/** What became of a command to a run that any process may own. */
export type Reached = { readonly status: 'accepted' } | { readonly status: 'refused'; readonly error: ErrorBody }

type StartChild = Extract<Debt, { kind: 'start_child' }>

export type PaymentParts = {
  /** Gives a command to a run of this process. */
  readonly command: (run: string, command: Command) => Promise<Outcome>
  /** Gives a command to a run, whoever owns it. @throws WonderError `run_not_found` */
  readonly reach: (run: string, command: Command, by: string) => Promise<Reached>
  /** Starts a child of `parent` unless it exists. @throws WonderError: with retry `never` when it cannot be started */
  readonly startChild: (parent: OpenRun, debt: StartChild) => Promise<void>
  /** The value with everything large in place. */
  readonly whole: (run: string, value: Json) => Promise<Json>
}

/** Payments at a time: more would only wait for each other. */
const mostAtOnce = 512

export class Payments {
  readonly #parts: PaymentParts
  /** By run and debt: what is being paid. */
  readonly #paying = new Map<string, Debt>()
  /** By child: the last payment that concerns it. */
  readonly #last = new Map<string, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #active = 0

  constructor(parts: PaymentParts) {
    this.#parts = parts
  }

  /** Resolves nothing: the settlement is a command to the run. */
  pay(run: OpenRun, id: string, debt: Debt): void {
    const key = `${run.id} ${id}`
    const paying = this.#paying.get(key)
    if (paying !== undefined && isSame(paying, debt)) return
    this.#paying.set(key, debt)
    this.#inOrder(childOf(debt), () => this.#pay(run, id, debt))
      .catch(() => undefined) // The debt stays, and is asked for again.
      .finally(() => {
        if (this.#paying.get(key) === debt) this.#paying.delete(key)
      })
  }

  async #pay(run: OpenRun, id: string, debt: Debt): Promise<void> {
    let error: ErrorBody | undefined
    try {
      error = await this.#perform(run, debt)
    } catch (thrown) {
      const body = toErrorBody(thrown)
      const tells = debt.kind === 'start_child' || debt.kind === 'send_signal'
      if (!tells || body.retry !== 'never') throw thrown
      error = body
    }
    const { command } = this.#parts
    await command(run.id, {
      kind: 'settle',
      debt: id,
      ...(error === undefined ? {} : { error }),
      ...(debt.kind === 'steer_child' ? { order: debt.order } : {}),
    })
  }

  /** Resolves with an error that the run is to be told. */
  async #perform(run: OpenRun, debt: Debt): Promise<ErrorBody | undefined> {
    const by = `run ${run.id}`
    switch (debt.kind) {
      case 'start_child':
        await this.#parts.startChild(run, debt)
        return undefined
      case 'cancel_child':
        await this.#tell(debt.child, { kind: 'cancel', reason: `Cancelled with run ${run.id}` }, by)
        return undefined
      case 'steer_child':
        await this.#tell(debt.child, { kind: debt.to }, by)
        return undefined
      case 'tell_parent':
        await this.#tellParent(run, debt)
        return undefined
      case 'send_signal': {
        const { name, key } = debt
        const payload = await this.#parts.whole(run.id, debt.payload)
        const reached = await this.#parts.reach(debt.run, { kind: 'signal', name, payload, key }, by)
        return reached.status === 'refused' ? reached.error : undefined
      }
    }
  }

  async #tellParent(run: OpenRun, debt: Extract<Debt, { kind: 'tell_parent' }>): Promise<void> {
    const { run: parent, token, child, status, output, error, usage } = debt
    // A value that was moved to Blobs is there for this run alone.
    const whole = output === undefined ? {} : { output: await this.#parts.whole(run.id, output) }
    await this.#tell(
      parent,
      {
        kind: 'complete_child',
        token,
        child,
        status,
        ...whole,
        ...(error === undefined ? {} : { error }),
        ...(usage === undefined ? {} : { usage }),
      },
      `run ${run.id}`,
    )
  }

  /** A run that is not there, or does not take it in its state, is done with. */
  async #tell(run: string, command: CommandBody, by: string): Promise<void> {
    try {
      await this.#parts.reach(run, command, by)
    } catch (thrown) {
      if (toErrorBody(thrown).code !== 'run_not_found') throw thrown
    }
  }

  async #inOrder(child: string | null, pay: () => Promise<void>): Promise<void> {
    const before = child === null ? undefined : this.#last.get(child)
    const now = (before ?? Promise.resolve()).then(() => this.#bounded(pay))
    if (child === null) return await now
    const done = now.catch(() => undefined)
    this.#last.set(child, done)
    try {
      await now
    } finally {
      if (this.#last.get(child) === done) this.#last.delete(child)
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

function childOf(debt: Debt): string | null {
  return 'child' in debt && debt.kind !== 'tell_parent' ? debt.child : null
}

/** A pause that follows a resume is another payment, although its debt has the same name. */
function isSame(a: Debt, b: Debt): boolean {
  return a.kind === 'steer_child' && b.kind === 'steer_child' ? a.order === b.order : a.kind === b.kind
}
