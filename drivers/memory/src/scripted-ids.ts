import type { Ids } from '@wonder/platform'

/** The names that are given, then ULIDs that count up: `00000000000000000000000001` … */
export function scriptedIds(names: readonly string[] = []): Ids {
  let made = 0
  return {
    runId() {
      const name = names[made]
      made += 1
      return name ?? String(made).padStart(26, '0')
    },
  }
}
