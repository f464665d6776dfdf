/** A machine that has no process, memory or file handle left has them again in a moment. */
export function isMachineBusy(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'EAGAIN' || code === 'ENOMEM' || code === 'EMFILE' || code === 'ENFILE' || code === 'ETXTBSY'
}
