export type ProcessRequest = {
  /** Program and arguments; never through a shell. A text command arrives as bash with its script. */
  readonly command: readonly [string, ...string[]]
  /** Absolute; must lie within `root`. */
  readonly cwd: string
  /** The project's folder: where isolation is available, the only place outside temporary folders that can be written. */
  readonly root: string
  /** The whole environment; PATH, HOME and LANG of the host are added when absent. */
  readonly env: { readonly [name: string]: string }
  readonly stdin?: string
  /** Bytes kept of each of stdout and stderr; the rest is read and dropped, and `truncated` set. */
  readonly maxOutput: number
  readonly signal: AbortSignal
  /** Lines as they come, without line breaks. */
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void
}

export type ProcessResult = {
  /** Null when it was ended by a signal. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly truncated: boolean
}

/**
 * Programs of the machine.
 *
 * G1 When run() settles, no process of the command's group is left, however it ended: exit, abort, crash.
 * G2 Abort asks the group to end (SIGTERM) and, after 2 s, makes it end (SIGKILL); run() rejects with the signal's reason.
 * G3 A program that cannot be started is `shell_not_started`, naming program and reason.
 * G4 endAbandoned() ends the groups that a host which is gone left behind.
 * G5 What isolation is in force is told by `isolation`.
 */
export interface Sandbox {
  readonly isolation: 'none' | 'bubblewrap'
  run(request: ProcessRequest): Promise<ProcessResult>
  endAbandoned(host: string): Promise<number>
}
