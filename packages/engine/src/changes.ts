/**
 * Every change of a run's state goes through here, so that a decision that cannot be finished
 * (a value must be loaded first, an expression broke an invariant) leaves the state as it was.
 * Folding a journal needs no way back: then nothing is recorded.
 */
export class Changes {
  /** Target, key and old value of each change, three entries a change. */
  #log: unknown[] | null = null

  /** From here on changes can be taken back. */
  begin(): void {
    this.#log = []
  }

  /** What changed since `begin` stays. */
  commit(): void {
    this.#log = null
  }

  /** The state is as it was at `begin`, the order of its maps included. */
  rollback(): void {
    const log = this.#log
    this.#log = null
    if (log === null) return
    const refilled = new Set<Map<unknown, unknown>>()
    for (let i = log.length - 3; i >= 0; i -= 3) {
      const target = log[i] as object
      const key = log[i + 1]
      const old = log[i + 2]
      if (target instanceof Map) {
        if (old === absent) target.delete(key)
        else if (target.has(key)) target.set(key, old)
        else refilled.add(target.set(key, old))
      } else Reflect.set(target, key as PropertyKey, old)
    }
    for (const map of refilled) restoreOrder(map)
  }

  /** Sets a field that is always there. What comes and goes is kept in maps. */
  set<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
    if (this.#log !== null) this.#log.push(target, key, target[key])
    target[key] = value
  }

  /** No value of a map is undefined: one look tells both whether there is one and which. */
  put<K, V extends NonNullable<unknown> | null>(map: Map<K, V>, key: K, value: V): void {
    if (this.#log !== null) {
      const old = map.get(key)
      this.#log.push(map, key, old === undefined ? absent : old)
    }
    map.set(key, value)
  }

  /** Puts what the map does not have. */
  add<K, V extends NonNullable<unknown> | null>(map: Map<K, V>, key: K, value: V): void {
    if (this.#log !== null) this.#log.push(map, key, absent)
    map.set(key, value)
  }

  remove<K, V extends NonNullable<unknown> | null>(map: Map<K, V>, key: K): void {
    if (this.#log !== null) {
      const old = map.get(key)
      if (old === undefined) return
      this.#log.push(map, key, old)
    }
    map.delete(key)
  }
}

/** For what nobody takes back: what is made anew, or goes with the record that has made it. */
export const unnoted = new Changes()

const absent = Symbol('absent')

/**
 * What was removed and put back stands at the end of its map, and decisions go by that order. Entries are removed only
 * from maps whose keys rise in the order of their making: names of events, and numbers of branches.
 */
function restoreOrder(map: Map<unknown, unknown>): void {
  const entries = [...map].sort(([a], [b]) => compareKeys(a, b))
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [recordA = 0, indexA = 0] = String(a).split('.').map(Number)
  const [recordB = 0, indexB = 0] = String(b).split('.').map(Number)
  return recordA - recordB || indexA - indexB
}
