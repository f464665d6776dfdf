import type { EventTarget, Json } from '@wonder/platform'

type Listener = { readonly call: (event: Json) => void; active: boolean }

/**
 * Live events within one process. Listeners are called in a microtask, so that publish() costs the publisher one push.
 * `onError` learns what listeners throw; nobody else does, because a watcher's bug is not the run's.
 */
export function memoryEventTarget(options: { readonly onError?: (error: unknown) => void } = {}): EventTarget {
  return new MemoryEventTarget(options.onError ?? (() => {}))
}

class MemoryEventTarget implements EventTarget {
  /** Lists are replaced, never changed: a published event keeps the list of its moment. */
  readonly #listeners = new Map<string, readonly Listener[]>()
  readonly #onError: (error: unknown) => void
  #outgoing: { readonly event: Json; readonly listeners: readonly Listener[] }[] = []

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  publish(topic: string, event: Json): void {
    const listeners = this.#listeners.get(topic)
    if (listeners === undefined) return
    this.#outgoing.push({ event, listeners })
    if (this.#outgoing.length === 1) queueMicrotask(() => this.#deliver())
  }

  hasListeners(topic: string): boolean {
    return this.#listeners.has(topic)
  }

  subscribe(topic: string, listener: (event: Json) => void): () => void {
    const added: Listener = { call: listener, active: true }
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), added])
    return () => {
      added.active = false
      const left = (this.#listeners.get(topic) ?? []).filter((other) => other !== added)
      if (left.length === 0) this.#listeners.delete(topic)
      else this.#listeners.set(topic, left)
    }
  }

  #deliver(): void {
    const outgoing = this.#outgoing
    this.#outgoing = []
    for (const { event, listeners } of outgoing) {
      for (const listener of listeners) {
        if (!listener.active) continue
        try {
          listener.call(event)
        } catch (thrown) {
          this.#onError(thrown)
        }
      }
    }
  }
}
