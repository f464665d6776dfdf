import { resolve } from 'node:path'
import type { Json, SignalToRun } from '@wonder/engine'
import type { LocalHost } from '@wonder/host-local'
import type { CompiledWorkflow, Project } from '@wonder/language'
import { askMissingInput } from '../ask-missing-input.ts'
import type { CommandContext } from '../command-context.ts'
import { printDryRun } from '../dry-run.ts'
import { followAndAsk } from '../follow-and-ask.ts'
import { readInputPairs } from '../input-pairs.ts'
import { loadProject, workflowOf } from '../load-project.ts'
import { missingSecrets } from '../missing-secrets.ts'
import { environmentName, whoAsks, withHost } from '../open-host.ts'
import { mentionOpenRuns } from '../open-runs.ts'
import { personOf } from '../person.ts'
import type { RunOptions } from '../program.ts'
import { exitCodeOfStatus } from '../run-advice.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'
import { jsonOrText } from '../set-pairs.ts'
import { listWorkflows } from '../workflow-list.ts'

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
    const project = await loadProject(host, id)
    const workflow = workflowOf(project, id)
    const input = await readInput(context, workflow, request.input)
    if (request.dryRun) {
      const missing = await missingSecrets({ ...project, secrets: workflow.definition.secrets }, host.folder)
      printDryRun({ project, workflow, input, missing }, context.output)
      return 0
    }
    if (request.detach) return await detach(context, host, { workflow, input, signals, env })
    return await drive(context, host, { project, workflow, input, signals }, request)
  })
}

/** What is started. */
type Started = {
  readonly workflow: CompiledWorkflow
  readonly input: Json
  readonly signals: readonly SignalToRun[]
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
  const view = await followAndAsk({ host, run, output, driven: true, from: 'start' }, personOf(options))
  const report = await runReport(host, run, view, request.workflow.id)
  printReport(report, output)
  output.object(reportObject(report))
  return exitCodeOfStatus(view.status)
}

async function detach(
  { output }: CommandContext,
  host: LocalHost,
  request: Started & { readonly env: string | undefined },
): Promise<number> {
  const workflow = request.workflow.id
  const run = await host.handOver({
    workflow,
    input: request.input,
    signals: request.signals,
    ...(request.env === undefined ? {} : { environment: request.env }),
    by: whoAsks(),
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
