import type { RunItem, RunView } from '@wonder/engine'
import type { LogLine } from '@wonder/platform'
import type { Output } from './output.ts'
import { formatDuration } from './quantity.ts'
import type { RunDisplay } from './run-display.ts'
import { itemSegments, paintLine } from './tree-lines.ts'

const telling: ReadonlySet<string> = new Set([
  'completed',
  'failed',
  'retrying',
  'interrupted',
  'asked',
  'blocked',
  'listening',
  'cancelled',
])

/** Where there is no terminal: a line for each task that ends, and for what takes longer than a second, then every ten. */
export class ProgressLines implements RunDisplay {
  readonly #view: () => RunView
  readonly #output: Output
  readonly #timer: NodeJS.Timeout
  readonly #told = new Map<string, number>()

  constructor(view: () => RunView, output: Output) {
    this.#view = view
    this.#output = output
    this.#timer = setInterval(() => this.#tellSlow(Date.now()), 1000)
  }

  changed(item: RunItem): void {
    if (telling.has(item.status)) this.#tell(item, Date.now())
  }

  log(_line: LogLine): void {}

  notice(text: string): void {
    this.#output.note(text)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
  }

  #tellSlow(now: number): void {
    const visit = (item: RunItem) => {
      const slow = item.status === 'running' && item.started !== null && item.counts === undefined
      // Of a group its tasks speak; a fan-out has progress of its own.
      const speaks = item.children.length === 0 || item.fan !== undefined
      if (slow && speaks && now - (item.started ?? now) >= 1000 && now - (this.#told.get(item.id) ?? 0) >= 10_000) {
        this.#tell(item, now)
      }
      item.children.forEach(visit)
    }
    this.#view().items.forEach(visit)
  }

  #tell(item: RunItem, now: number): void {
    this.#told.set(item.id, now)
    const started = this.#view().started
    const at = started === null ? '' : formatDuration(now - started)
    const paint = this.#output.paintNote
    this.#output.note(`${paint('dim', at.padStart(8))}  ${paintLine(itemSegments(item, { now }), paint)}`)
  }
}
