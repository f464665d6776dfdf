import type { RunItem, RunView } from '@wonder/engine'
import type { LogLine } from '@wonder/platform'
import type { Output } from './output.ts'

/** How a run is shown while it goes. */
export interface RunDisplay {
  /** An item outside of every `each` has a new status. */
  changed(item: RunItem): void
  log(line: LogLine): void
  /** Something to tell beside the tasks. */
  notice(text: string): void
  /** Shows the last state and lets go of the terminal. */
  close(): Promise<void>
}

/** A live tree at a terminal, lines elsewhere, nothing with --quiet or --json. */
export async function openRunDisplay(view: () => RunView, output: Output): Promise<RunDisplay> {
  if (output.json || output.quiet) return silent(output)
  if (output.stderr.isTTY) {
    const { LiveTree } = await import('./live-tree.ts')
    return new LiveTree(view, output)
  }
  const { ProgressLines } = await import('./progress-lines.ts')
  return new ProgressLines(view, output)
}

function silent(output: Output): RunDisplay {
  return {
    changed: () => {},
    log: () => {},
    notice: (text) => output.note(text),
    close: async () => {},
  }
}
