import type { RunItem, RunView } from '@wonder/engine'
import type { LogLine } from '@wonder/platform'
import type { Output } from './output.ts'
import type { RunDisplay } from './run-display.ts'
import { firstLine, fitHeight, paintLine, treeLines } from './tree-lines.ts'

/** Milliseconds. */
const frameInterval = 100
/** Of the last state, which stays on the screen. */
const mostLines = 500
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

type Screen = {
  readonly update: ((text: string) => void) & { clear(): void; done(): void }
  readonly measure: (text: string) => number
}

/** The tree of tasks, drawn again at most ten times a second within the terminal's height and width. */
export class LiveTree implements RunDisplay {
  readonly #view: () => RunView
  readonly #output: Output
  readonly #lastLog = new Map<string, string>()
  readonly #timer: NodeJS.Timeout
  #screen: Screen | undefined
  #frame = 0
  #notice: string | undefined
  #closed = false

  constructor(view: () => RunView, output: Output) {
    this.#view = view
    this.#output = output
    // A run that is done within the first frame shows its last state only.
    this.#timer = setInterval(() => void this.#draw(), frameInterval)
  }

  changed(): void {}

  log(line: LogLine): void {
    const item = line.node === null ? undefined : this.#view().itemOf(line.node)
    const text = firstLine(line.text)
    if (item !== undefined && text !== '') this.#lastLog.set(item.id, text)
  }

  notice(text: string): void {
    this.#notice = text
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    // What was never drawn needs no library to be drawn for the last time.
    const screen = this.#screen
    screen?.update.clear()
    const fit = screen === undefined ? undefined : { width: this.#output.stderr.columns || 80, measure: screen.measure }
    const lines = treeLines(this.#view().items, { now: Date.now() })
    for (const { segments } of lines.slice(0, mostLines)) {
      this.#output.stderr.write(`${paintLine(segments, this.#output.paintNote, fit)}\n`)
    }
    if (lines.length > mostLines) this.#output.stderr.write(`… and ${lines.length - mostLines} more tasks\n`)
    screen?.update.done()
  }

  async #draw(): Promise<void> {
    const { update, measure } = await this.#open()
    if (this.#closed) return
    const { columns, rows } = this.#output.stderr
    const glyph = spinner[this.#frame++ % spinner.length] ?? ''
    const lastLog = (item: RunItem) => (item.children.length === 0 ? this.#lastLog.get(item.id) : undefined)
    const lines = treeLines(this.#view().items, { now: Date.now(), spinner: glyph, lastLog })
    const room = Math.max(3, (rows || 24) - (this.#notice === undefined ? 1 : 2))
    const paint = this.#output.paintNote
    const text = fitHeight(lines, room).map(({ segments }) =>
      paintLine(segments, paint, { width: columns || 80, measure }),
    )
    if (this.#notice !== undefined) text.push(paint('yellow', this.#notice))
    update(text.join('\n'))
  }

  async #open(): Promise<Screen> {
    if (this.#screen === undefined) {
      const [{ createLogUpdate }, { default: measure }] = await Promise.all([
        import('log-update'),
        import('string-width'),
      ])
      this.#screen ??= { update: createLogUpdate(this.#output.stderr), measure: (text) => measure(text) }
    }
    return this.#screen
  }
}
