import type { Clock } from '@wonder/platform'

/** Milliseconds since the last record after which nobody waits for the thread that decides. */
const quietAfter = 20
/** Milliseconds that background work gives way to runs at most. */
const patience = 250

/** Tells background work when it may use the thread that decides: no run makes records, or it has given way long enough. */
export class QuietTime {
  readonly #clock: Clock
  #lastRecord = Number.NEGATIVE_INFINITY
  #skip: (() => void) | null = null
  #skips = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A record was made at `time`, epoch ms. */
  note(time: number): void {
    this.#lastRecord = time
  }

  /** Resolves at a quiet moment. For one waiter at a time. */
  wait(): Promise<void> {
    const end = this.#clock.now() + patience
    return new Promise((resolve) => {
      let cancel = () => {}
      const look = () => {
        const next = Math.min(this.#lastRecord + quietAfter, end)
        if (!this.#skips && this.#clock.now() < next) {
          cancel = this.#clock.at(next, look)
          return
        }
        this.#skip = null
        resolve()
      }
      this.#skip = () => {
        cancel()
        look()
      }
      look()
    })
  }

  /** Every moment counts as quiet, or only quiet ones again. */
  skip(skips: boolean): void {
    this.#skips = skips
    if (skips) this.#skip?.()
  }
}
