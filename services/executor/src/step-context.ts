import type { JsonSchema } from '@wonder/context'
import type { Definition } from '@wonder/engine'
import { type ErrorBody, type ErrorCode, WonderError } from '@wonder/errors'
import type {
  ArtifactRef,
  EventTarget,
  Grant,
  Json,
  LogLevel,
  LogLine,
  LogStore,
  Secrets,
  TaskUsage,
} from '@wonder/platform'
import type { ActionContext, ActionPorts, ArtifactContent, SavedArtifact } from './action.ts'
import { bodyOf } from './action-failure.ts'
import type { Attempt } from './attempt.ts'
import { Redactor } from './redactor.ts'
import { hasMarkers, resolveValue } from './resolve-value.ts'
import { checkSchema } from './schema-check.ts'
import { stepSeed } from './step-seed.ts'
import { TaskArtifacts } from './task-artifacts.ts'
import { TaskLog } from './task-log.ts'
import { UsageMeter } from './usage-meter.ts'

export type StepContextParts = {
  readonly ports: ActionPorts
  readonly secrets: Secrets
  readonly logs: LogStore
  readonly events: EventTarget
  readonly definition: Definition
  readonly grant: Grant
  readonly attempt: Attempt
}

/** Milliseconds that an aborted action has to end. */
const grace = 2_000

/**
 * What the actions of one attempt see and leave behind. It hands out secrets, so it is what takes them out again:
 * nothing leaves the attempt but through `clean`, `errorBody`, the log and the artifacts.
 */
export class StepContext implements ActionContext {
  /** The step that runs. */
  step = ''
  readonly state: { [key: string]: Json } = {}
  readonly usage = new UsageMeter()
  readonly #parts: StepContextParts
  readonly #redactor = new Redactor()
  #stepSignal: AbortSignal | null = null
  #log: TaskLog | null = null
  #artifacts: TaskArtifacts | null = null

  constructor(parts: StepContextParts) {
    this.#parts = parts
  }

  get ports(): ActionPorts {
    return this.#parts.ports
  }

  get definition(): Definition {
    return this.#parts.definition
  }

  get attempt(): number {
    return this.#parts.attempt.message.attempt
  }

  get idempotencyKey(): string {
    return `${this.#parts.attempt.key}/${this.step}`
  }

  get seed(): number {
    return stepSeed(this.#parts.grant.seed, this.step)
  }

  /** Of the attempt, or of a step that has a time of its own. */
  get signal(): AbortSignal {
    return this.#stepSignal ?? this.#parts.attempt.signal
  }

  /**
   * Does what a step does, and aborts it when its time is over. An action that does not end then is not waited for.
   *
   * @throws WonderError `step_timeout`
   */
  async within<T>(timeout: number, act: () => Promise<T>): Promise<T> {
    const { clock } = this.ports
    const { signal } = this.#parts.attempt
    const tooLong = new WonderError(
      'step_timeout',
      `Step "${this.step}" took longer than its timeout of ${timeout} ms`,
      {
        details: { step: this.step, timeout },
      },
    )
    const controller = new AbortController()
    const pass = () => controller.abort(signal.reason)
    if (signal.aborted) pass()
    else signal.addEventListener('abort', pass, { once: true })
    const over = Promise.withResolvers<never>()
    const end = clock.now() + timeout
    const timers = [clock.at(end, () => controller.abort(tooLong)), clock.at(end + grace, () => over.reject(tooLong))]
    this.#stepSignal = controller.signal
    try {
      return await Promise.race([act(), over.promise])
    } catch (thrown) {
      throw controller.signal.reason === tooLong ? tooLong : thrown
    } finally {
      this.#stepSignal = null
      for (const cancel of timers) cancel()
      signal.removeEventListener('abort', pass)
    }
  }

  /** The value with its large parts and its secrets in place. */
  resolve(value: Json): Json | Promise<Json> {
    if (!hasMarkers(value)) return value
    const { run } = this.#parts.attempt.message
    return resolveValue(value, { run, blobs: this.ports.blobs, secret: (name) => this.#secret(name) })
  }

  check(schema: JsonSchema, value: Json, failure: { readonly code: ErrorCode; readonly what: string }): Json {
    return checkSchema(schema, value, failure)
  }

  log(level: LogLevel, stream: LogLine['stream'], text: string): void {
    this.#log ??= this.#openLog()
    this.#log.write(level, stream, text)
  }

  flushLog(): void {
    this.#log?.flush()
  }

  spend(usage: TaskUsage): void {
    this.usage.add(usage)
  }

  /** Milliseconds until the time of the attempt is over. */
  get timeLeft(): number {
    return this.#parts.attempt.timeLeft
  }

  redact(text: string): string {
    return this.#redactor.text(text)
  }

  redactCut(text: string): string {
    return this.#redactor.cutText(text)
  }

  /** The value without secrets. */
  clean(value: Json): Json {
    return this.#redactor.json(value)
  }

  /** The error as it may be reported, without secrets. */
  errorBody(thrown: unknown): ErrorBody {
    const body = bodyOf(thrown)
    // Nobody foresaw it: where it happened is worth keeping, in the log and not in the journal.
    if (body.code === 'internal' && thrown instanceof Error) this.log('error', 'log', thrown.stack ?? thrown.message)
    if (this.#redactor.idle) return body
    const message = this.#redactor.text(body.message)
    if (body.details === undefined) return { ...body, message }
    const details = JSON.parse(JSON.stringify(body.details)) as { readonly [key: string]: Json }
    return { ...body, message, details: this.#redactor.json(details) as { readonly [key: string]: Json } }
  }

  async saveArtifact(artifact: ArtifactContent): Promise<SavedArtifact> {
    this.#artifacts ??= this.#openArtifacts()
    const { name, digest, size, mediaType } = await this.#artifacts.save(artifact)
    return { name, digest, size, media_type: mediaType }
  }

  get artifacts(): readonly ArtifactRef[] {
    return this.#artifacts?.list ?? []
  }

  async #secret(name: string): Promise<string> {
    const { definition, secrets } = this.#parts
    // Only what the author named: a marker that slipped into data must not reach any other secret.
    if (!definition.secrets.some((secret) => secret.name === name)) {
      throw new WonderError(
        'secret_missing',
        `Cannot use secret "${name}": workflow "${definition.workflow}" does not name it`,
      )
    }
    const value = await secrets.get(name)
    if (value === undefined) throw new WonderError('secret_missing', `Cannot use secret "${name}": it has no value`)
    this.#redactor.add(value)
    return value
  }

  #openLog(): TaskLog {
    const { logs, events, grant, attempt, ports } = this.#parts
    const { run, token, attempt: number } = attempt.message
    const now = () => ports.clock.now()
    return new TaskLog({ run, token, attempt: number, node: grant.node, logs, events, redactor: this.#redactor, now })
  }

  #openArtifacts(): TaskArtifacts {
    const { attempt, ports } = this.#parts
    const check = () => attempt.check()
    return new TaskArtifacts({ run: attempt.message.run, blobs: ports.blobs, redactor: this.#redactor, check })
  }
}
