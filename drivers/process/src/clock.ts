import type { Clock } from '@wonder/platform'

/** What a timer of Node can wait: a longer one would fire at once. */
const longestWait = 2 ** 31 - 1

/**
 * The clock of this process. When the machine's clock is set back, now() stands still until it is caught up.
 * A timer keeps the process alive until it has fired or is cancelled: a run that waits for its retry is not abandoned.
 */
export function systemClock(): Clock {
  let last = 0
  const now = (): number => {
    last = Math.max(last, Date.now())
    return last
  }
  return {
    now,
    at(time, callback) {
      let timer: NodeJS.Timeout
      const wait = (): void => {
        const left = Math.min(Math.max(0, Math.ceil(time - now())), longestWait)
        timer = setTimeout(() => (now() >= time ? callback() : wait()), left)
      }
      wait()
      return () => clearTimeout(timer)
    },
  }
}
