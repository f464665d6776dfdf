import { WonderError } from '@wonder/errors'
import { type LogHandler, type ToolLaunch, ToolProcess } from './tool-process.ts'

type Waiter = { readonly start: () => void }

/**
 * Warm processes, at most `limit` at a time, each used by one call at a time.
 * A process serves one key only, from its start to its end. When there is no room, the idle one that was used longest
 * ago makes room; when none is idle, calls wait in their order.
 */
export class ToolPool {
  readonly #limit: number
  readonly #all = new Set<ToolProcess>()
  /** Least recently used first. */
  readonly #idle = new Set<ToolProcess>()
  readonly #waiting = new Set<Waiter>()
  #closed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** A process for this launch; give it back with release(). Rejects with the signal's reason. */
  async acquire(
    launch: ToolLaunch,
    call: { readonly name: string; readonly signal: AbortSignal; readonly onLog?: LogHandler | undefined },
  ): Promise<ToolProcess> {
    for (let woken = false; ; woken = true) {
      if (woken && call.signal.aborted) this.#next()
      call.signal.throwIfAborted()
      if (this.#closed) throw new WonderError('tool_runtime_unavailable', `Cannot run tool "${call.name}": closed`)
      if (woken || this.#waiting.size === 0) {
        const idle = this.#take(launch.key)
        if (idle !== undefined) return idle
        if (this.#makeRoom()) return this.#start(launch, call)
      }
      await this.#turn(call.signal)
    }
  }

  release(process: ToolProcess): void {
    if (process.alive && !this.#closed) this.#idle.add(process)
    // One that is not alive is ending by itself, and wakes the next when it is gone.
    else if (process.alive) process.kill()
    this.#next()
  }

  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#all]
    for (const process of all) process.kill()
    await Promise.all(all.map((process) => process.ended))
  }

  #take(key: string): ToolProcess | undefined {
    // The one used last is the warmest.
    const found = [...this.#idle].reverse().find((process) => process.key === key && process.alive)
    if (found !== undefined) this.#idle.delete(found)
    return found
  }

  #makeRoom(): boolean {
    if (this.#all.size < this.#limit) return true
    const [oldest] = this.#idle
    if (oldest === undefined) return false
    this.#forget(oldest)
    oldest.kill()
    return true
  }

  #start(launch: ToolLaunch, call: { readonly name: string; readonly onLog?: LogHandler | undefined }): ToolProcess {
    const process = new ToolProcess(launch, call.name, call.onLog)
    this.#all.add(process)
    void process.ended.then(() => {
      this.#forget(process)
      this.#next()
    })
    return process
  }

  #forget(process: ToolProcess): void {
    this.#all.delete(process)
    this.#idle.delete(process)
  }

  #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { start: resolve }
    this.#waiting.add(waiter)
    const abort = (): void => {
      this.#waiting.delete(waiter)
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', abort))
  }

  #next(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    this.#waiting.delete(first)
    first.start()
  }
}
