import { toErrorBody, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import { isTerminal, type RunStatus } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { followAndAsk } from '../follow-and-ask.ts'
import { withHost } from '../open-host.ts'
import { type PersonOptions, personOf } from '../person.ts'
import { exitCodeOf } from '../run-advice.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'
import { send } from './runs-steer.ts'

export type ResumeOptions = PersonOptions & { readonly env?: string; readonly rerun?: string; readonly fail?: string }

/** What a resume goes on from. */
const lifted: ReadonlySet<RunStatus> = new Set(['paused', 'blocked_error', 'blocked_budget', 'stopping'])

/** `wonder runs resume RUN`: its exit code. */
export async function resumeRun(context: CommandContext, word: string, options: ResumeOptions): Promise<number> {
  const { rerun, fail } = options
  return await goOn(context, { word, verb: 'resume', options }, async (host, run) => {
    if (rerun !== undefined) await send(host, run, { kind: 'decide_interruption', task: rerun, decision: 'rerun' })
    if (fail !== undefined) await send(host, run, { kind: 'decide_interruption', task: fail, decision: 'fail' })
    const rests = (await host.status(run))?.status
    if (rests !== undefined && lifted.has(rests)) await send(host, run, { kind: 'resume' })
  })
}

/**
 * Sends what a person says to a run that rests, and follows it from there: its exit code. A run without an owner is taken
 * over and driven here.
 */
export async function goOn(
  context: CommandContext,
  {
    word,
    verb,
    options,
  }: {
    readonly word: string
    readonly verb: string
    readonly options: PersonOptions & { readonly env?: string }
  },
  say: (host: LocalHost, run: string) => Promise<void>,
): Promise<number> {
  const { output } = context
  return await withHost(context, { role: 'run', env: options.env }, async (host) => {
    const { id: run, workflow, status } = await findRun(host.index, word)
    if (isTerminal(status)) throw ended(run, status, verb)
    const taken = await host.takeOver(run)
    if (taken === 'ended') throw ended(run, (await host.status(run))?.status ?? 'gone', verb)
    await say(host, run)
    if (taken === 'owned_elsewhere') output.note('Another process drives this run; it is shown here.')
    const following = {
      host,
      run,
      output,
      driven: taken === 'taken',
      from: 'now',
      // The other process may end before its run does.
      onOrphan: () => void host.takeOver(run).catch((error) => output.note(toErrorBody(error).message)),
    } as const
    const view = await followAndAsk(following, personOf(options))
    const report = await runReport(host, run, view, workflow)
    printReport(report, output)
    output.object(reportObject(report))
    return exitCodeOf(view)
  })
}

function ended(run: string, status: string, verb: string): WonderError {
  return new WonderError('invalid_transition', `Cannot ${verb} run "${run}": it is ${status}`, {
    details: { hint: `See what it did: wonder runs show ${run}` },
  })
}
