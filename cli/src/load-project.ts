import { nearest, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CompiledWorkflow, Project } from '@wonder/language'
import { plural } from './quantity.ts'

/** The compiled project; its mistakes are one `invalid_project`, with all of them in the details. */
export async function loadProject(host: LocalHost, workflow?: string): Promise<Project> {
  const result = await host.loadProject(workflow === undefined ? {} : { workflow })
  if (result.ok) return result.project
  const { diagnostics } = result
  const [first] = diagnostics
  if (first?.code === 'unknown_workflow' && diagnostics.length === 1) {
    const details = first.help === undefined ? {} : { hint: first.help }
    throw new WonderError('unknown_workflow', `Cannot run it: ${first.message}`, { details })
  }
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  throw new WonderError('invalid_project', `The project has ${plural(errors, 'mistake')}; nothing was run`, {
    details: { diagnostics },
  })
}

export function workflowOf(project: Project, id: string): CompiledWorkflow {
  const workflow = project.workflows.get(id)
  if (workflow !== undefined) return workflow
  const ids = [...project.workflows.keys()].sort()
  const near = nearest(id, ids)
  const list = ids.length === 0 ? 'It has none.' : `It has: ${ids.join(', ')}.`
  throw new WonderError('unknown_workflow', `There is no workflow "${id}" in project "${project.name}"`, {
    details: { hint: near === undefined ? list : `Did you mean "${near}"?  ${list}`, workflows: ids },
  })
}
