import { CacheService } from '@wonder/cache'
import {
  memoryBlobs,
  memoryDisk,
  memoryEventTarget,
  memoryQueue,
  openMemoryStore,
  SimulatedClock,
  scriptedIds,
  scriptedRandom,
} from '@wonder/driver-memory'
import { type Definition, decodeRecord, type RunEvent } from '@wonder/engine'
import { InvariantError } from '@wonder/errors'
import { LimitsService } from '@wonder/limits'
import type {
  Blobs,
  Grant,
  Ids,
  Json,
  Limits,
  Report,
  ReportResult,
  RunIndexEntry,
  TaskMessage,
} from '@wonder/platform'
import { Coordinator, type RecordEvent, runTopic } from '../src/index.ts'
import { FaultyStore } from './faulty-store.ts'

type Result = Report['result']

/** Everything that is due now has happened: nothing here waits for more than promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** What outlives processes: time, the disk, the blobs. */
export class World {
  readonly clock = new SimulatedClock()
  readonly disk = memoryDisk()
  readonly blobs: Blobs = memoryBlobs()
  readonly ids: Ids = scriptedIds()
  /** What tasks see of `env`. */
  env: { readonly [name: string]: string } = {}

  readonly #processes = new Map<string, Process>()

  /** A process over this disk, after the death of the one before; `host` names one that lives beside it. */
  open(host = 'host'): Process {
    this.#processes.get(host)?.kill()
    const process = new Process(this, host)
    this.#processes.set(host, process)
    return process
  }

  entity(run: string) {
    const entity = this.disk.entities.get(run)
    if (entity === undefined) throw new InvariantError('test', `there is no run "${run}"`)
    return entity
  }

  /** Every run that has a record. */
  runs(): readonly string[] {
    return [...this.disk.entities].flatMap(([id, { records }]) => (records.length === 0 ? [] : [id]))
  }

  events(run: string): readonly RunEvent[] {
    return this.entity(run).records.flatMap(({ number, body }) => decodeRecord(run, number, body).events)
  }

  /** How the run ended; null while it has not. */
  end(run: string): Extract<RunEvent, { type: 'run_ended' }> | null {
    return this.events(run).find((event) => event.type === 'run_ended') ?? null
  }

  row(run: string): RunIndexEntry | null {
    return this.entity(run).index
  }

  /** The disk has only the first `records` of the run, as after a crash at that moment; its wake comes early. */
  cut(run: string, records: number): void {
    const entity = this.entity(run)
    entity.records.length = records
    entity.owner = null
    entity.wake = this.clock.now()
    entity.snapshot = null
  }
}

/** One process: a coordinator with its queue, and executors that do what the test says. */
export class Process {
  readonly store: FaultyStore
  readonly coordinator: Coordinator
  readonly limits: Limits
  /** Delivered and not taken yet. */
  readonly messages: TaskMessage[] = []
  /** Everything that was ever delivered. */
  readonly delivered: TaskMessage[] = []
  readonly aborted: TaskMessage[] = []
  readonly #events = memoryEventTarget()

  constructor(world: World, host: string) {
    this.store = new FaultyStore(openMemoryStore({ clock: world.clock, disk: world.disk, host }).runs)
    const queue = memoryQueue()
    this.limits = new LimitsService({ runs: this.store, clock: world.clock })
    this.coordinator = new Coordinator({
      runs: this.store,
      blobs: world.blobs,
      queue,
      events: this.#events,
      clock: world.clock,
      ids: world.ids,
      random: scriptedRandom(),
      limits: this.limits,
      tasksEnv: async () => world.env,
      cache: new CacheService({ blobs: world.blobs, clock: world.clock }),
    })
    this.limits.onNotice((notice) => this.coordinator.notify(notice))
    queue.consume({
      concurrency: 1_000_000,
      handler: (message, acknowledge) => {
        acknowledge()
        this.messages.push(message)
        this.delivered.push(message)
      },
    })
    this.coordinator.results.onAbort((message) => this.aborted.push(message))
  }

  /** Nothing that it does from now on reaches the disk. */
  kill(): void {
    this.coordinator.close()
    void this.store.close()
  }

  start(definition: Definition, input: Json = {}): Promise<string> {
    return this.coordinator.start({ definition, input })
  }

  /** Records of the run as they are shown. */
  watch(run: string): readonly RecordEvent[] {
    const shown: RecordEvent[] = []
    this.#events.subscribe(runTopic(run), (event) => shown.push(event as RecordEvent))
    return shown
  }

  /** The oldest message that was delivered and not taken. */
  async take(): Promise<TaskMessage> {
    await settled()
    const message = this.messages.shift()
    if (message === undefined) throw new InvariantError('test', 'no task was dispatched')
    return message
  }

  async claim(message: TaskMessage, executor = 'x'): Promise<Grant> {
    const claim = await this.coordinator.results.claim(message, executor)
    if (claim.status !== 'granted') throw new InvariantError('test', `claim: ${claim.status}`)
    return claim
  }

  report(message: TaskMessage, result: Result, executor = 'x'): Promise<ReportResult> {
    return this.coordinator.results.report({ ...message, executor, result })
  }

  complete(message: TaskMessage, output: Json): Promise<ReportResult> {
    return this.report(message, completed(output))
  }

  /** Claims and completes tasks, oldest first, until none comes any more. */
  async work(perform: (grant: Grant, message: TaskMessage) => Result = echo): Promise<void> {
    for (;;) {
      await settled()
      const message = this.messages.shift()
      if (message === undefined) return
      const claim = await this.coordinator.results.claim(message, 'x')
      if (claim.status === 'granted') await this.report(message, perform(claim, message))
    }
  }
}

export function completed(output: Json): Result {
  return { status: 'completed', output, artifacts: [] }
}

export function failed(retry: 'never' | 'safe' = 'safe'): Result {
  return { status: 'failed', error: { code: 'shell_failed', message: 'exit code 1', retry } }
}

/** A task's output is where it ran. */
export function echo({ input }: Grant): Result {
  return completed({ did: (input as { readonly at: Json }).at })
}
