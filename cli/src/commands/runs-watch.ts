import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { followAndAsk } from '../follow-and-ask.ts'
import type { FollowOptions } from '../follow-run.ts'
import { withHost } from '../open-host.ts'
import { type PersonOptions, personOf } from '../person.ts'
import { exitCodeOf } from '../run-advice.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'

/** `wonder runs watch RUN`: the exit code that the run itself would have had. */
export async function watchRun(context: CommandContext, word: string, options: PersonOptions): Promise<number> {
  const { output } = context
  return await withHost(context, { role: 'read' }, async (host) => {
    const { id: run, workflow } = await findRun(host.index, word)
    const following: FollowOptions = {
      host,
      run,
      output,
      driven: false,
      from: 'now',
      onChange: ({ id, status, started, ended, attempts, error, fan }) => {
        output.object({
          type: 'task',
          task: id,
          status,
          started,
          ended,
          attempts,
          ...(error === null ? {} : { error }),
          ...(fan === undefined ? {} : { fan }),
        })
      },
    }
    const view = await followAndAsk(following, personOf(options))
    const report = await runReport(host, run, view, workflow)
    printReport(report, output)
    output.object({ type: 'run', ...reportObject(report) })
    return exitCodeOf(view)
  })
}
