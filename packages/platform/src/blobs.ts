/**
 * Large values, artifacts and definitions, by key.
 *
 * G1 put() resolves after the bytes are on disk under their key; a reader never sees a part of them.
 * G2 put() of a key that is there already changes nothing (keys end in the digest of their content).
 * G3 get() gives the bytes that were put, or null. Damaged content is the error `store_corrupt`.
 * G4 Keys are segments of `[A-Za-z0-9._:-]+` joined by `/`, never `.` or `..`; others are refused.
 */
export interface Blobs {
  put(key: string, content: Uint8Array | string): Promise<void>
  /** Takes the bytes from a stream, without holding them in memory; returns size and digest, stored under `prefix/sha256:<hex>`. */
  putStream(
    prefix: string,
    content: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly digest: string; readonly size: number }>
  get(key: string): Promise<Uint8Array | null>
  has(key: string): Promise<boolean>
  /** The bytes in pieces; null when the key is not there. */
  open(key: string): Promise<AsyncIterable<Uint8Array> | null>
  /** Every key below `prefix/`, in no order. */
  list(prefix: string): Promise<readonly string[]>
  /** Removes every key below `prefix/`. */
  removeAll(prefix: string): Promise<void>
}
