import { parseDuration } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { withHost } from '../open-host.ts'
import { formatAgo, formatDuration } from '../quantity.ts'

/** `wonder cache list` */
export async function listCache(context: CommandContext): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read' }, async ({ cache }) => {
    const results = await cache.list()
    const now = Date.now()
    if (results.length === 0) output.line('No results are kept. A task with `cache` keeps its result.')
    const width = Math.max(0, ...results.map(({ workflow, task }) => workflow.length + task.length + 1))
    for (const { workflow, task, run, stored, expires } of results) {
      const until = expires === null ? 'kept until it is cleared' : `expires in ${formatDuration(expires - now)}`
      const place = `${workflow}.${task}`.padEnd(width)
      output.line(`${place}  ${formatAgo(stored, now).padEnd(14)}  ${output.paint('dim', `${until}  ${run}`)}`)
    }
    output.object({ results })
  })
}

/** `wonder cache clear` */
export async function clearCache(context: CommandContext, options: { readonly olderThan?: string }): Promise<void> {
  const { olderThan } = options
  const age = olderThan === undefined ? undefined : parseDuration(olderThan)
  if (olderThan !== undefined && age === undefined) {
    throw new WonderError('invalid_usage', `Cannot clear what is older than "${olderThan}": write a time such as 7d`)
  }
  await withHost(context, { role: 'read' }, async ({ cache }) => {
    const removed = await cache.clear(age === undefined ? {} : { before: Date.now() - age })
    context.output.line(removed === 1 ? 'Removed 1 result.' : `Removed ${removed} results.`)
    context.output.object({ removed })
  })
}
