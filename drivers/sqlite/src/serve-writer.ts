import { receiveMessageOnPort } from 'node:worker_threads'
import { CoreShare } from './core-share.ts'
import { cells, type Outcome, type WorkerMessage, type WorkerSetup, type Writer } from './handshake.ts'

/** Requests of one commit: a burst is divided, so that its first answers do not wait for its last. */
const groupLimit = 512

/** Milliseconds between two looks at the clock while polling that tell that others want this core. */
const lateness = 0.1

/** Milliseconds in which a sender that polls, or was woken, has taken its answers, if it has a core. */
const takingTime = { polling: 0.02, woken: 0.1 }

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
    Atomics.store(shared, cells.taken, sent)
    receive()
    if (waiting.length > 0) {
      const group = waiting.length <= groupLimit ? waiting : waiting.slice(0, groupLimit)
      const outcomes = writer.execute(group)
      if (outcomes === 'busy') continue
      waiting = waiting.length <= groupLimit ? [] : waiting.slice(groupLimit)
      answer(outcomes)
      continue
    }
    if (closing) break
    if (!poll.changes(sent)) Atomics.wait(shared, cells.sent, sent)
  }
  writer.close()
  port.close()
}

/** Polls for the next request before the thread sleeps, where nobody else wants the core. */
class Polling {
  readonly #shared: Int32Array
  readonly #time: number
  readonly #core = new CoreShare(lateness)

  constructor(shared: Int32Array, time: number) {
    this.#shared = shared
    this.#time = time
  }

  /** Whether `sent` has changed. */
  changes(sent: number): boolean {
    const begin = performance.now()
    if (this.#time === 0 || !this.#core.begin(begin)) return this.#hasChanged(sent)
    const taking = Atomics.load(this.#shared, cells.polling) === 1 ? takingTime.polling : takingTime.woken
    for (;;) {
      for (let look = 0; look < 100; look++) {
        if (!this.#hasChanged(sent)) continue
        this.#core.met()
        return true
      }
      const now = performance.now()
      if (!this.#core.look(now) || now - begin >= this.#time) return false
      if (now - begin < taking || this.#answersAreTaken()) continue
      this.#core.missed(now)
      return false
    }
  }

  #hasChanged(sent: number): boolean {
    return Atomics.load(this.#shared, cells.sent) !== sent
  }

  #answersAreTaken(): boolean {
    return Atomics.load(this.#shared, cells.settled) === Atomics.load(this.#shared, cells.done)
  }
}
