/**
 * Names for new things.
 *
 * G1 runId() is a ULID in upper case; those of one process sort in the order in which they were made.
 */
export interface Ids {
  runId(): string
}
