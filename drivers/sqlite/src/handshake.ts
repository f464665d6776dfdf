import type { MessagePort } from 'node:worker_threads'

/**
 * Cells of the memory that a channel and its worker share. All of them count up and wrap at 2³².
 * Requests are answered in the order of sending, so that "done up to here" is the whole answer to a plain success.
 */
export const cells = {
  /** Messages posted; the worker sleeps on this cell. */
  sent: 0,
  /** Requests answered. */
  done: 1,
  /** Messages with outcomes other than plain success, posted before `done` moves. */
  exceptions: 2,
  /** 1 while the sender polls `done` and needs no message to wake it. */
  polling: 3,
  /** Messages that the worker has taken. */
  taken: 4,
  /** Requests whose answers the sender has taken. */
  settled: 5,
} as const

/** Bytes of the shared memory. */
export const sharedSize = 24

/** What became of one request: null is plain success. */
export type Outcome = null | { readonly value: Answer } | { readonly failure: Failure }

export type Answer =
  | null
  | boolean
  | { readonly status: 'stale'; readonly current: number }
  | { readonly status: 'purged'; readonly runs: readonly string[] }

/** A WonderError on its way between threads. */
export type Failure = { readonly code: FailureCode; readonly message: string }

export type FailureCode =
  | 'store_full'
  | 'store_corrupt'
  | 'store_busy'
  | 'store_too_new'
  | 'store_foreign'
  | 'store_unavailable'

/** Executes groups of requests, each group in one commit. */
export interface Writer<Request> {
  /** One outcome a request, in order; `busy` when another process holds the lock and this writer is not to wait for it. */
  execute(requests: readonly Request[]): readonly Outcome[] | 'busy'
  close(): void
}

/** What a worker is started with. */
export type WorkerSetup<Options> = {
  readonly port: MessagePort
  readonly shared: SharedArrayBuffer
  /** Milliseconds to poll for the next request before sleeping; 0 on a machine with one core. */
  readonly spin: number
  readonly options: Options
}

/** What a worker posts: a bare wake-up, outcomes by request number, or the result of opening its file. */
export type WorkerMessage =
  | 'wake'
  | 'ready'
  | { readonly failed: Failure }
  | { readonly outcomes: readonly (readonly [request: number, outcome: Outcome])[] }
