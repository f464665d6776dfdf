import { WonderError } from '@wonder/errors'

export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
}

/** What a thrown error of the file system means to the person who runs the host; other errors pass through. */
export function fileFailure(thrown: unknown, action: 'read' | 'write' | 'remove', path: string): unknown {
  const code = errorCode(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new WonderError(
      'store_full',
      `Cannot ${action} "${path}": the disk is full; make room, and writing goes on`,
      {
        cause: thrown,
      },
    )
  }
  if (thrown instanceof Error && /^E[A-Z0-9]+$/.test(code)) {
    return new WonderError('store_unavailable', `Cannot ${action} "${path}": ${thrown.message}`, { cause: thrown })
  }
  return thrown
}
