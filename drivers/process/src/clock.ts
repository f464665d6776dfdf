import type { Clock } from '@wonder/platform'

/** What a timer of Node can wait: a longer one would fire at once. */
const longestWait = 2 ** 31 - 1

/**
 * The clock of this process. When the machine's clock is set back, now() stands still until it is caught up.
 * Its timers do not keep the process alive: a host lives as long as its store and sockets do.
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
        timer.unref()
      }
      wait()
      return () => clearTimeout(timer)
    },
  }
}
