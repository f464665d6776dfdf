import type { Json } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CompiledWorkflow } from '@wonder/language'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { followRun } from '../follow-run.ts'
import { loadProject, workflowOf } from '../load-project.ts'
import { whoAsks, withHost } from '../open-host.ts'
import type { Output } from '../output.ts'
import { readRecord } from '../read-record.ts'
import { exitCodeOf } from '../run-advice.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'

export type ForkOptions = {
  readonly at?: string
  readonly definition?: string
  readonly set?: readonly string[]
  readonly restartChildren?: true
  readonly env?: string
}

/** `wonder runs fork RUN --at RECORD`: the exit code of the new run. */
export async function forkRun(context: CommandContext, word: string, options: ForkOptions): Promise<number> {
  if (options.at === undefined) {
    throw new WonderError('invalid_usage', `Cannot fork run "${word}": --at says at which record`, {
      details: { hint: `See the records with: wonder runs events ${word}` },
    })
  }
  const record = readRecord(options.at, '--at')
  const set = (options.set ?? []).map(readAssignment)
  const { output } = context
  return await withHost(context, { role: 'run', env: options.env }, async (host) => {
    const { id, workflow } = await findRun(host.index, word)
    const revision = await presentRevision(host, workflow, options.definition)
    const run = await host.past.fork({
      run: id,
      record,
      set,
      by: whoAsks(),
      ...(revision === undefined ? {} : { workflow: revision }),
      ...(options.restartChildren === undefined ? {} : { restartChildren: true }),
    })
    output.note(`Run ${run} goes on from record ${record} of ${id}.`)
    return await followNew(host, { run, workflow, from: { run: id, record } }, output)
  })
}

/** Follows a run that this process has just begun, and reports it. */
export async function followNew(
  host: LocalHost,
  begun: {
    readonly run: string
    readonly workflow: string
    readonly from: { readonly run: string; readonly record?: number }
  },
  output: Output,
): Promise<number> {
  const { run, workflow, from } = begun
  const view = await followRun({ host, run, output, driven: true, from: 'start' })
  const report = await runReport(host, run, view, workflow)
  printReport(report, output)
  output.object({ ...reportObject(report), forked_from: from })
  return exitCodeOf(view)
}

/** What `--definition new` means: the workflow as the files say it now. Undefined: the revision that the run follows. */
export async function presentRevision(
  host: LocalHost,
  workflow: string,
  option: string | undefined,
): Promise<CompiledWorkflow | undefined> {
  if (option === undefined || option === 'own') return undefined
  if (option === 'new') return workflowOf(await loadProject(host, workflow), workflow)
  throw new WonderError('invalid_usage', `Cannot read --definition "${option}": it is new or own`, {
    details: { hint: 'new: the workflow as its files are now; own (the default): as the run had it' },
  })
}

/** `state.a.b=value` or `input.a=value`; the value is JSON, or else a text. */
function readAssignment(word: string): readonly [path: readonly string[], value: Json] {
  const at = word.indexOf('=')
  const path = word.slice(0, Math.max(0, at)).split('.')
  if (at < 1 || path.some((part) => part === '') || (path[0] !== 'input' && path[0] !== 'state')) {
    throw new WonderError('invalid_usage', `Cannot read --set "${word}": expected state.NAME=value or input.NAME=value`)
  }
  const text = word.slice(at + 1)
  try {
    return [path, JSON.parse(text) as Json]
  } catch {
    return [path, text]
  }
}
