import type { Claim, Report, ReportResult, Results, TaskMessage } from '@wonder/platform'

/** The coordinator's side of Results. */
export type ResultsHandler = Pick<Results, 'claim' | 'report' | 'heartbeat'>

export type MemoryResults = {
  /** The executors' side. Calls wait until somebody serves them. */
  readonly results: Results
  /** Connects the coordinator; a later call replaces an earlier one. */
  serve(handler: ResultsHandler): {
    /** Tells the executors that nobody waits for this dispatch any more. */
    abort(message: TaskMessage): void
    /** Later calls wait for the next one who serves. */
    stop(): void
  }
}

/** Executors and a coordinator in one process: a call is a function call. */
export function memoryResults(): MemoryResults {
  let handler: ResultsHandler | null = null
  let served = Promise.withResolvers<void>()
  const listeners = new Set<(message: TaskMessage) => void>()
  const whoServes = async (): Promise<ResultsHandler> => {
    while (handler === null) await served.promise
    return handler
  }
  return {
    results: {
      claim: async (message: TaskMessage, executor: string): Promise<Claim> =>
        (handler ?? (await whoServes())).claim(message, executor),
      report: async (report: Report): Promise<ReportResult> => (handler ?? (await whoServes())).report(report),
      heartbeat: async (messages: readonly TaskMessage[], executor: string): Promise<readonly TaskMessage[]> =>
        (handler ?? (await whoServes())).heartbeat(messages, executor),
      onAbort(listener) {
        // An object of its own, so that the same function can listen twice.
        const own = (message: TaskMessage) => listener(message)
        listeners.add(own)
        return () => {
          listeners.delete(own)
        }
      },
    },
    serve(next) {
      handler = next
      served.resolve()
      return {
        abort(message) {
          for (const listener of listeners) listener(message)
        },
        stop() {
          if (handler !== next) return
          handler = null
          served = Promise.withResolvers<void>()
        },
      }
    },
  }
}
