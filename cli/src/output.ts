import { type Paint, paintFor } from './paint.ts'

export type OutputOptions = {
  /** One JSON object at the end instead of text. */
  readonly json: boolean
  /** No notes and no progress. */
  readonly quiet: boolean
  readonly stdout?: NodeJS.WriteStream
  readonly stderr?: NodeJS.WriteStream
}

/** Where a command speaks: results on stdout, notes and progress on stderr, JSON instead of both when asked for. */
export class Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Colours for stdout. */
  readonly paint: Paint
  /** Colours for stderr. */
  readonly paintNote: Paint

  constructor(options: OutputOptions) {
    this.json = options.json
    this.quiet = options.quiet
    this.stdout = options.stdout ?? process.stdout
    this.stderr = options.stderr ?? process.stderr
    this.paint = paintFor(this.stdout)
    this.paintNote = paintFor(this.stderr)
  }

  /** May questions be asked? */
  get interactive(): boolean {
    return !this.json && !this.quiet && process.stdin.isTTY === true && this.stderr.isTTY === true
  }

  /** A line of the result, for people. */
  line(text = ''): void {
    if (!this.json) this.stdout.write(`${text}\n`)
  }

  /** A line beside the result: progress, hints. */
  note(text = ''): void {
    if (!this.json && !this.quiet) this.stderr.write(`${text}\n`)
  }

  /** The result, for programs. `watch` and `events` call it once a line. */
  object(value: unknown): void {
    if (this.json) this.stdout.write(`${JSON.stringify(value)}\n`)
  }
}
