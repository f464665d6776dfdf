import { toErrorBody } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CommandContext } from './command-context.ts'
import { followAndAsk } from './follow-and-ask.ts'
import type { Person } from './person.ts'
import { exitCodeOf } from './run-advice.ts'
import { printReport, reportObject, runReport } from './run-report.ts'

/** After a command that lets a run go on: shows it where it is driven here, says so where another process does. */
export async function goOnHere(
  { output }: CommandContext,
  host: LocalHost,
  done: { readonly run: string; readonly workflow: string; readonly what: string; readonly person: Person },
): Promise<number> {
  const { run, workflow, what, person } = done
  const taken = await host.takeOver(run)
  if (taken === 'owned_elsewhere') {
    const status = (await host.status(run))?.status
    output.line(what)
    output.note(`Another process drives this run.  ${output.paintNote('bold', `wonder runs watch ${run}`)}`)
    output.object({ run, workflow, status })
    return 0
  }
  output.note(what)
  const onOrphan = () => void host.takeOver(run).catch((error) => output.note(toErrorBody(error).message))
  const view = await followAndAsk({ host, run, output, driven: true, from: 'now', onOrphan }, person)
  const report = await runReport(host, run, view, workflow)
  printReport(report, output)
  output.object(reportObject(report))
  return exitCodeOf(view)
}
