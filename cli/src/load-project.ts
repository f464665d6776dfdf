import { nearest, WonderError } from '@wonder/errors'
import type { LocalHost, Project, Workflow } from './host-api.ts'
import { plural } from './quantity.ts'

/** The compiled project; its mistakes are one `invalid_project`, with all of them in the details. */
export async function loadProject(host: LocalHost, workflow?: string): Promise<Project> {
  const result = await host.loadProject(workflow === undefined ? {} : { workflow })
  if (result.ok) return result.project
  const { diagnostics } = result
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  throw new WonderError('invalid_project', `The project has ${plural(errors, 'mistake')}; nothing was run`, {
    details: { diagnostics },
  })
}

export function workflowOf(project: Project, id: string): Workflow {
  const workflow = project.workflows.get(id)
  if (workflow !== undefined) return workflow
  const ids = [...project.workflows.keys()].sort()
  const near = nearest(id, ids)
  const list = ids.length === 0 ? 'It has none.' : `It has: ${ids.join(', ')}.`
  throw new WonderError('workflow_not_found', `There is no workflow "${id}" in project "${project.name}"`, {
    details: { hint: near === undefined ? list : `Did you mean "${near}"?  ${list}`, workflows: ids },
  })
}
