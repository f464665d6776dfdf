import { WonderError } from '@wonder/errors'
import type { Clock, TaskMessage } from '@wonder/platform'

/** One dispatch that this executor works on: its time, and whether anybody still waits for it. */
export class Attempt {
  readonly message: TaskMessage
  /** `run/token/attempt`: the same for each dispatch of the attempt. */
  readonly key: string
  /** Its task runs: it is neither being claimed nor reported. */
  working = false
  /** It was granted to this executor. */
  claimed = false
  readonly #clock: Clock
  #controller: AbortController | null = null
  #cancelTimer: (() => void) | null = null
  #timeout = Number.POSITIVE_INFINITY
  #deadline = Number.POSITIVE_INFINITY
  #abandoned = false
  #stopReason: Error | null = null

  constructor(message: TaskMessage, clock: Clock) {
    this.message = message
    this.key = `${message.run}/${message.token}/${message.attempt}`
    this.#clock = clock
  }

  /** The time of the attempt begins with its claim. `timeout` in ms. */
  begin(claimed: number, timeout: number): void {
    this.#timeout = timeout
    this.#deadline = claimed + timeout
  }

  /** Made, with its timer, when first read: work that never waits needs neither. */
  get signal(): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal
    this.#controller = new AbortController()
    if (this.#stopReason !== null) this.#controller.abort(this.#stopReason)
    else if (Number.isFinite(this.#deadline)) {
      this.#cancelTimer = this.#clock.at(this.#deadline, () => this.#stop(this.#tooLong()))
    }
    return this.#controller.signal
  }

  /** Nobody waits for the result any more: the work ends and is not reported. */
  abandon(): void {
    this.#abandoned = true
    this.#stop(new DOMException('Nobody waits for this task any more', 'AbortError'))
  }

  /** Milliseconds until its time is over. */
  get timeLeft(): number {
    return this.#deadline - this.#clock.now()
  }

  get abandoned(): boolean {
    return this.#abandoned
  }

  /** The time is over, or nobody waits any more. */
  get stopped(): boolean {
    return this.#stopReason !== null
  }

  get stopReason(): Error | null {
    return this.#stopReason
  }

  /** Throws when the time is over or nobody waits any more. */
  check(): void {
    if (this.#stopReason === null && this.#clock.now() >= this.#deadline) this.#stop(this.#tooLong())
    if (this.#stopReason !== null) throw this.#stopReason
  }

  /** Lets go of the timer. */
  end(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #stop(reason: Error): void {
    if (this.#stopReason !== null) return
    this.#stopReason = reason
    this.end()
    this.#controller?.abort(reason)
  }

  #tooLong(): WonderError {
    const { attempt } = this.message
    return new WonderError(
      'task_timeout',
      `Attempt ${attempt} took longer than the task's timeout of ${this.#timeout} ms`,
      { details: { timeout: this.#timeout } },
    )
  }
}
