import type { LogLevel, LogStore, StoredLogLine } from '@wonder/platform'

const rank: { readonly [level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3 }

/** Logs in memory. */
export function memoryLogStore(): LogStore {
  const lines: StoredLogLine[] = []
  return {
    write(written) {
      for (const line of written) lines.push({ ...line, position: lines.length + 1 })
    },
    async flush() {
      // Lines are visible as soon as they are written.
    },
    async query({ run, node, level, after = 0, limit = 1_000 }) {
      return lines
        .slice(after)
        .filter((line) => line.run === run && (node === undefined || line.node === node))
        .filter((line) => level === undefined || rank[line.level] >= rank[level])
        .slice(0, limit)
    },
    async close() {
      // Nothing is held.
    },
  }
}
