import { toErrorBody, WonderError } from '@wonder/errors'
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
    const { runs, failed } = await host.recoverAll()
    for (const { run, error } of failed) output.note(`Run ${run} cannot go on: ${toErrorBody(error).message}`)
    output.note(
      `Process ${process.pid} drives the runs of ${host.folder}${runs === 0 ? '' : `; ${plural(runs, 'run')} taken up again`}.`,
    )
    output.note(output.paintNote('dim', 'Ctrl-C stops; what is unfinished goes on at the next start.'))
    await Promise.race(idleExit === undefined ? [stopped] : [stopped, host.untilIdle(idleExit)])
    output.object({ stopped: true })
    return 0
  })
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
