import { type RecordEvent, runTopic } from '@wonder/coordinator'
import type { RunRecord } from '@wonder/engine'
import { type Clock, type EventTarget, isTerminal, type LogLine, type RunIndex } from '@wonder/platform'
import { hostGone, watchHost } from './host-client.ts'
import type { HostEvent } from './host-protocol.ts'
import type { Ownership } from './ownership.ts'
import type { RunJournal } from './run-journal.ts'

export type RunWatchParts = {
  /** This host. */
  readonly id: string
  readonly index: RunIndex
  readonly ownership: Ownership
  readonly journal: RunJournal
  readonly events: EventTarget
  readonly clock: Clock
}

export type RunWatchListener = {
  readonly onRecord: (record: RunRecord) => void
  readonly onLog: (line: LogLine & { readonly provisional: true }) => void
  /** The run has not ended, and no process drives it. */
  readonly onOrphan?: () => void
}

/** Milliseconds between looks into the journal of a run that nobody drives. */
const interval = 200

/** Follows one run across the processes that drive it: every record once and in order, log lines as they come. */
export class RunWatch {
  readonly #parts: RunWatchParts
  readonly #run: string
  readonly #listener: RunWatchListener
  #last: number
  #stopped = false
  #stopCurrent: () => void = () => undefined

  constructor(parts: RunWatchParts, run: string, listener: RunWatchListener & { readonly after: number }) {
    this.#parts = parts
    this.#run = run
    this.#last = listener.after
    this.#listener = listener
  }

  /** @throws WonderError `host_not_responding` when the owner exists and does not listen */
  async start(): Promise<void> {
    const { index, ownership, journal, id } = this.#parts
    const entry = await index.get(this.#run)
    const ended = entry === null || isTerminal(entry.status)
    const owner = ended ? null : await ownership.livingOwner(this.#run)
    if (this.#stopped) return
    if (owner?.id === id) {
      return this.#replace(await watchHere(this.#parts, this.#run, this.#last, (event) => this.#take(event)))
    }
    if (owner !== null) {
      const watching = await watchHost(
        owner,
        { op: 'watch', run: this.#run, after: this.#last },
        { onEvent: (event) => this.#take(event), onEnd: () => this.#again() },
      )
      if (watching !== hostGone) return this.#replace(watching)
    }
    for (const record of await journal.records(this.#run, this.#last)) this.#take({ type: 'record', record })
    if (ended) return
    if (owner === null && !this.#stopped) this.#listener.onOrphan?.()
    this.#again()
  }

  stop(): void {
    this.#stopped = true
    this.#stopCurrent()
  }

  #replace(stop: () => void): void {
    if (this.#stopped) stop()
    else this.#stopCurrent = stop
  }

  #again(): void {
    if (this.#stopped) return
    const { clock } = this.#parts
    this.#stopCurrent = clock.at(clock.now() + interval, () => {
      this.start().catch(() => this.#again())
    })
  }

  #take(event: HostEvent): void {
    if (this.#stopped) return
    if (event.type !== 'record') return this.#listener.onLog(event)
    if (event.record.number <= this.#last) return
    this.#last = event.record.number
    this.#listener.onRecord(event.record)
  }
}

/** Follows a run of this process: what the journal has, then what happens. Returns the function that stops it. */
export async function watchHere(
  { events, journal }: Pick<RunWatchParts, 'events' | 'journal'>,
  run: string,
  after: number,
  send: (event: HostEvent) => void,
): Promise<() => void> {
  let last = after
  let live = false
  const early: HostEvent[] = []
  const take = (event: HostEvent): void => {
    if (event.type === 'record') {
      if (event.record.number <= last) return
      last = event.record.number
    }
    send(event)
  }
  const stop = events.subscribe(runTopic(run), (event) => {
    const known = event as unknown as RecordEvent | HostEvent
    if (live) take(known)
    else early.push(known)
  })
  for (const record of await journal.records(run, after)) take({ type: 'record', record })
  live = true
  for (const event of early) take(event)
  return stop
}
