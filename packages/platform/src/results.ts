import type { ErrorBody } from '@wonder/errors'
import type { Json } from './json.ts'
import type { TaskMessage } from './queue.ts'

/** What an executor is given when its claim is granted. */
export type Grant = {
  readonly status: 'granted'
  /** Digest of the run's definition; the executor loads it once. */
  readonly definition: string
  readonly project: string
  readonly workflow: string
  /** Ref of the node the token stands on. */
  readonly node: string
  /** May hold `{"$blob": …}` and `{"$parts": …}`: the executor resolves them. */
  readonly input: Json
  /** Name of the artifact that the task's text becomes. */
  readonly save?: string
  /** Outputs of the steps that are in the journal already, by step ref. */
  readonly steps: { readonly [step: string]: Json }
  /** When the run started, epoch ms. */
  readonly startedAt: number
  /** Deterministic: from the run's seed, the token and the attempt. */
  readonly seed: number
}

/** `until`: epoch ms at which the other one's lease ends, unless it is kept up. */
export type Claim =
  | Grant
  | { readonly status: 'gone' }
  | { readonly status: 'held'; readonly by: string; readonly until: number }

/** A grant is a lease: so many ms after the claim or the last heartbeat the dispatch may be given to another executor. */
export const leaseLength = 30_000

export type ArtifactRef = {
  readonly name: string
  /** `sha256:<hex>`, the key in Blobs. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly mediaType: string
}

/** What was used since the last report of the attempt. Absent: one step, and one tool call where that step is one. */
export type TaskUsage = {
  readonly steps?: number
  readonly tool_calls?: number
  readonly tokens?: number
  readonly cost_usd?: number
}

export type Report = TaskMessage & {
  readonly executor: string
  readonly result:
    | { readonly status: 'step'; readonly step: string; readonly output: Json; readonly usage?: TaskUsage }
    | {
        readonly status: 'completed'
        readonly output: Json
        readonly artifacts: readonly ArtifactRef[]
        readonly usage?: TaskUsage
      }
    | { readonly status: 'failed'; readonly error: ErrorBody; readonly usage?: TaskUsage }
}

export type ReportResult = { readonly status: 'accepted' | 'duplicate' | 'gone' }

/**
 * How executors speak with the run that ordered a task.
 *
 * G1 claim() grants a dispatch to one executor; another one is told who holds it; a settled or superseded dispatch is gone.
 * G2 report() resolves after the result is in the journal. A second result of an attempt is a duplicate, not an error.
 * G3 onAbort() tells the executor that nobody waits for the dispatch any more; it stops the work and does not report.
 * G4 A granted dispatch is leased for `leaseLength`; heartbeat() keeps up the leases of an executor and answers those that it
 *    has lost. A dispatch whose lease has ended is ordered again as the same attempt with a higher dispatch number; the first
 *    result of the attempt counts, whoever reports it.
 */
export interface Results {
  claim(message: TaskMessage, executor: string): Promise<Claim>
  report(report: Report): Promise<ReportResult>
  /** Answers those of the dispatches that this executor holds no more. */
  heartbeat(messages: readonly TaskMessage[], executor: string): Promise<readonly TaskMessage[]>
  onAbort(listener: (message: TaskMessage) => void): () => void
}
