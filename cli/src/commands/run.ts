import { resolve } from 'node:path'
import type { Json, SignalToRun } from '@wonder/engine'
import { toErrorBody } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CompiledWorkflow, Project } from '@wonder/language'
import { askMissingInput } from '../ask-missing-input.ts'
import type { CommandContext } from '../command-context.ts'
import { printDryRun } from '../dry-run.ts'
import { findReused } from '../find-run.ts'
import { followAndAsk } from '../follow-and-ask.ts'
import type { FollowOptions } from '../follow-run.ts'
import { readInputPairs } from '../input-pairs.ts'
import { loadProject, workflowOf } from '../load-project.ts'
import { missingSecrets } from '../missing-secrets.ts'
import { noteWhenSlow } from '../note-when-slow.ts'
import { environmentName, whoAsks, withHost } from '../open-host.ts'
import { mentionOpenRuns } from '../open-runs.ts'
import { type Person, personOf } from '../person.ts'
import { secretsOf } from '../plan/workflow-needs.ts'
import type { RunOptions } from '../program.ts'
import { exitCodeOf } from '../run-advice.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'
import { jsonOrText } from '../set-pairs.ts'
import { listWorkflows } from '../workflow-list.ts'
import { send } from './runs-steer.ts'

export type RunRequest = RunOptions & { readonly workflow: string | undefined; readonly input: readonly string[] }

/** `wonder run`: its exit code. */
export async function run(context: CommandContext, request: RunRequest): Promise<number> {
  const { workflow: id } = request
  const env = environmentName(request.env)
  const signals = (request.signal ?? []).map(signalOf)
  if (id === undefined) {
    return await withHost(context, { role: 'read', env }, async (host) => {
      listWorkflows(await loadProject(host), context.output)
      return 0
    })
  }
  const drives = !request.dryRun && !request.detach
  return await withHost(context, { role: drives ? 'run' : 'read', env }, async (host) => {
    const project = await noteWhenSlow(context.output, 'Reading the project …', loadProject(host, id))
    const workflow = workflowOf(project, id)
    const input = await readInput(context, workflow, request.input)
    if (request.dryRun) {
      const missing = await missingSecrets(
        { ...project, secrets: secretsOf(workflow.definition, workflow.workflows) },
        host.folder,
      )
      printDryRun({ project, workflow, input, missing }, context.output)
      return 0
    }
    const { key } = request
    const reuse = request.reuse === undefined ? undefined : await findReused(host.index, request.reuse, id)
    const started = { workflow, input, signals, ...(reuse === undefined ? {} : { reuse }) }
    if (request.detach) return await detach(context, host, { ...started, env, key })
    if (key !== undefined) return await driveKeyed(context, host, { ...started, project, key }, request)
    return await drive(context, host, { ...started, project }, request)
  })
}

/** What is started. */
type Started = {
  readonly workflow: CompiledWorkflow
  readonly input: Json
  readonly signals: readonly SignalToRun[]
  readonly reuse?: string
}

/** `name`, or `name=payload`. */
function signalOf(word: string): SignalToRun {
  const at = word.indexOf('=')
  if (at === -1) return { name: word, payload: {} }
  return { name: word.slice(0, at), payload: jsonOrText(word.slice(at + 1)) }
}

async function drive(
  { output }: CommandContext,
  host: LocalHost,
  request: Started & { readonly project: Project },
  options: RunOptions,
): Promise<number> {
  await mentionOpenRuns(host, output)
  const run = await host.startRun({ ...request, by: whoAsks() })
  return await follow(output, host, { run, workflow: request.workflow.id, driven: true, person: personOf(options) })
}

/** The run of the key: started here, taken up here where nobody drives it, or followed. */
async function driveKeyed(
  { output }: CommandContext,
  host: LocalHost,
  request: Started & { readonly project: Project; readonly key: string },
  options: RunOptions,
): Promise<number> {
  await mentionOpenRuns(host, output)
  const { run, first } = await host.startKeyed({ ...request, by: whoAsks() })
  if (!first) {
    output.note(`The key "${request.key}" has its run already: ${run}`)
    for (const signal of request.signals) await send(host, run, { kind: 'signal', ...signal })
  }
  const driven = first || (await host.takeOver(run)) === 'taken'
  return await follow(output, host, { run, workflow: request.workflow.id, driven, person: personOf(options) })
}

async function follow(
  output: CommandContext['output'],
  host: LocalHost,
  following: { readonly run: string; readonly workflow: string; readonly driven: boolean; readonly person: Person },
): Promise<number> {
  const { run, workflow, driven, person } = following
  const options: FollowOptions = {
    host,
    run,
    output,
    driven,
    from: 'start',
    // The other process may end before its run does.
    ...(driven
      ? {}
      : { onOrphan: () => void host.takeOver(run).catch((error) => output.note(toErrorBody(error).message)) }),
  }
  const view = await followAndAsk(options, person)
  const report = await runReport(host, run, view, workflow)
  printReport(report, output)
  output.object(reportObject(report))
  return exitCodeOf(view)
}

async function detach(
  { output }: CommandContext,
  host: LocalHost,
  request: Started & { readonly env: string | undefined; readonly key: string | undefined },
): Promise<number> {
  const workflow = request.workflow.id
  const run = await host.handOver({
    workflow,
    input: request.input,
    signals: request.signals,
    ...(request.env === undefined ? {} : { environment: request.env }),
    ...(request.reuse === undefined ? {} : { reuse: request.reuse }),
    by: whoAsks(),
    ...(request.key === undefined ? {} : { key: request.key }),
  })
  output.line(run)
  output.note(`${workflow} runs in the background.  ${output.paintNote('bold', `wonder runs watch ${run}`)}`)
  output.object({ run, workflow, status: 'queued', next: [`wonder runs watch ${run}`] })
  return 0
}

async function readInput(
  { output }: CommandContext,
  workflow: CompiledWorkflow,
  words: readonly string[],
): Promise<Json> {
  const { parseInput } = await import('@wonder/language')
  const pairs = await readInputPairs(words)
  const all = output.interactive ? await askMissingInput(workflow, pairs) : pairs
  return parseInput(workflow, all, { resolvePath: (path) => resolve(path) })
}
