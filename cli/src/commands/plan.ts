import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { CompiledWorkflow } from '@wonder/language'
import type { CommandContext } from '../command-context.ts'
import { type DryRun, dryRunObject, dryRunSections, inputLines, printSections } from '../dry-run.ts'
import { readInputPairs } from '../input-pairs.ts'
import { loadProject, workflowOf } from '../load-project.ts'
import { missingSecrets } from '../missing-secrets.ts'
import { noteWhenSlow } from '../note-when-slow.ts'
import { withHost } from '../open-host.ts'
import { outlineLines } from '../outline-lines.ts'
import type { Output } from '../output.ts'
import type { PlanGraph } from '../plan/plan-graph.ts'
import { workflowGraph } from '../plan/workflow-graph.ts'
import { secretsOf } from '../plan/workflow-needs.ts'
import { planInput } from '../plan-input.ts'

export type PlanRequest = {
  readonly workflow: string
  readonly input: readonly string[]
  readonly env?: string
  /** File that the picture is written to. */
  readonly svg?: string
}

/** `wonder plan`: the graph, and what a run would need. Nothing is run or stored. */
export async function plan(context: CommandContext, request: PlanRequest): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read', env: request.env }, async (host) => {
    const project = await noteWhenSlow(output, 'Reading the project …', loadProject(host, request.workflow))
    const workflow = workflowOf(project, request.workflow)
    const { input, required } = planInput(workflow, await readInputPairs(request.input))
    const missing = await missingSecrets(
      { ...project, secrets: secretsOf(workflow.definition, workflow.workflows) },
      host.folder,
    )
    const graph = workflowGraph(workflow.definition, input)
    const dryRun: DryRun = { project, workflow, input, missing }
    if (request.svg !== undefined) await writePicture(request.svg, graph, workflow)
    if (!output.json) {
      await printGraph(graph, workflow, output)
      const asked = required.map((name) => `${name}: required`)
      printSections([{ title: 'Input', lines: [...inputLines(input), ...asked] }, ...dryRunSections(dryRun)], output)
    }
    const { nodes, edges, groups, start } = graph
    output.object({
      ...dryRunObject(dryRun),
      required,
      ...(start === undefined ? {} : { start }),
      nodes,
      edges,
      groups,
    })
    if (request.svg !== undefined) output.note(`\nThe picture is in ${request.svg}`)
  })
}

async function printGraph(graph: PlanGraph, workflow: CompiledWorkflow, output: Output): Promise<void> {
  const { paint } = output
  output.line(`${paint('bold', workflow.name ?? workflow.id)}${paint('dim', `  ${workflow.file}`)}`)
  if (workflow.description !== undefined) output.line(workflow.description.trim().replace(/\s+/g, ' '))
  output.line()
  const { createLayout } = await import('../plan/layout.ts')
  const { fitTerminal } = await import('../plan/fit-terminal.ts')
  const { default: measure } = await import('string-width')
  const width = columnsOf(output)
  const lines = await fitTerminal(graph, await createLayout(), { width, measure, paint })
  for (const line of lines ?? outlineLines(workflow.definition.outline)) output.line(line)
  if (lines === undefined) {
    const command = paint('bold', `wonder plan ${workflow.id} --svg plan.svg`)
    output.line(`\nThe graph is too large for ${width} columns. As a picture: ${command}`)
  }
}

async function writePicture(file: string, graph: PlanGraph, workflow: CompiledWorkflow): Promise<void> {
  const { createLayout } = await import('../plan/layout.ts')
  const { fitPicture } = await import('../plan/fit-picture.ts')
  const { svgDrawing } = await import('../plan/svg-drawing.ts')
  const { default: measure } = await import('string-width')
  const drawing = await fitPicture(graph, await createLayout(), measure)
  const description = workflow.description ?? `${graph.nodes.length} tasks`
  const svg = svgDrawing(drawing, { title: workflow.name ?? workflow.id, description })
  try {
    await writeFile(resolve(file), svg)
  } catch (cause) {
    throw new WonderError('file_not_written', `Cannot write the picture to "${file}"`, {
      details: { hint: cause instanceof Error ? cause.message : String(cause) },
      cause,
    })
  }
}

/** Columns of the terminal; COLUMNS, then 100, where the output goes elsewhere. */
function columnsOf({ stdout }: Output): number {
  const told = Number(process.env.COLUMNS)
  return stdout.columns ?? (Number.isInteger(told) && told > 0 ? told : 100)
}
