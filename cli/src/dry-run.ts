import type { Json } from '@wonder/engine'
import type { CompiledWorkflow, Project, SecretName } from '@wonder/language'
import { outlineLines, outlineObject } from './outline-lines.ts'
import type { Output } from './output.ts'
import { needsSections, type Section } from './plan/needs-sections.ts'
import { workflowLimits } from './plan/workflow-limits.ts'
import { workflowNeeds } from './plan/workflow-needs.ts'
import { outputText } from './run-text.ts'

export type DryRun = {
  readonly project: Project
  readonly workflow: CompiledWorkflow
  readonly input: Json
  /** Secrets of the workflow that have no value here. */
  readonly missing: readonly SecretName[]
}

/** What a run would do and what it would need; nothing is run or stored. `wonder plan` shows it with the graph. */
export function printDryRun(request: DryRun, output: Output): void {
  const { workflow, input } = request
  const { outline } = workflow.definition
  output.line(`${output.paint('green', '✓')} ${workflow.id} would run (${workflow.file}); nothing was run`)
  printSections(
    [
      { title: 'Input', lines: inputLines(input) },
      { title: 'Tasks', lines: outlineLines(outline) },
    ],
    output,
  )
  printSections(dryRunSections(request), output)
  output.object(dryRunObject(request))
}

/** What is needed and limited, for people. */
export function dryRunSections({ project, workflow, missing }: DryRun): readonly Section[] {
  const { definition } = workflow
  return needsSections(
    workflowNeeds(definition, workflow.workflows),
    workflowLimits(definition, project.settings.budget),
    missing,
  )
}

/** The same for programs, with the input and the tasks. */
export function dryRunObject({ project, workflow, input, missing }: DryRun): object {
  const { definition } = workflow
  return {
    workflow: workflow.id,
    project: project.name,
    file: workflow.file,
    input,
    tasks: definition.outline.map(outlineObject),
    ...workflowNeeds(definition, workflow.workflows),
    missing_secrets: missing.map(({ name }) => name),
    limits: workflowLimits(definition, project.settings.budget),
  }
}

export function printSections(sections: readonly Section[], output: Output): void {
  for (const { title, lines } of sections) {
    if (lines.length === 0) continue
    output.line()
    output.line(output.paint('bold', title))
    for (const line of lines) output.line(`  ${line}`)
  }
}

export function inputLines(input: Json): string[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return []
  return Object.entries(input).map(([name, value]) => outputText(name, value).slice(2))
}
