import type { PermitsOfKey } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { withHost } from '../open-host.ts'
import type { Output } from '../output.ts'
import { formatAgo } from '../quantity.ts'

/** Who waits is told by number beyond so many. */
const mostNamed = 5

/** `wonder limits` */
export async function limits(context: CommandContext, options: { readonly releaseEnded?: true }): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read' }, async (host) => {
    const released = options.releaseEnded ? await host.reconcileLimits() : 0
    if (released > 0) output.note(`Released ${released} of runs that have ended.`)
    const keys = await host.limits.permits()
    if (keys.length === 0) output.line('No key is in use.')
    for (const key of keys) printKey(key, output)
    output.object({ keys, ...(options.releaseEnded ? { released } : {}) })
  })
}

function printKey({ key, limit, holders, waiting }: PermitsOfKey, output: Output): void {
  const now = Date.now()
  output.line(`${output.paint('bold', key)}  ${holders.length} of ${limit} held, ${waiting.length} waiting`)
  for (const { run, request, since, superseded } of holders) {
    const what = request === '' ? 'the run' : 'a task'
    const note = superseded ? output.paint('yellow', '  being cancelled for a younger one') : ''
    output.line(`  ${output.paint('green', 'holds')}  ${run}  ${what}, ${formatAgo(since, now)}${note}`)
  }
  for (const { run, request, since } of waiting.slice(0, mostNamed)) {
    const what = request === '' ? 'the run' : 'a task'
    output.line(`  ${output.paint('dim', 'waits')}  ${run}  ${what}, ${formatAgo(since, now)}`)
  }
  if (waiting.length > mostNamed) output.line(output.paint('dim', `  and ${waiting.length - mostNamed} more`))
}
