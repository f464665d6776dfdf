import type { Clock } from '@wonder/platform'

/** Does something again and again, with a pause between the end of one and the beginning of the next. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #interval: number
  readonly #beat: () => Promise<unknown>
  #cancel: () => void = () => undefined
  #beating: Promise<void> = Promise.resolve()
  #stopped = false

  /**
   * @param interval milliseconds between beats; a beat that fails is no end: the next one tries again
   * @param first milliseconds before the first one; default `interval`
   */
  constructor(clock: Clock, interval: number, beat: () => Promise<unknown>, first = interval) {
    this.#clock = clock
    this.#interval = interval
    this.#beat = beat
    this.#next(first)
  }

  /** Resolves when no beat is in flight; none comes after. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#beating
  }

  #next(wait: number): void {
    if (this.#stopped) return
    this.#cancel = this.#clock.at(this.#clock.now() + wait, () => {
      this.#beating = this.#beat()
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => this.#next(this.#interval))
    })
  }
}
