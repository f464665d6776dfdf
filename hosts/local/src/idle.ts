import type { HostParts } from './host-parts.ts'

/** Milliseconds between looks. */
const interval = 100

/**
 * Resolves when nothing has run for `wait` ms. A run that waits for its time is not nothing: somebody has to be there.
 * New runs are refused in the same moment in which the last look finds none. Resolves as well when they are refused
 * already: a host that closes waits for nothing.
 */
export async function untilIdle(
  {
    coordinator,
    index,
    recovery,
    intake,
    clock,
  }: Pick<HostParts, 'coordinator' | 'index' | 'recovery' | 'intake' | 'clock'>,
  wait: number,
): Promise<void> {
  const busyNow = () => coordinator.openRuns.length > 0 || intake.busy
  const isBusy = async (): Promise<boolean> => {
    if (busyNow()) return true
    const going = await index.list({ status: ['queued', 'running', 'waiting', 'stopping'], limit: 100 })
    return going.some(({ id }) => !recovery.hasGivenUp(id))
  }
  let last = clock.now()
  while (!intake.closed) {
    const busy = await isBusy()
    const now = clock.now()
    if (busy || busyNow()) last = now
    else if (now - last >= wait) return intake.close()
    await new Promise<void>((resolve) => clock.at(now + interval, resolve))
  }
}
