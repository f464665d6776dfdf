import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort, receiveMessageOnPort, SHARE_ENV, Worker } from 'node:worker_threads'
import {
  type Answer,
  cells,
  type Failure,
  type Outcome,
  sharedSize,
  type WorkerMessage,
  type WorkerSetup,
  type Writer,
} from './handshake.ts'
import { PollPlan } from './poll-plan.ts'
import { goodbye } from './serve-writer.ts'
import { toError } from './sqlite-failure.ts'

export type WriterChannelOptions<Request, Options> = {
  /** Module of the worker, and what it is started with. */
  readonly worker: URL
  readonly options: Options
  /** Named in errors. */
  readonly file: string
  /** Executes on this thread until the worker has started, so that opening does not wait for a thread; null to wait. */
  readonly early: Writer<Request> | null
  /** Poll for answers while few requests are open; for journals, where a run waits for each. */
  readonly eager: boolean
}

type Open = { readonly resolve: (answer: Answer) => void; readonly reject: (reason: Error) => void }

/**
 * A message is posted although the turn goes on when it has so many rows and its first has waited so many milliseconds:
 * the thread then works beside a turn that decides slowly. A quick turn is one message, and so one commit.
 */
const rowsPerMessage = 32
const timePerMessage = 0.2
/** Milliseconds of polling in one turn of the event loop, so that a turn is not spent on itself. */
const pollTurn = 0.01
/** Milliseconds that the worker polls for a request before it sleeps. */
const spinTime = 0.25

/**
 * The sending side of a writer thread.
 *
 * C1 Requests are executed in the order of send(); those of one turn travel together.
 * C2 send() settles after the commit of its request; a dead worker rejects all that is open.
 * C3 The event loop is never blocked by the worker; it is kept alive while a request is open.
 */
export class WriterChannel<Request, Options> {
  readonly #file: string
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #shared: Int32Array
  readonly #polls: boolean
  #early: Writer<Request> | null
  #failure: Failure | null = null
  #pending: Request[] = []
  #pendingRows = 0
  #pendingSince = 0
  #scheduled = false
  #open: Open[] = []
  #last: Promise<Answer> = Promise.resolve(null)
  #head = 0
  #settled = 0
  #exceptions = 0
  #special = new Map<number, Outcome>()
  #polling = false
  readonly #plan = new PollPlan()
  readonly #ready = Promise.withResolvers<void>()

  constructor({ worker, options, file, early, eager }: WriterChannelOptions<Request, Options>) {
    const severalCores = availableParallelism() > 1
    const { port1, port2 } = new MessageChannel()
    const shared = new SharedArrayBuffer(sharedSize)
    const setup: WorkerSetup<Options> = { port: port2, shared, spin: eager && severalCores ? spinTime : 0, options }
    this.#file = file
    this.#early = early
    this.#polls = eager && severalCores
    this.#shared = new Int32Array(shared)
    this.#port = port1
    this.#worker = new Worker(worker, { workerData: setup, transferList: [port2], env: SHARE_ENV, execArgv: [] })
    this.#worker.on('error', (error) => this.#fail(`the writer thread failed (${error.message})`))
    this.#worker.on('exit', () => this.#workerEnded())
    this.#worker.unref()
    // Whoever does not ask is told by send().
    this.#ready.promise.catch(() => {})
    port1.on('message', (message: WorkerMessage) => this.#receive(message))
    port1.unref()
  }

  /** Resolves when the worker has opened the file; rejects when it cannot. */
  ready(): Promise<void> {
    this.#port.ref()
    return this.#ready.promise
  }

  /** Executes a request; `rows` says how much it carries. */
  send(request: Request, rows = 1): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(toError(this.#failure))
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.#head === this.#open.length) this.#port.ref()
      this.#open.push({ resolve, reject })
      if (this.#pending.length === 0) this.#pendingSince = performance.now()
      this.#pending.push(request)
      this.#pendingRows += rows
      if (this.#pendingRows >= rowsPerMessage && performance.now() - this.#pendingSince >= timePerMessage) this.#flush()
      else this.#schedule()
    })
    this.#last = answer
    return answer
  }

  /** Waits for what was sent, then ends the thread. */
  async close(): Promise<void> {
    this.#flush()
    await this.#last.catch(() => null)
    if (this.#failure !== null) return
    const ended = once(this.#worker, 'exit')
    this.#worker.ref()
    if (this.#early === null) this.#postMessage(goodbye)
    else {
      this.#early.close()
      this.#early = null
      await this.#worker.terminate()
    }
    await ended
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // After the microtasks of this turn: the answers of one commit make their runs append in one turn.
    process.nextTick(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#pending.length === 0) return
    const group = this.#pending
    if (this.#early !== null) {
      const outcomes = this.#early.execute(group)
      // Locked by another process: the worker will wait for it, this thread must not.
      if (outcomes === 'busy') return
      this.#pending = []
      this.#pendingRows = 0
      for (const outcome of outcomes) this.#settle(outcome)
      this.#afterSettling()
      return
    }
    this.#pending = []
    this.#pendingRows = 0
    this.#postMessage(group)
    const open = this.#openRequests()
    const polls = this.#plan.sent(performance.now(), { open, alone: open === group.length })
    if (polls && this.#polls && !this.#polling) this.#poll()
  }

  #postMessage(message: readonly Request[] | typeof goodbye): void {
    this.#port.postMessage(message)
    Atomics.add(this.#shared, cells.sent, 1)
    Atomics.notify(this.#shared, cells.sent)
  }

  #poll(): void {
    this.#polling = true
    Atomics.store(this.#shared, cells.polling, 1)
    setImmediate(this.#pollOnce)
  }

  readonly #pollOnce = (): void => {
    const begin = performance.now()
    let now = begin
    while (!this.#isAnswered() && now - begin < pollTurn) now = performance.now()
    this.#takeAnswers()
    if (this.#plan.looksAgain(now, { open: this.#openRequests(), taken: this.#isTaken() })) {
      setImmediate(this.#pollOnce)
      return
    }
    this.#polling = false
    Atomics.store(this.#shared, cells.polling, 0)
    this.#takeAnswers()
  }

  #isTaken(): boolean {
    return Atomics.load(this.#shared, cells.taken) === Atomics.load(this.#shared, cells.sent)
  }

  /** Whether an answer came, looked for some hundred times. */
  #isAnswered(): boolean {
    for (let look = 0; look < 100; look++) if (Atomics.load(this.#shared, cells.done) !== this.#settled) return true
    return false
  }

  #receive(message: WorkerMessage): void {
    if (message === 'ready') this.#workerIsReady()
    else if (message === 'wake') this.#takeAnswers()
    else if ('failed' in message) this.#failWith(message.failed)
    else {
      this.#keep(message)
      this.#takeAnswers()
    }
  }

  #workerIsReady(): void {
    this.#early?.close()
    this.#early = null
    this.#ready.resolve()
    if (this.#openRequests() === 0) this.#port.unref()
    this.#flush()
  }

  #keep(message: Extract<WorkerMessage, { readonly outcomes: unknown }>): void {
    this.#exceptions = (this.#exceptions + 1) | 0
    for (const [request, outcome] of message.outcomes) this.#special.set(request, outcome)
  }

  #takeAnswers(): void {
    const done = Atomics.load(this.#shared, cells.done)
    if (done === this.#settled) return
    while (Atomics.load(this.#shared, cells.exceptions) !== this.#exceptions) {
      const received = receiveMessageOnPort(this.#port) as { message: WorkerMessage } | undefined
      if (received === undefined) break
      if (typeof received.message === 'object' && 'outcomes' in received.message) this.#keep(received.message)
    }
    while (this.#settled !== done) {
      const outcome = this.#special.get(this.#settled)
      if (outcome !== undefined) this.#special.delete(this.#settled)
      this.#settled = (this.#settled + 1) | 0
      this.#settle(outcome ?? null)
    }
    Atomics.store(this.#shared, cells.settled, done)
    this.#plan.answered(performance.now())
    this.#afterSettling()
  }

  #settle(outcome: Outcome): void {
    const open = this.#open[this.#head]
    this.#head += 1
    if (outcome === null) open?.resolve(null)
    else if ('value' in outcome) open?.resolve(outcome.value)
    else open?.reject(toError(outcome.failure))
  }

  #afterSettling(): void {
    if (this.#head === this.#open.length) {
      this.#open = []
      this.#head = 0
      this.#port.unref()
    } else if (this.#head > 1_024 && this.#head * 2 > this.#open.length) {
      this.#open = this.#open.slice(this.#head)
      this.#head = 0
    }
  }

  #openRequests(): number {
    return this.#open.length - this.#head
  }

  #workerEnded(): void {
    // Its last messages may still lie in the port: why it could not open the file, outcomes of the last commit.
    for (;;) {
      const received = this.#failure === null ? receiveMessageOnPort(this.#port) : undefined
      if (received === undefined) break
      this.#receive(received.message as WorkerMessage)
    }
    this.#fail('the store is closed')
  }

  #fail(reason: string): void {
    this.#failWith({ code: 'store_unavailable', message: `Cannot use "${this.#file}": ${reason}` })
  }

  #failWith(failure: Failure): void {
    this.#failure ??= failure
    this.#ready.reject(toError(this.#failure))
    this.#takeAnswers()
    for (const { reject } of this.#open.splice(this.#head)) reject(toError(this.#failure))
    this.#open = []
    this.#head = 0
    this.#pending = []
    this.#port.close()
  }
}
