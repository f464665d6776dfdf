import type { Clock, Queue, TaskMessage } from '@wonder/platform'
import type { Chaos } from './chaos.ts'

type Handler = Parameters<Queue['consume']>[0]['handler']

/** Milliseconds after which a message that nobody has acknowledged is delivered again. */
const redelivery = 5_000

/** A broker that outlives processes: it delays, reorders, loses and doubles, and delivers again what nobody acknowledges. */
export class ChaosQueue implements Queue {
  readonly #clock: Clock
  readonly #chaos: Chaos
  readonly #handlers: Handler[] = []

  constructor(clock: Clock, chaos: Chaos) {
    this.#clock = clock
    this.#chaos = chaos
  }

  send(messages: readonly TaskMessage[]): undefined {
    for (const message of messages) {
      this.#deliver(message)
      if (this.#chaos.trouble(3)) this.#deliver(message)
    }
  }

  consume({ handler }: Parameters<Queue['consume']>[0]): () => Promise<void> {
    this.#handlers.push(handler)
    return async () => undefined
  }

  #deliver(message: TaskMessage): void {
    let acknowledged = false
    const again = () => {
      if (!acknowledged) this.#deliver(message)
    }
    this.#clock.at(this.#clock.now() + this.#chaos.between(0, 10), () => {
      this.#clock.at(this.#clock.now() + redelivery, again)
      if (this.#chaos.trouble(2)) return
      this.#chaos.pick(this.#handlers)?.({ ...message }, () => {
        acknowledged = true
      })
    })
  }
}
