import { receiveMessageOnPort } from 'node:worker_threads'
import { cells, type Outcome, pollRest, type WorkerMessage, type WorkerSetup, type Writer } from './handshake.ts'

/** Requests of one commit: a burst is divided, so that its first answers do not wait for its last. */
const groupLimit = 512

/** Milliseconds between two looks at the clock while polling that tell that others want this core. */
const interruption = 0.1

/** The last message of a channel. */
export const goodbye = 'close'

/**
 * The loop of a worker thread: takes whatever has come, executes it as one group, answers, and sleeps when nothing is left.
 * It never returns to the event loop, because waking a thread by its memory is three times as fast as by an event.
 */
export function serveWriter<Request>(setup: WorkerSetup<unknown>, writer: Writer<Request>): void {
  const { port, spin } = setup
  const shared = new Int32Array(setup.shared)
  const post = (message: WorkerMessage) => port.postMessage(message)
  let waiting: readonly Request[] = []
  let answered = 0
  let closing = false

  const receive = () => {
    while (waiting.length < groupLimit) {
      const received = receiveMessageOnPort(port) as { message: readonly Request[] | typeof goodbye } | undefined
      if (received === undefined) return
      if (received.message === goodbye) closing = true
      else waiting = waiting.length === 0 ? received.message : waiting.concat(received.message)
    }
  }

  const answer = (outcomes: readonly Outcome[]) => {
    const special: [number, Outcome][] = []
    for (const [place, outcome] of outcomes.entries())
      if (outcome !== null) special.push([(answered + place) | 0, outcome])
    answered = (answered + outcomes.length) | 0
    if (special.length > 0) {
      post({ outcomes: special })
      Atomics.add(shared, cells.exceptions, 1)
    }
    Atomics.add(shared, cells.done, outcomes.length)
    // The sender clears `polling` and then looks at `done` once more, so one of the two sees the other.
    if (Atomics.load(shared, cells.polling) === 0) post('wake')
  }

  post('ready')
  const poll = new Polling(shared, spin)
  for (;;) {
    const sent = Atomics.load(shared, cells.sent)
    receive()
    if (waiting.length > 0) {
      poll.received()
      const group = waiting.length <= groupLimit ? waiting : waiting.slice(0, groupLimit)
      const outcomes = writer.execute(group)
      if (outcomes === 'busy') continue
      waiting = waiting.length <= groupLimit ? [] : waiting.slice(groupLimit)
      answer(outcomes)
      poll.answered()
      continue
    }
    if (closing) break
    if (!poll.changes(sent)) Atomics.wait(shared, cells.sent, sent)
  }
  writer.close()
  port.close()
}

/** Polls for the next request before the thread sleeps: where they follow one another, and nobody else wants the core. */
class Polling {
  readonly #shared: Int32Array
  readonly #time: number
  #answered = 0
  #quickly = true
  #restUntil = 0

  constructor(shared: Int32Array, time: number) {
    this.#shared = shared
    this.#time = time
  }

  received(): void {
    this.#quickly = performance.now() - this.#answered < this.#time
  }

  answered(): void {
    this.#answered = performance.now()
  }

  /** Whether `sent` has changed. */
  changes(sent: number): boolean {
    let now = performance.now()
    const end = this.#quickly && now >= this.#restUntil ? this.#answered + this.#time : 0
    while (now < end) {
      for (let round = 0; round < 100; round++) if (Atomics.load(this.#shared, cells.sent) !== sent) return true
      const last = now
      now = performance.now()
      if (now - last > interruption) this.#restUntil = now + pollRest
      if (now < this.#restUntil) break
    }
    return Atomics.load(this.#shared, cells.sent) !== sent
  }
}
