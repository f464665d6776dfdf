/** Milliseconds of the first rest after an interruption, and of the longest. */
const firstRest = 1.5
const longestRest = 100
/** An interruption so many milliseconds after the last rest means that the machine is as busy as before it. */
const soonAfter = 10

/**
 * Whether a thread may poll for another one. It may not for a while after one of the two was kept from its core: this one,
 * which sees it by looks at the clock that come late, or the other one, which did not take what it was given.
 *
 * A thread that sleeps is put on a core as soon as it is woken; one that has polled has used up its turn, and on a busy
 * machine waits for the next. Where both share a core, as on a machine that packs its threads, polling keeps the other
 * from giving the answer. So a late look is followed by a rest without polling: short, because it may have been a
 * collection of garbage, and four times as long, up to a limit, when the next one follows soon. The other thread may have
 * missed what it was given by chance, so only the second time in sequence is followed by a rest.
 */
export class CoreShare {
  readonly #lateness: number
  #looked = 0
  #rest = 0
  #restUntil = 0
  #missed = false

  /** Milliseconds from one look to the next that count as an interruption. */
  constructor(lateness: number) {
    this.#lateness = lateness
  }

  /** Begins a series of looks; false while resting. */
  begin(now: number): boolean {
    this.#looked = now
    return now >= this.#restUntil
  }

  /** One more look; false when polling should end. */
  look(now: number): boolean {
    if (now - this.#looked > this.#lateness) {
      this.#rest = now - this.#restUntil < soonAfter ? Math.min(this.#rest * 4, longestRest) : firstRest
      this.#restUntil = now + this.#rest
    }
    this.#looked = now
    return now >= this.#restUntil
  }

  /** The other thread has taken in time what it was given. */
  met(): void {
    this.#missed = false
  }

  /** The other thread has not; polling should end. */
  missed(now: number): void {
    if (this.#missed) this.#restUntil = Math.max(this.#restUntil, now + firstRest)
    this.#missed = true
  }
}
