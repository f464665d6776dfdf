import type { Clock, Queue, TaskMessage } from '@wonder/platform'

/** Milliseconds until messages are offered again that the queue did not take. */
const patience = 1_000

/**
 * Brings dispatches to the queue: those of one turn together, and again until the queue has taken them, because nobody
 * else would before the run is recovered.
 */
export class TaskDispatcher {
  readonly #queue: Queue
  readonly #clock: Clock
  #messages: TaskMessage[] = []
  #closed = false

  constructor(queue: Queue, clock: Clock) {
    this.#queue = queue
    this.#clock = clock
  }

  dispatch(message: TaskMessage): void {
    this.#messages.push(message)
    if (this.#messages.length > 1) return
    queueMicrotask(() => {
      const messages = this.#messages
      this.#messages = []
      this.#send(messages)
    })
  }

  /** What the queue has not taken by now is not offered again. */
  close(): void {
    this.#closed = true
  }

  #send(messages: readonly TaskMessage[]): void {
    this.#queue.send(messages)?.catch(() => {
      this.#clock.at(this.#clock.now() + patience, () => {
        if (!this.#closed) this.#send(messages)
      })
    })
  }
}
