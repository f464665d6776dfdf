import type { RunState } from './run-state.ts'

/** When something of a run is due. `join`: number of the join of the fan-out `id`; absent: `id` is a token. */
export type Timer = { readonly at: number; readonly id: string; readonly join?: number }

/**
 * The timers of a run, soonest first: a binary heap that may hold more than is true. What is true stands in the tokens and
 * joins themselves; an entry that no longer agrees with them is dropped when it comes to the top. So taking back a decision
 * needs no way back here, and no append looks through all tokens.
 */
export class Timers {
  readonly #heap: Timer[] = []

  add(timer: Timer): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Timer
      if (above.at <= timer.at) break
      heap[at] = above
      heap[parent] = timer
      at = parent
    }
  }

  /** Every one, in no order; some may not be true. */
  all(): readonly Timer[] {
    return this.#heap
  }

  /** Epoch ms of the earliest one that is true, or null. */
  earliest(state: RunState): number | null {
    if (this.#heap.length > 64 && this.#heap.length > 4 * (state.tokens.size + state.fanouts.size)) this.#purge(state)
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (isTrue(state, top)) return top.at
      this.#removeTop()
    }
    return null
  }

  /** Those that are due at a time, by time and then by name; they stay until what they stand for is over. */
  due(state: RunState, time: number): readonly Timer[] {
    const found: Timer[] = []
    const look = (index: number): void => {
      const timer = this.#heap[index]
      if (timer === undefined || timer.at > time) return
      if (isTrue(state, timer) && !found.some((one) => one.id === timer.id && one.join === timer.join))
        found.push(timer)
      look(2 * index + 1)
      look(2 * index + 2)
    }
    look(0)
    return found.sort((a, b) => a.at - b.at || compareIds(a.id, b.id) || (a.join ?? -1) - (b.join ?? -1))
  }

  #purge(state: RunState): void {
    const kept = this.#heap.filter((timer) => isTrue(state, timer))
    this.#heap.length = 0
    for (const timer of kept) this.add(timer)
  }

  #removeTop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    heap[0] = last
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < heap.length && (heap[left] as Timer).at < (heap[least] as Timer).at) least = left
      if (right < heap.length && (heap[right] as Timer).at < (heap[least] as Timer).at) least = right
      if (least === at) return
      const above = heap[at] as Timer
      heap[at] = heap[least] as Timer
      heap[least] = above
      at = least
    }
  }
}

function isTrue(state: RunState, { at, id, join }: Timer): boolean {
  if (join === undefined) return state.tokens.get(id)?.dueAt === at
  const found = state.fanouts.get(id)?.joins[join]
  return found !== undefined && !found.closed && found.dueAt === at
}

/** Names of events in the order of their making. */
export function compareIds(a: string, b: string): number {
  const [recordA = 0, indexA = 0] = a.split('.').map(Number)
  const [recordB = 0, indexB = 0] = b.split('.').map(Number)
  return recordA - recordB || indexA - indexB
}
