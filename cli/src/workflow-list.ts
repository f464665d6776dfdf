import type { CompiledWorkflow, InputField, Project } from '@wonder/language'
import type { Output } from './output.ts'

/** The workflows of a project with the inputs that each takes. */
export function listWorkflows(project: Project, output: Output): void {
  const { paint } = output
  const workflows = [...project.workflows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  if (workflows.length === 0) output.line('The project has no workflows. They are written in workflows/*.yaml.')
  for (const workflow of workflows) {
    output.line(
      `${paint('bold', workflow.id)}${workflow.description === undefined ? '' : `  ${oneLine(workflow.description)}`}`,
    )
    const width = Math.max(0, ...workflow.inputs.map(({ name }) => name.length))
    for (const input of workflow.inputs) {
      const note = input.description === undefined ? '' : `  ${paint('dim', oneLine(input.description))}`
      output.line(`  ${input.name.padEnd(width)}  ${typeText(input)}${note}`)
    }
    output.line(paint('dim', `  ${commandOf(workflow)}`))
    output.line()
  }
  output.object({
    project: project.name,
    workflows: workflows.map(({ id, name, description, file, inputs }) => ({ id, name, description, file, inputs })),
  })
}

function typeText(input: InputField): string {
  if (input.default !== undefined) return `${input.type} = ${JSON.stringify(input.default)}`
  return input.required ? `${input.type}, required` : `${input.type}, may be left out`
}

/** How the workflow is run, with a place for each input that it needs. */
function commandOf(workflow: CompiledWorkflow): string {
  const needed = workflow.inputs.filter(({ required }) => required).map(({ name }) => ` ${name}=…`)
  return `wonder run ${workflow.id}${needed.join('')}`
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}
