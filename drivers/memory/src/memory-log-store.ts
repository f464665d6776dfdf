import type { LogLevel, LogStore, StoredLogLine } from '@wonder/platform'

const rank: { readonly [level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3 }

/** Logs in memory. */
export function memoryLogStore(): LogStore {
  let lines: StoredLogLine[] = []
  let written = 0
  return {
    write(more) {
      for (const line of more) {
        written += 1
        lines.push({ ...line, position: written })
      }
    },
    async flush() {
      // Lines are visible as soon as they are written.
    },
    async query({ run, node, level, after = 0, limit = 1_000 }) {
      return lines
        .filter(({ position }) => position > after)
        .filter((line) => line.run === run && (node === undefined || line.node === node))
        .filter((line) => level === undefined || rank[line.level] >= rank[level])
        .slice(0, limit)
    },
    async remove(runs) {
      lines = lines.filter(({ run }) => !runs.includes(run))
    },
    async close() {
      // Nothing is held.
    },
  }
}
