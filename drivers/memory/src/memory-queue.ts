import { WonderError } from '@wonder/errors'
import type { Queue, TaskMessage } from '@wonder/platform'

type Consumer = {
  readonly concurrency: number
  readonly handler: (message: TaskMessage, acknowledge: () => void) => void
  /** Delivered and not acknowledged. */
  readonly open: Set<TaskMessage>
}

/** UTF-16 units of both ids: four bytes each at most, and room for the numbers. */
const idLimit = 24_000

/**
 * Tasks within one process: a message is handed over in the microtask after send(), without timers and without copies.
 * What was sent is lost with the process; the kernel dispatches again.
 */
export function memoryQueue(): Queue {
  return new MemoryQueue()
}

class MemoryQueue implements Queue {
  readonly #consumers: Consumer[] = []
  /** Waiting messages are those from `#head` on: taking one moves a number, not the rest of the list. */
  #waiting: TaskMessage[] = []
  #head = 0
  #scheduled = false
  /** Whose turn it is. */
  #turn = 0

  send(messages: readonly TaskMessage[]): undefined {
    for (const { run, token } of messages) {
      if (run.length + token.length <= idLimit) continue
      throw new WonderError('queue_message_too_large', `Cannot send a task of run "${run.slice(0, 40)}…": over 100 KB`)
    }
    for (const message of messages) this.#waiting.push(message)
    this.#schedule()
  }

  consume({ concurrency, handler }: Parameters<Queue['consume']>[0]): () => Promise<void> {
    const consumer: Consumer = { concurrency, handler, open: new Set() }
    this.#consumers.push(consumer)
    this.#schedule()
    return async () => {
      const place = this.#consumers.indexOf(consumer)
      if (place === -1) return
      this.#consumers.splice(place, 1)
      // Nobody has taken these over: they are delivered again, to someone else.
      for (const message of consumer.open) this.#waiting.push(message)
      consumer.open.clear()
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#head === this.#waiting.length || this.#consumers.length === 0) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    while (this.#head < this.#waiting.length) {
      const consumer = this.#nextFree()
      const message = this.#waiting[this.#head]
      if (consumer === null || message === undefined) break
      this.#head += 1
      this.#hand(message, consumer)
    }
    if (this.#head === this.#waiting.length) {
      this.#waiting = []
      this.#head = 0
    } else if (this.#head > 1_024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
  }

  #nextFree(): Consumer | null {
    const count = this.#consumers.length
    for (let step = 0; step < count; step++) {
      const consumer = this.#consumers[(this.#turn + step) % count]
      if (consumer !== undefined && consumer.open.size < consumer.concurrency) {
        this.#turn = (this.#turn + step + 1) % count
        return consumer
      }
    }
    return null
  }

  #hand(message: TaskMessage, consumer: Consumer): void {
    // A copy of its own, so that the same message sent twice counts as two.
    const delivery = { ...message }
    consumer.open.add(delivery)
    try {
      consumer.handler(delivery, () => {
        if (consumer.open.delete(delivery)) this.#schedule()
      })
    } catch (thrown) {
      // The message stays unacknowledged, the queue goes on, and the bug is shown where bugs are shown.
      queueMicrotask(() => {
        throw thrown
      })
    }
  }
}
