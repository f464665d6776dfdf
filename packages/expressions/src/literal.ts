import { failed, type Site } from './failure.ts'
import { describe } from './kind.ts'
import { unwrap } from './optional.ts'
import type { Compute } from './run.ts'

/** The JSON value of a literal, or undefined when it has none. */
export function literalOf(value: unknown): string | number | boolean | null | Uint8Array | undefined {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : undefined
  }
  if (value instanceof Uint8Array) return value
  const json = value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return json ? value : undefined
}

/** `[a, b]`. */
export function compileList(items: readonly Compute[], site: Site): Compute {
  return (run) => {
    run.build(items.length, site)
    return items.map((item) => unwrap(item(run)))
  }
}

/** `{"a": b}`. Keys are texts; of two equal keys neither is meant, so that is an error. */
export function compileMap(entries: readonly (readonly [key: Compute, value: Compute])[], site: Site): Compute {
  return (run) => {
    run.build(entries.length, site)
    const built: [string, unknown][] = []
    for (const [key, value] of entries) {
      const name = key(run)
      if (typeof name !== 'string') throw failed(site, () => `a key of a map must be a text, not ${describe(name)}`)
      if (built.some(([other]) => other === name)) throw failed(site, () => `the map has the key "${name}" twice`)
      built.push([name, unwrap(value(run))])
    }
    // fromEntries defines own members, also for the key __proto__.
    return Object.fromEntries(built)
  }
}
