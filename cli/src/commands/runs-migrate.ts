import { fromErrorBody, WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { loadProject, workflowOf } from '../load-project.ts'
import { whoAsks, withHost } from '../open-host.ts'

/** `wonder runs migrate RUN`: a run that has not ended follows the workflow as its files are now. */
export async function migrateRun(context: CommandContext, word: string, options: { env?: string }): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read', env: options.env }, async (host) => {
    const { id, workflow } = await findRun(host.index, word)
    const revision = workflowOf(await loadProject(host, workflow), workflow)
    const answer = await host.past.migrate(id, revision, whoAsks())
    if (answer.status === 'refused') {
      if (answer.error !== undefined) throw fromErrorBody(answer.error)
      throw new WonderError('invalid_transition', `Cannot migrate run "${id}" in its present status`)
    }
    const { definition, status } = await host.past.present(id)
    output.line(`${workflow} ${id} follows the present revision of its workflow`)
    output.object({ run: id, workflow, status, definition })
  })
}
