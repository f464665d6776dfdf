import type { Effect } from '../src/index.ts'
import type { SimulatedRun } from './simulated-run.ts'

type Payment = Extract<Effect, { type: 'pay' }>

/** One key as the limits service keeps it, said plainly; it pays what runs owe when it is told to. */
export class PermitDesk {
  readonly limit: number
  holders: string[] = []
  line: string[] = []
  readonly #told = new Set<string>()
  #next = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Payments that were asked for and not made. */
  unpaid(run: SimulatedRun): readonly Payment[] {
    return run.payments.slice(this.#next)
  }

  payNext(run: SimulatedRun): boolean {
    const payment = run.payments[this.#next]
    if (payment === undefined) return false
    this.#next += 1
    this.#pay(run, payment)
    return true
  }

  /** Pays, and tells whose turn has come, until nothing is left. */
  settleAll(run: SimulatedRun): void {
    while (this.payNext(run) || this.tellNext(run)) {}
  }

  /** Tells one who was granted after its answer. */
  tellNext(run: SimulatedRun): boolean {
    const [request] = this.#told
    if (request === undefined) return false
    this.#told.delete(request)
    run.send({ kind: 'grant_permit', request })
    return true
  }

  #pay(run: SimulatedRun, { id, debt }: Payment): void {
    if (debt.kind === 'acquire_permit') {
      const { request, when_full } = debt
      const full = this.holders.length >= this.limit && !this.holders.includes(request)
      if (full && when_full === 'reject') {
        run.send({ kind: 'settle', debt: id, permit: { status: 'full', by: ['other'] } })
        return
      }
      if (full && !this.line.includes(request)) this.line.push(request)
      if (!full && !this.holders.includes(request)) this.holders.push(request)
      run.send({ kind: 'settle', debt: id, permit: { status: full ? 'queued' : 'granted' } })
    } else if (debt.kind === 'release_permit') {
      this.free(debt.request)
      run.send({ kind: 'settle', debt: id })
    }
  }

  free(request: string): void {
    this.holders = this.holders.filter((one) => one !== request)
    this.line = this.line.filter((one) => one !== request)
    this.#told.delete(request)
    while (this.holders.length < this.limit && this.line.length > 0) {
      const [first = ''] = this.line.splice(0, 1)
      this.holders.push(first)
      this.#told.add(first)
    }
  }
}
