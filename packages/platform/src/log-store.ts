export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LogLine = {
  readonly run: string
  /** Ref of the node that was running; null for the run itself. */
  readonly node: string | null
  readonly token: string | null
  readonly attempt: number
  /** Epoch ms. */
  readonly time: number
  readonly level: LogLevel
  /** Where it came from. */
  readonly stream: 'stdout' | 'stderr' | 'log'
  readonly text: string
}

export type StoredLogLine = LogLine & {
  /** Rises by the order of writing: the cursor of `after`. */
  readonly position: number
}

export type LogFilter = {
  readonly run: string
  readonly node?: string
  /** This level and those above it. */
  readonly level?: LogLevel
  readonly after?: number
  /** Default 1,000. */
  readonly limit?: number
}

/**
 * What tasks print. Logs are not part of a run's truth.
 *
 * G1 write() never waits for a disk and never fails a task; lines of the last moment may be lost in a crash.
 * G2 query() gives the lines of a run in the order of writing; flush() makes all written lines visible to it.
 * G3 remove() takes the lines of runs away, for good; those of other runs stay.
 */
export interface LogStore {
  write(lines: readonly LogLine[]): void
  flush(): Promise<void>
  query(filter: LogFilter): Promise<readonly StoredLogLine[]>
  remove(runs: readonly string[]): Promise<void>
  close(): Promise<void>
}
