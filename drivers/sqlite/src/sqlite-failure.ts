import { WonderError } from '@wonder/errors'
import type { Failure, FailureCode } from './handshake.ts'

// Primary result codes of SQLite, https://sqlite.org/rescode.html
const busy = 5
const locked = 6
const corrupt = 11
const full = 13
const notADatabase = 26

function resultCode(thrown: unknown): number {
  if (thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number') return thrown.errcode & 0xff
  return 0
}

export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown)
  return code === busy || code === locked
}

/** A failure that this driver found itself, on its way out of the code that is guarded by `failureOf`. */
export class StoreFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** What a thrown error of SQLite means to the person who runs the host. */
export function failureOf(thrown: unknown, file: string, action: 'open' | 'read' | 'write to'): Failure {
  if (thrown instanceof StoreFailure) return thrown.failure
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const fail = (code: FailureCode, state: string): Failure => ({
    code,
    message: `Cannot ${action} "${file}": ${state}`,
  })
  switch (resultCode(thrown)) {
    case full:
      return fail('store_full', 'the disk is full; make room, and writing goes on')
    case corrupt:
    case notADatabase:
      return fail(
        'store_corrupt',
        `the file is damaged (${reason}); stop every host that uses it, keep a copy of it with its -wal file, and put back a backup`,
      )
    case busy:
    case locked:
      return fail('store_busy', 'another process holds its write lock; end that process and try again')
    default:
      return fail('store_unavailable', reason)
  }
}

export function toError(failure: Failure): WonderError {
  return new WonderError(failure.code, failure.message)
}

/** Runs a read, and turns what SQLite throws into the error of the catalogue. */
export function reading<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw thrown instanceof WonderError ? thrown : toError(failureOf(thrown, file, 'read'))
  }
}
