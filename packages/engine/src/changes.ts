/**
 * Every change of a run's state goes through here, so that a decision that cannot be finished
 * (a value must be loaded first, an expression broke an invariant) leaves the state as it was.
 * Folding a journal needs no way back: then nothing is recorded.
 */
export class Changes {
  #log: unknown[] | null = null

  /** From here on changes can be taken back. */
  begin(): void {
    this.#log = []
  }

  /** What changed since `begin` stays. */
  commit(): void {
    this.#log = null
  }

  /** The state is as it was at `begin`. */
  rollback(): void {
    const log = this.#log
    this.#log = null
    if (log === null) return
    for (let i = log.length - 3; i >= 0; i -= 3) {
      const target = log[i]
      const key = log[i + 1]
      const old = log[i + 2]
      if (target instanceof Map) {
        if (old === absent) target.delete(key)
        else target.set(key, old)
      } else {
        ;(target as Record<PropertyKey, unknown>)[key as PropertyKey] = old
      }
    }
  }

  set<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
    if (this.#log !== null) this.#log.push(target, key, target[key])
    target[key] = value
  }

  put<K, V>(map: Map<K, V>, key: K, value: V): void {
    if (this.#log !== null) this.#log.push(map, key, map.has(key) ? map.get(key) : absent)
    map.set(key, value)
  }

  remove<K, V>(map: Map<K, V>, key: K): void {
    if (this.#log !== null) {
      if (!map.has(key)) return
      this.#log.push(map, key, map.get(key))
    }
    map.delete(key)
  }
}

const absent = Symbol('absent')
