/**
 * Time.
 *
 * G1 now() is epoch milliseconds as an integer and never runs backwards within one process.
 * G2 at() calls once, at or after `time`, never within the call of at() itself.
 */
export interface Clock {
  now(): number
  /** Returns the function that cancels. Times beyond what the platform's timers reach are handled. */
  at(time: number, callback: () => void): () => void
}
