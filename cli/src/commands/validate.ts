import type { CommandContext } from '../command-context.ts'
import { diagnosticsText } from '../failure.ts'
import { loadProject } from '../load-project.ts'
import { missingSecrets, missingSecretsText } from '../missing-secrets.ts'
import { noteWhenSlow } from '../note-when-slow.ts'
import { withHost } from '../open-host.ts'
import { plural } from '../quantity.ts'

/** `wonder validate` */
export async function validate(context: CommandContext, options: { readonly env?: string }): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read', env: options.env }, async (host) => {
    const project = await noteWhenSlow(output, 'Reading the project …', loadProject(host))
    const workflows = [...project.workflows.values()]
    const tools = new Set(workflows.flatMap((workflow) => Object.keys(workflow.definition.tools)))
    if (project.warnings.length > 0) output.line(`${await diagnosticsText(project.warnings, output)}\n`)
    const found = `${plural(workflows.length, 'workflow')} with ${plural(tools.size, 'tool')}`
    const warned = project.warnings.length === 0 ? '' : `, ${plural(project.warnings.length, 'warning')}`
    output.line(`${output.paint('green', '✓')} ${project.name}: no mistakes (${found}${warned})`)
    const missing = await missingSecrets(project, host.folder)
    const text = missingSecretsText(missing)
    if (text !== undefined) output.line(output.paint('yellow', text))
    output.object({
      ok: true,
      project: project.name,
      workflows: workflows.map(({ id, file }) => ({ id, file })),
      tools: [...tools].sort(),
      warnings: project.warnings,
      missing_secrets: missing.map(({ name }) => name),
    })
  })
}
