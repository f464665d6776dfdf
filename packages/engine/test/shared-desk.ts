import type { SimulatedRun } from './simulated-run.ts'

type Amounts = { readonly [budget: string]: number }

/** One project's budget and one key as the limits service keeps them for several runs, said plainly. */
export class SharedDesk {
  readonly runs: readonly SimulatedRun[]
  readonly permits: number
  limits: Amounts
  readonly used: { [budget: string]: number } = {}
  readonly reserved = new Map<string, Amounts>()
  holders: string[] = []
  #line: string[] = []
  #waiting: (readonly [name: string, amounts: Amounts])[] = []
  /** Commands on their way. */
  readonly #post: (() => void)[] = []
  /** Payments of each run that were taken. */
  readonly #taken: number[]

  constructor(runs: readonly SimulatedRun[], parts: { readonly limits: Amounts; readonly permits: number }) {
    this.runs = runs
    this.limits = parts.limits
    this.permits = parts.permits
    this.#taken = runs.map(() => 0)
  }

  /** Pays what a run owes next. */
  pay(of: number): boolean {
    const run = this.runs[of]
    const payment = run?.payments[this.#taken[of] ?? 0]
    if (run === undefined || payment === undefined) return false
    this.#taken[of] = (this.#taken[of] ?? 0) + 1
    const { id, debt } = payment
    // Asked again although it was settled: a limits service would know the holder.
    if (!run.state.debts.has(id)) return true
    if (!('request' in debt)) return true
    const name = `${of} ${debt.request}`
    switch (debt.kind) {
      case 'reserve_budget': {
        const budget = this.reserved.has(name) ? null : this.#shortage(debt.amounts)
        if (budget === null || debt.must === true) {
          this.reserved.set(name, debt.amounts)
          run.send({ kind: 'settle', debt: id, reservation: { status: 'granted' } })
          return true
        }
        if (!this.#waiting.some(([one]) => one === name)) this.#waiting.push([name, debt.amounts])
        const reservation = { status: 'exceeded', budget, limit: this.limits[budget] ?? 0, ...zero } as const
        run.send({ kind: 'settle', debt: id, reservation })
        return true
      }
      case 'settle_budget': {
        if (this.reserved.delete(name)) {
          for (const [budget, amount] of Object.entries(debt.used))
            this.used[budget] = (this.used[budget] ?? 0) + amount
        }
        this.#waiting = this.#waiting.filter(([one]) => one !== name)
        this.fill()
        run.send({ kind: 'settle', debt: id })
        return true
      }
      case 'acquire_permit': {
        const full = this.holders.length >= this.permits && !this.holders.includes(name)
        if (!full && !this.holders.includes(name)) this.holders.push(name)
        if (full && !this.#line.includes(name)) this.#line.push(name)
        run.send({ kind: 'settle', debt: id, permit: { status: full ? 'queued' : 'granted' } })
        return true
      }
      case 'release_permit': {
        this.holders = this.holders.filter((one) => one !== name)
        this.#line = this.#line.filter((one) => one !== name)
        while (this.holders.length < this.permits && this.#line.length > 0) {
          const [first = ''] = this.#line.splice(0, 1)
          this.holders.push(first)
          this.#send(first, 'grant_permit')
        }
        run.send({ kind: 'settle', debt: id })
        return true
      }
    }
  }

  /** Who fits now is told. */
  fill(): void {
    for (const [name, amounts] of [...this.#waiting]) {
      if (this.#shortage(amounts) !== null) continue
      this.#waiting = this.#waiting.filter(([one]) => one !== name)
      this.reserved.set(name, amounts)
      this.#send(name, 'grant_reservation')
    }
  }

  tell(): boolean {
    const next = this.#post.shift()
    next?.()
    return next !== undefined
  }

  get waiting(): readonly string[] {
    return this.#waiting.map(([name]) => name)
  }

  sumReserved(budget: string): number {
    return [...this.reserved.values()].reduce((sum, amounts) => sum + (amounts[budget] ?? 0), 0)
  }

  #send(name: string, kind: 'grant_permit' | 'grant_reservation'): void {
    const [of = '', request = ''] = name.split(' ')
    this.#post.push(() => this.runs[Number(of)]?.send({ kind, request }))
  }

  #shortage(amounts: Amounts): string | null {
    const short = Object.entries(amounts).find(
      ([budget, needed]) =>
        (this.used[budget] ?? 0) + this.sumReserved(budget) + needed >
        (this.limits[budget] ?? Number.POSITIVE_INFINITY) + 1e-9,
    )
    return short?.[0] ?? null
  }
}

const zero = { used: 0, reserved: 0, needed: 0 }
