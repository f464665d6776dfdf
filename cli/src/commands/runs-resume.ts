import { toErrorBody, WonderError } from '@wonder/errors'
import { isTerminal } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { followRun } from '../follow-run.ts'
import { withHost } from '../open-host.ts'
import { exitCodeOfStatus } from '../run-advice.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'
import { send } from './runs-steer.ts'

export type ResumeOptions = { readonly env?: string; readonly rerun?: string; readonly fail?: string }

/** `wonder runs resume RUN`: its exit code. A run without an owner is taken over and driven here. */
export async function resumeRun(context: CommandContext, word: string, options: ResumeOptions): Promise<number> {
  const { output } = context
  return await withHost(context, { role: 'run', env: options.env }, async (host) => {
    const { id: run, workflow, status } = await findRun(host.index, word)
    if (isTerminal(status)) throw ended(run, status)
    const taken = await host.takeOver(run)
    if (taken === 'ended') throw ended(run, (await host.status(run))?.status ?? 'gone')
    if (options.rerun !== undefined) {
      await send(host, run, { kind: 'decide_interruption', task: options.rerun, decision: 'rerun' })
    }
    if (options.fail !== undefined) {
      await send(host, run, { kind: 'decide_interruption', task: options.fail, decision: 'fail' })
    }
    const { status: now } = (await host.status(run)) ?? {}
    if (now === 'paused' || now === 'blocked_budget') await send(host, run, { kind: 'resume' })
    if (taken === 'owned_elsewhere') output.note('Another process drives this run; it is shown here.')
    const view = await followRun({
      host,
      run,
      output,
      driven: taken === 'taken',
      from: 'now',
      // The other process may end before its run does.
      onOrphan: () => void host.takeOver(run).catch((error) => output.note(toErrorBody(error).message)),
    })
    const report = await runReport(host, run, view, workflow)
    printReport(report, output)
    output.object(reportObject(report))
    return exitCodeOfStatus(view.status)
  })
}

function ended(run: string, status: string): WonderError {
  return new WonderError('invalid_transition', `Cannot resume run "${run}": it is ${status}`, {
    details: { hint: `See what it did: wonder runs show ${run}` },
  })
}
