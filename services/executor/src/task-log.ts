import type { EventTarget, LogLevel, LogLine, LogStore } from '@wonder/platform'
import type { Redactor } from './redactor.ts'

type Stream = LogLine['stream']
type Entry = { readonly level: LogLevel; readonly stream: Stream; readonly text: string; readonly time: number }

/** UTF-16 units of one line that are kept. */
const MAX_LINE = 16_384
/** UTF-16 units of all lines of an attempt that are kept; each line counts for some more than its text. */
const MAX_TOTAL = 10_000_000
const LINE_COST = 100
/** Lines that are held back until it is known whether they are pieces of a secret. */
const MAX_HELD = 1_000

export type TaskLogParts = {
  readonly run: string
  readonly node: string
  readonly token: string
  readonly attempt: number
  readonly logs: LogStore
  readonly events: EventTarget
  readonly redactor: Redactor
  readonly now: () => number
}

/** What one attempt prints: clean of secrets, bounded, to the store and, while somebody watches, to the live events. */
export class TaskLog {
  readonly #parts: TaskLogParts
  readonly #held = new Map<Stream, Entry[]>()
  #written = 0

  constructor(parts: TaskLogParts) {
    this.#parts = parts
  }

  write(level: LogLevel, stream: Stream, text: string): void {
    if (this.#written > MAX_TOTAL) return
    const { redactor, now } = this.#parts
    const entry = { level, stream, text, time: now() }
    if (redactor.idle) return this.#emit(entry)
    const held = this.#held.get(stream) ?? []
    held.push(entry)
    // A secret may be printed in pieces, one a line: a line that could begin one waits for the next.
    if (held.length < MAX_HELD && redactor.beginsAtEnd(joined(held))) this.#held.set(stream, held)
    else this.#release(stream, held)
  }

  /** Writes what is held back; to be called when a step has ended. */
  flush(): void {
    for (const [stream, held] of this.#held) this.#release(stream, held)
  }

  #release(stream: Stream, held: readonly Entry[]): void {
    this.#held.delete(stream)
    const text = joined(held)
    const clean = this.#parts.redactor.text(text)
    if (clean === text) for (const entry of held) this.#emit(entry)
    else for (const line of clean.split('\n')) this.#emit({ ...(held[0] as Entry), text: line })
  }

  #emit(entry: Entry): void {
    if (this.#written > MAX_TOTAL) return
    const text = entry.text.length > MAX_LINE ? `${entry.text.slice(0, MAX_LINE)}…` : entry.text
    this.#written += text.length + LINE_COST
    if (this.#written > MAX_TOTAL) {
      this.#send({
        ...entry,
        level: 'warn',
        stream: 'log',
        text: 'This attempt printed too much: what follows is not kept',
      })
    } else this.#send(text === entry.text ? entry : { ...entry, text })
  }

  #send({ level, stream, text, time }: Entry): void {
    const { run, node, token, attempt, logs, events } = this.#parts
    logs.write([{ run, node, token, attempt, time, level, stream, text }])
    const topic = `run:${run}`
    if (!events.hasListeners(topic)) return
    events.publish(topic, { type: 'log', provisional: true, node, token, attempt, level, stream, text, time })
  }
}

function joined(entries: readonly Entry[]): string {
  return entries.map((entry) => entry.text).join('\n')
}
