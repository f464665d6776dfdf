/** An order to run a task. Ids only: what to run comes with the claim. */
export type TaskMessage = {
  readonly run: string
  readonly token: string
  /** From 1. */
  readonly attempt: number
  /** From 1, counts through all attempts of the token at its node. */
  readonly dispatch: number
}

/**
 * Tasks on their way to executors.
 *
 * G1 At least once: a message is delivered until it is acknowledged.
 * G2 No order, no delay, no lease, no cancel: those are the kernel's wake and the claim.
 * G3 At most `concurrency` deliveries of one consumer are unacknowledged.
 * G4 A message is at most 100 KB.
 */
export interface Queue {
  send(messages: readonly TaskMessage[]): Promise<void> | undefined
  /** Calls `handler` for each message; `acknowledge` after the claim. Returns the function that stops it. */
  consume(options: {
    readonly concurrency: number
    readonly handler: (message: TaskMessage, acknowledge: () => void) => void
  }): () => Promise<void>
}
