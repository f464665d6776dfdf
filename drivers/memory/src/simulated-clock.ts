import type { Clock } from '@wonder/platform'

type Timer = { readonly time: number; readonly order: number; readonly callback: () => void }

/**
 * Time that passes when a test says so.
 *
 * @example
 * const clock = new SimulatedClock()
 * clock.at(clock.now() + 1_000, () => console.log('a second has passed'))
 * clock.advance(1_000)
 */
export class SimulatedClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<Timer>()

  /** `start`: epoch ms; default 2026-01-01. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** A time that has come already is called in a microtask; any other during advance(). */
  at(time: number, callback: () => void): () => void {
    const timer = { time, order: this.#order++, callback }
    this.#timers.add(timer)
    if (time <= this.#now) queueMicrotask(() => this.#call(timer))
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Lets `ms` pass: what becomes due is called in the order of its time, also what is added meanwhile. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let timer = this.#earliest(); timer !== null && timer.time <= end; timer = this.#earliest()) {
      this.#now = Math.max(this.#now, timer.time)
      this.#call(timer)
    }
    this.#now = end
  }

  /** Time of the earliest timer, or null when there is none. */
  next(): number | null {
    return this.#earliest()?.time ?? null
  }

  #call(timer: Timer): void {
    if (this.#timers.delete(timer)) timer.callback()
  }

  #earliest(): Timer | null {
    let earliest: Timer | null = null
    for (const timer of this.#timers) {
      if (earliest === null || timer.time < earliest.time) earliest = timer
    }
    return earliest
  }
}
