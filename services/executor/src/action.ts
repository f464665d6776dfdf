import type { JsonSchema } from '@wonder/context'
import type { ActionKind, Definition } from '@wonder/engine'
import type { ErrorCode } from '@wonder/errors'
import type {
  Blobs,
  Clock,
  Json,
  JsonObject,
  LogLevel,
  LogLine,
  Net,
  ProjectFiles,
  Sandbox,
  TaskUsage,
  ToolRuntime,
} from '@wonder/platform'
import type { TemplateCache } from './template-cache.ts'

/** What actions reach the world with. */
export type ActionPorts = {
  readonly tools: ToolRuntime
  /** The code of a tool's bundle, by its digest. */
  toolCode(bundleDigest: string): Promise<string>
  readonly sandbox: Sandbox
  readonly net: Net
  readonly files: ProjectFiles
  readonly blobs: Blobs
  readonly clock: Clock
  /** Plain values of the project. */
  env(): Readonly<Record<string, string>>
  readonly templates: TemplateCache
}

/** One step of one attempt, as its action sees it. */
export type ActionContext = {
  readonly ports: ActionPorts
  readonly definition: Definition
  /** Of the attempt, from 1. */
  readonly attempt: number
  /** `run/token/attempt/step`: the same for each rerun of the step in this attempt. */
  readonly idempotencyKey: string
  /** Deterministic for the step in this attempt: an integer in [0, 2^32). */
  readonly seed: number
  /** Aborted with the reason when the attempt's time is over or nobody waits for it. Made when it is first read. */
  readonly signal: AbortSignal
  /** State of the attempt: private to it, changed by `set`. */
  readonly state: { [key: string]: Json }
  /** The value, with the schema's defaults; throws the error `code` that lists every problem. */
  check(schema: JsonSchema, value: Json, failure: { readonly code: ErrorCode; readonly what: string }): Json
  log(level: LogLevel, stream: LogLine['stream'], text: string): void
  /** The text without secrets. Must come before a text is cut: half a secret is not known as one. */
  redact(text: string): string
  /** As `redact`, for a text that was cut off already: its end is dropped where a secret could have begun. */
  redactCut(text: string): string
  /** Says what the step has used beside its own call. */
  spend(usage: TaskUsage): void
  /** Stores content as an artifact of the task. Its media type comes from the name when none is given. */
  saveArtifact(artifact: ArtifactContent): Promise<SavedArtifact>
}

export type ArtifactContent = {
  readonly name: string
  readonly content: string | AsyncIterable<Uint8Array>
  readonly mediaType?: string | undefined
}

export type SavedArtifact = {
  readonly name: string
  /** `sha256:<hex>` */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly media_type: string
}

/**
 * One thing that a step can do.
 *
 * The config is resolved: large values are loaded, secrets are joined in. What run() gives is checked and made clean of
 * secrets by the caller. It answers without a promise where it need not wait.
 */
export type Action = {
  readonly kind: ActionKind
  run(config: JsonObject, context: ActionContext): Json | Promise<Json>
  /**
   * Whether it failed for what is around it and may be done again at once, with the same idempotency key: it has done
   * nothing, or doing it twice is harmless. Absent: never.
   */
  isPassing?(thrown: unknown, config: JsonObject): boolean
  /** The text that `save` stores; absent: the output if it is a text, else its JSON. */
  textOf?(output: JsonObject): Json | undefined
}
