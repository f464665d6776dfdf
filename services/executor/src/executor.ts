import type { Definition } from '@wonder/engine'
import { toErrorBody, WonderError } from '@wonder/errors'
import {
  type Blobs,
  type Claim,
  type Clock,
  type EventTarget,
  type Grant,
  type LogStore,
  leaseLength,
  type Net,
  type ProjectFiles,
  type Queue,
  type Report,
  type ReportResult,
  type Results,
  type Sandbox,
  type Secrets,
  type TaskMessage,
  type ToolRuntime,
} from '@wonder/platform'
import type { ActionPorts } from './action.ts'
import { Attempt } from './attempt.ts'
import { CompiledDefinition } from './compiled-definition.ts'
import { pause } from './pause.ts'
import { RecentCache } from './recent-cache.ts'
import { type TaskResult, TaskRun, type TaskRunParts } from './task-run.ts'
import { TemplateCache } from './template-cache.ts'

/** All that an executor needs; it keeps no state of its own. */
export type ExecutorParts = {
  /** Name of this executor, unique among those that live. */
  readonly id: string
  readonly queue: Queue
  readonly results: Results
  /** A definition by its digest. Asked once while it is in use. */
  definition(digest: string): Promise<Definition>
  readonly tools: ToolRuntime
  /** The code of a tool's bundle by its digest. Asked once while it is in use. */
  toolCode(bundleDigest: string): Promise<string>
  readonly sandbox: Sandbox
  readonly net: Net
  readonly files: ProjectFiles
  readonly blobs: Blobs
  readonly secrets: Secrets
  /** Plain values of the project. */
  env(): Readonly<Record<string, string>>
  readonly logs: LogStore
  readonly events: EventTarget
  readonly clock: Clock
  /** Most tasks at a time; default 64. */
  readonly concurrency?: number
}

export type Executor = {
  /** Takes tasks from the queue from now on. */
  start(): void
  /** Takes no more, aborts what runs and reports nothing of it; resolves when all has ended. */
  stop(): Promise<void>
}

/** Most definitions and bundles that are kept. */
const KEPT = 200
/** With those whose results are not on disk yet there are so many times as many tasks at most. */
const UNREPORTED = 4
/** Milliseconds before a claim or a report that failed is tried again; doubled each time. */
/** Leases are kept up so often, ms: two signs of life may get lost. */
const BETWEEN_HEARTBEATS = leaseLength / 3
const FIRST_DELAY = 100
const MAX_DELAY = 10_000

/**
 * Runs tasks: claims each message of the queue, runs the steps of its task and reports what came of it.
 *
 * @example
 * const executor = createExecutor({ id: 'local', queue, results, definition, clock, …ports })
 * executor.start()
 * await executor.stop()
 */
export function createExecutor(parts: ExecutorParts): Executor {
  return new QueueExecutor(parts)
}

type Delivery = { readonly message: TaskMessage; readonly acknowledge: () => void }

class QueueExecutor implements Executor {
  readonly #parts: ExecutorParts
  readonly #concurrency: number
  readonly #ports: ActionPorts
  readonly #definitions = new RecentCache<CompiledDefinition>(KEPT)
  /** By dispatch, until what came of it is known to be on disk. */
  readonly #running = new Map<string, Attempt>()
  /** Those of them that are claimed or work; the others are being reported, and hold up nobody. */
  readonly #busy = new Set<Attempt>()
  /** Delivered, not claimed: at most as many as the queue delivers unacknowledged. */
  readonly #waiting: Delivery[] = []
  #stops: (() => unknown)[] = []
  #stopping = new AbortController()
  #idle: (() => void) | null = null
  #stopHeartbeat: (() => void) | null = null

  constructor(parts: ExecutorParts) {
    this.#parts = parts
    this.#concurrency = parts.concurrency ?? 64
    const code = new RecentCache<Promise<string>>(KEPT)
    const { tools, sandbox, net, files, blobs, clock } = parts
    this.#ports = {
      tools,
      sandbox,
      net,
      files,
      blobs,
      clock,
      env: () => parts.env(),
      templates: new TemplateCache(),
      toolCode: (digest) => {
        const known = code.get(digest)
        if (known !== undefined) return known
        const loading = parts.toolCode(digest)
        code.set(digest, loading)
        loading.catch(() => code.delete(digest))
        return loading
      },
    }
  }

  start(): void {
    const { queue, results } = this.#parts
    this.#stopping = new AbortController()
    this.#stops = [
      results.onAbort((message) => this.#running.get(dispatchKey(message))?.abandon()),
      queue.consume({
        concurrency: this.#concurrency,
        handler: (message, acknowledge) => {
          this.#waiting.push({ message, acknowledge })
          this.#beginWaiting()
        },
      }),
    ]
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#stopHeartbeat?.()
    this.#stopHeartbeat = null
    this.#waiting.length = 0
    for (const [key, attempt] of this.#running) {
      attempt.abandon()
      // Only work is waited for: an answer to a claim or a report may never come.
      if (!attempt.working) this.#end(key, attempt)
    }
    const stops = this.#stops
    this.#stops = []
    await Promise.all(stops.map((stop) => stop()))
    if (this.#running.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    await promise
  }

  /** Tells that what is claimed is being worked on; what was given to another one ends. */
  #heartbeat(): void {
    const { results, id, clock } = this.#parts
    this.#stopHeartbeat = null
    const held = [...this.#running.values()].filter(({ claimed }) => claimed)
    if (this.#stopping.signal.aborted || this.#running.size === 0) return
    this.#stopHeartbeat = clock.at(clock.now() + BETWEEN_HEARTBEATS, () => this.#heartbeat())
    if (held.length === 0) return
    results
      .heartbeat(
        held.map(({ message }) => message),
        id,
      )
      .then((lost) => {
        for (const message of lost) this.#running.get(dispatchKey(message))?.abandon()
      })
      .catch(() => undefined) // The next one may come through.
  }

  #beginWaiting(): void {
    while (this.#busy.size < this.#concurrency && this.#running.size < UNREPORTED * this.#concurrency) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#begin(next)
    }
  }

  #begin({ message, acknowledge }: Delivery): void {
    const { results, id, clock } = this.#parts
    const key = dispatchKey(message)
    // Delivered twice: the first delivery is being worked on.
    if (this.#running.has(key)) return acknowledge()
    const attempt = new Attempt(message, clock)
    this.#running.set(key, attempt)
    this.#busy.add(attempt)
    this.#stopHeartbeat ??= clock.at(clock.now() + BETWEEN_HEARTBEATS, () => this.#heartbeat())
    const claimed = (claim: Claim): void => {
      if (this.#running.get(key) !== attempt) return
      acknowledge()
      if (claim.status === 'granted' && !attempt.abandoned) this.#work(key, attempt, claim)
      else this.#end(key, attempt)
    }
    const refused = (): void => {
      // What stop() cuts off stays unacknowledged: another executor gets it.
      if (!this.#stopping.signal.aborted && this.#running.get(key) === attempt) acknowledge()
      this.#end(key, attempt)
    }
    // A claim that failed is asked again: unacknowledged, the message stays ours.
    results.claim(message, id).then(claimed, (thrown) => {
      if (isRefusal(thrown)) refused()
      else this.#again(attempt, () => results.claim(message, id), 1).then(claimed, refused)
    })
  }

  #work(key: string, attempt: Attempt, grant: Grant): void {
    attempt.working = true
    attempt.claimed = true
    const claimed = this.#parts.clock.now()
    const known = this.#definitions.get(grant.definition)
    const result =
      known === undefined ? this.#load(grant, attempt, claimed) : this.#run(known, { grant, attempt, claimed })
    const finish = (settled: TaskResult | null): void => {
      attempt.working = false
      if (settled === null || attempt.abandoned) return this.#end(key, attempt)
      this.#deliver(attempt, settled).then(() => this.#end(key, attempt))
      // The next works while this one is written: results that come during a commit share the following one.
      this.#busy.delete(attempt)
      this.#beginWaiting()
    }
    if (result instanceof Promise)
      result.then(finish, (thrown) => finish({ status: 'failed', error: toErrorBody(thrown) }))
    else finish(result)
  }

  async #load(grant: Grant, attempt: Attempt, claimed: number): Promise<TaskResult | null> {
    const definition = new CompiledDefinition(await this.#parts.definition(grant.definition))
    this.#definitions.set(grant.definition, definition)
    return this.#run(definition, { grant, attempt, claimed })
  }

  #run(
    compiled: CompiledDefinition,
    { grant, attempt, claimed }: { readonly grant: Grant; readonly attempt: Attempt; readonly claimed: number },
  ): TaskResult | null | Promise<TaskResult | null> {
    try {
      const { secrets, logs, events } = this.#parts
      const { definition } = compiled
      const task = compiled.taskAt(grant.node)
      attempt.begin(claimed, task.def.timeout)
      const reportStep: TaskRunParts['reportStep'] = (step, output, used) =>
        this.#report(attempt, { status: 'step', step, output, ...used })
      return new TaskRun({
        ports: this.#ports,
        secrets,
        logs,
        events,
        definition,
        task,
        grant,
        attempt,
        reportStep,
      }).run()
    } catch (thrown) {
      return { status: 'failed', error: toErrorBody(thrown) }
    }
  }

  /** Reports the end of the attempt. A result that the run refuses is a failure of the task; never rejects. */
  #deliver(attempt: Attempt, result: TaskResult): Promise<unknown> {
    return this.#report(attempt, result)
      .catch((thrown) => {
        if (attempt.abandoned || result.status === 'failed') return
        return this.#report(attempt, { status: 'failed', error: toErrorBody(thrown) })
      })
      .catch(() => {
        // Refused as well, or nobody waits: there is no one left to tell.
      })
  }

  /** A result is worth more than its delivery: it is told until it is heard, refused, or nobody waits for it. */
  #report(attempt: Attempt, result: TaskResult): Promise<ReportResult> {
    const { results, id } = this.#parts
    const report: Report = { ...attempt.message, executor: id, result }
    return results.report(report).catch((thrown) => {
      if (isRefusal(thrown)) throw thrown
      return this.#again(attempt, () => results.report(report), 1)
    })
  }

  async #again<Answer>(attempt: Attempt, ask: () => Promise<Answer>, tries: number): Promise<Answer> {
    const delay = Math.min(FIRST_DELAY * 2 ** (tries - 1), MAX_DELAY)
    await pause(this.#parts.clock, delay, this.#stopping.signal)
    if (attempt.abandoned) throw new DOMException('Nobody waits for this task', 'AbortError')
    return ask().catch((thrown) => {
      if (isRefusal(thrown)) throw thrown
      return this.#again(attempt, ask, tries + 1)
    })
  }

  #end(key: string, attempt: Attempt): void {
    if (this.#running.get(key) !== attempt) return
    attempt.end()
    this.#running.delete(key)
    this.#busy.delete(attempt)
    this.#beginWaiting()
    if (this.#running.size === 0) this.#idle?.()
  }
}

/** The other side has understood and will answer the same again. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof WonderError && thrown.retry === 'never'
}

function dispatchKey({ run, token, attempt, dispatch }: TaskMessage): string {
  return `${run}/${token}/${attempt}/${dispatch}`
}
