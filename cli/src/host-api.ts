import type { Artifact, CommandBody, Definition, Json, RunRecord } from '@wonder/engine'
import type { Diagnostic, ErrorBody } from '@wonder/errors'
import type { LogLine, LogStore, RunIndex, RunIndexEntry, RunStatus } from '@wonder/platform'

/** What the command asks of the local host: its whole view of how runs are stored and driven. */
export interface LocalHost {
  readonly id: string
  /** The project's folder, absolute. */
  readonly folder: string
  readonly index: RunIndex
  readonly logs: LogStore
  loadProject(options?: { readonly workflow?: string }): Promise<LoadResult>
  /** The run's id, after its start is on disk; this host drives it. */
  startRun(request: {
    readonly workflow: Workflow
    readonly project: Project
    readonly input: Json
    readonly tags?: readonly string[]
    readonly by: string
  }): Promise<string>
  /** Gives the run to a `wonder start`, which is spawned when there is none. */
  handOver(request: {
    readonly workflow: string
    readonly input: Json
    readonly environment?: string
    readonly by: string
  }): Promise<string>
  command(run: string, body: CommandBody, by: string): Promise<CommandAnswer>
  takeOver(run: string): Promise<'taken' | 'owned_elsewhere' | 'ended'>
  definition(run: string): Promise<Definition>
  records(run: string, options?: { readonly after?: number }): Promise<readonly RunRecord[]>
  watch(
    run: string,
    options: {
      readonly after: number
      readonly onRecord: (record: RunRecord) => void
      readonly onLog: (line: LogLine & { readonly provisional: true }) => void
    },
  ): Promise<() => void>
  status(run: string): Promise<RunIndexEntry | null>
  artifact(digest: string, run: string): Promise<AsyncIterable<Uint8Array> | null>
  /** Resolves when the run is terminal, paused or blocked. */
  whenResting(run: string): Promise<RunStatus>
  recoverAll(): Promise<{ readonly runs: number }>
  idle(): Promise<void>
  /** Pauses this host's runs after what is in flight. */
  interrupt(): Promise<void>
  close(): Promise<void>
}

export type HostRole = 'start' | 'run' | 'read'

export type OpenLocalHost = (options: {
  readonly project: string
  readonly environment?: string
  readonly role: HostRole
}) => Promise<LocalHost>

export type CommandAnswer = { readonly status: 'accepted' | 'refused'; readonly error?: ErrorBody }

export type LoadResult =
  | { readonly ok: true; readonly project: Project }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

export type Project = {
  readonly name: string
  readonly secrets: readonly { readonly name: string; readonly optional: boolean }[]
  readonly warnings: readonly Diagnostic[]
  readonly workflows: ReadonlyMap<string, Workflow>
}

export type Workflow = {
  readonly id: string
  readonly name?: string
  readonly description?: string
  readonly file: string
  readonly inputs: readonly WorkflowInput[]
  readonly definition: Definition
}

export type WorkflowInput = {
  readonly name: string
  readonly required: boolean
  readonly description?: string
  /** Short form, such as `integer` or `string[]`. */
  readonly type: string
  readonly default?: Json
  readonly schema: unknown
}

export type { Artifact, Json }
