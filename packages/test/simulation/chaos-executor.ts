import type { Claim, Clock, Grant, Queue, Report, Results, TaskMessage } from '@wonder/platform'
import type { Chaos } from './chaos.ts'

export type ExecutorParts = {
  readonly id: string
  readonly clock: Clock
  readonly chaos: Chaos
  readonly queue: Queue
  /** The coordinator of the moment; null while there is none. */
  readonly results: () => Results | null
  /** The task acts on the world outside: what it does cannot be taken back. Null: the attempt fails. */
  readonly act: (message: TaskMessage, grant: Grant) => Report['result']
}

/** Milliseconds. */
const retryAfter = 100
const betweenHeartbeats = 10_000
const mostTasks = 3

/**
 * Does tasks as executors do, on a bad day: slow, silent beyond its lease, gone in the middle, telling a result twice or late.
 */
export class ChaosExecutor {
  readonly #parts: ExecutorParts
  readonly #held = new Map<string, TaskMessage>()
  /** Rises when it dies: what was begun before is forgotten. */
  #life = 0

  constructor(parts: ExecutorParts) {
    this.#parts = parts
    parts.queue.consume({
      concurrency: mostTasks,
      handler: (message, acknowledge) => {
        if (this.#held.size < mostTasks) void this.#take(message, acknowledge)
      },
    })
    this.#beat()
  }

  #beat(): void {
    const { clock, chaos, results, id } = this.#parts
    clock.at(clock.now() + betweenHeartbeats, () => {
      this.#beat()
      if (!chaos.trouble(10))
        void results()
          ?.heartbeat([...this.#held.values()], id)
          .catch(() => undefined)
    })
  }

  async #take(message: TaskMessage, acknowledge: () => void): Promise<void> {
    const { results, id, chaos } = this.#parts
    const life = this.#life
    const coordinator = results()
    if (coordinator === null) return
    let claim: Claim
    try {
      claim = await coordinator.claim(message, id)
    } catch {
      return
    }
    acknowledge()
    if (claim.status !== 'granted' || life !== this.#life) return
    const key = `${message.run}/${message.token}/${message.attempt}/${message.dispatch}`
    this.#held.set(key, message)
    await this.#pass(chaos.trouble(2) ? 40_000 : chaos.between(1, 60))
    if (life !== this.#life) return
    if (chaos.trouble(3)) return this.#die()
    const result = this.#parts.act(message, claim)
    await this.#pass(chaos.between(0, 20))
    if (life !== this.#life) return
    if (chaos.trouble(2)) return this.#die()
    if (chaos.trouble(4)) void this.#report({ ...message, executor: id, result })
    await this.#report({ ...message, executor: id, result })
    this.#held.delete(key)
  }

  /** All that it works on ends without a word; it comes back at once, and knows nothing of it. */
  #die(): void {
    this.#life += 1
    this.#held.clear()
  }

  async #report(report: Report): Promise<void> {
    for (;;) {
      try {
        const coordinator = this.#parts.results()
        if (coordinator !== null) {
          await coordinator.report(report)
          return
        }
      } catch {
        // Nobody knows whether it counts: it is told again.
      }
      await this.#pass(retryAfter)
    }
  }

  #pass(ms: number): Promise<void> {
    const { clock } = this.#parts
    return new Promise((resolve) => clock.at(clock.now() + ms, resolve))
  }
}
