import { WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CommandContext } from '../command-context.ts'
import { withHost } from '../open-host.ts'
import { parseDuration, plural } from '../quantity.ts'

/** `wonder start`: its exit code, when a signal or `--idle-exit` ends it. */
export async function start(
  context: CommandContext,
  options: { readonly env?: string; readonly idleExit?: string },
): Promise<number> {
  const { output } = context
  const idleExit = options.idleExit === undefined ? undefined : parseDuration(options.idleExit)
  if (options.idleExit !== undefined && idleExit === undefined) {
    throw new WonderError('invalid_usage', `Cannot read --idle-exit "${options.idleExit}": expected a duration`, {
      details: { hint: 'For example: 30s, 5m, 2h' },
    })
  }
  return await withHost(context, { role: 'start', env: options.env }, async (host) => {
    const stopped = stopSignal(output.note.bind(output))
    const { runs } = await host.recoverAll()
    output.note(
      `Process ${process.pid} drives the runs of ${host.folder}${runs === 0 ? '' : `; ${plural(runs, 'run')} taken up again`}.`,
    )
    output.note(output.paintNote('dim', 'Ctrl-C stops; what is unfinished goes on at the next start.'))
    await Promise.race(idleExit === undefined ? [stopped] : [stopped, untilIdle(host, idleExit)])
    output.object({ stopped: true })
    return 0
  })
}

/** Resolves when nothing has run for `wait` ms. */
async function untilIdle(host: LocalHost, wait: number): Promise<void> {
  let last = Date.now()
  for (;;) {
    await host.idle()
    // Runs that came and went while we waited count: the index knows when.
    for (const { updated } of await host.index.list({ limit: 50 })) last = Math.max(last, updated)
    const left = last + wait - Date.now()
    if (left <= 0) return
    await new Promise((resolve) => setTimeout(resolve, left))
  }
}

/** Resolves at the first signal to end; the second ends even a host that cannot close. */
function stopSignal(note: (text: string) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let stopping = false
  const onSignal = () => {
    if (stopping) process.exit(130)
    stopping = true
    note('Stopping.')
    resolve()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return promise
}
