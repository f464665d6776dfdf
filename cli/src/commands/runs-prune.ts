import { WonderError } from '@wonder/errors'
import type { PruneRequest } from '@wonder/host-local'
import { isTerminal } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { withHost } from '../open-host.ts'
import { parseDuration, plural } from '../quantity.ts'
import { readStatuses } from './runs-list.ts'

export type PruneOptions = {
  readonly olderThan?: string
  readonly keep?: string
  readonly status?: string
  readonly dryRun?: true
  readonly yes?: true
}

/** `wonder runs prune`: removes ended runs for good. */
export async function pruneRuns(context: CommandContext, options: PruneOptions): Promise<void> {
  const { output } = context
  const status = options.status === undefined ? undefined : readStatuses(options.status)
  const open = status?.find((one) => !isTerminal(one))
  if (open !== undefined) {
    throw new WonderError('invalid_usage', `Cannot remove runs that are ${open}: only runs that have ended are removed`)
  }
  const asked = readLimits(options)
  await withHost(context, { role: 'read' }, async (host) => {
    const limits = asked ?? limitsOf(await host.retention())
    const request: PruneRequest = { ...limits, ...(status === undefined ? {} : { status }) }
    const would = await host.prune({ ...request, dryRun: true })
    if (options.dryRun || would.count === 0) {
      output.line(would.count === 0 ? 'No run is to be removed.' : `${plural(would.count, 'run')} would be removed:`)
      for (const run of would.runs) output.line(`  ${run}`)
      output.object({ removed: 0, would_remove: would.count, runs: would.runs })
      return
    }
    if (!options.yes) await confirm(output.interactive, would.count)
    const removed = await host.prune(request)
    output.line(`${plural(removed.count, 'run')} removed`)
    output.object({ removed: removed.count, runs: removed.runs })
  })
}

async function confirm(interactive: boolean, count: number): Promise<void> {
  const runs = plural(count, 'run')
  if (interactive) {
    const { confirm: ask } = await import('@clack/prompts')
    const message = `Remove ${runs} with all that ${count === 1 ? 'it' : 'they'} made, for good?`
    if ((await ask({ message, initialValue: false, output: process.stderr })) === true) return
  }
  throw new WonderError('not_confirmed', `${runs} would be removed for good; nothing was`, {
    details: { hint: 'See which with --dry-run; remove them with --yes' },
  })
}

/** Undefined: none was given. */
function readLimits({ olderThan, keep }: PruneOptions): PruneRequest | undefined {
  if (olderThan === undefined && keep === undefined) return undefined
  const age = olderThan === undefined ? undefined : parseDuration(olderThan)
  if (olderThan !== undefined && age === undefined) {
    throw new WonderError('invalid_usage', `Cannot read --older-than "${olderThan}": expected a duration`, {
      details: { hint: 'For example: 12h, 30d' },
    })
  }
  if (keep !== undefined && !/^\d{1,9}$/.test(keep)) {
    throw new WonderError('invalid_usage', `Cannot keep "${keep}" runs: --keep is a number from 0`)
  }
  return limitsOf({
    ...(age === undefined ? {} : { keepFor: age }),
    ...(keep === undefined ? {} : { keep: Number(keep) }),
  })
}

function limitsOf({ keepFor, keep }: { readonly keepFor?: number; readonly keep?: number }): PruneRequest {
  if (keepFor === undefined && keep === undefined) {
    throw new WonderError('invalid_usage', 'Cannot tell which runs to remove: say how old or how many', {
      details: {
        hint: 'For example: wonder runs prune --older-than 30d, or settings: { retention: { keep_for: 30d } } in wonder.yaml',
      },
    })
  }
  return {
    ...(keepFor === undefined ? {} : { before: Date.now() - keepFor }),
    ...(keep === undefined ? {} : { keep }),
  }
}
