import type { Output } from './output.ts'

/** What every command is given. */
export type CommandContext = {
  readonly output: Output
  /** `--project`: the project's folder as it was typed. */
  readonly project?: string
}

/** Ends a command with an exit code other than 0. */
export type SetExitCode = (code: number) => void
