import { type ErrorBody, toErrorBody, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { RunIndexEntry } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { whoAsks, withHost } from '../open-host.ts'
import { parseDuration, plural } from '../quantity.ts'
import { followNew, presentRevision } from './runs-fork.ts'

export type RetryOptions = {
  readonly failed?: true
  readonly workflow?: string
  readonly since?: string
  readonly limit: string
  readonly definition?: string
  readonly restartChildren?: true
  readonly env?: string
}

/** What became of one of the runs. */
type Retried = { readonly from: string; readonly run?: string; readonly status?: string; readonly error?: ErrorBody }

/** `wonder runs retry RUN…` or `--failed`: forks each at the record before it failed. Exit code 0 when all complete. */
export async function retryRuns(
  context: CommandContext,
  words: readonly string[],
  options: RetryOptions,
): Promise<number> {
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new WonderError('invalid_usage', `Cannot retry ${options.limit} runs: --limit is a number from 1 to 1000`)
  }
  if ((words.length === 0) !== (options.failed === true)) {
    throw new WonderError('invalid_usage', 'Cannot tell which runs to retry: name runs, or say --failed', {
      details: { hint: 'For example: wonder runs retry last, or wonder runs retry --failed --since 1h' },
    })
  }
  const since = readSince(options.since)
  const { output } = context
  return await withHost(context, { role: 'run', env: options.env }, async (host) => {
    const runs = words.length === 0 ? await failedRuns(host, options.workflow, since, limit) : await named(host, words)
    const retry = async ({ id, workflow }: RunIndexEntry) => {
      const revision = await presentRevision(host, workflow, options.definition)
      return await host.past.retry({
        run: id,
        by: whoAsks(),
        ...(revision === undefined ? {} : { workflow: revision }),
        ...(options.restartChildren === undefined ? {} : { restartChildren: true }),
      })
    }
    const [only] = runs
    if (words.length === 1 && only !== undefined) {
      const run = await retry(only)
      output.note(`Run ${run} goes on where ${only.id} failed.`)
      return await followNew(host, { run, workflow: only.workflow, from: { run: only.id } }, output)
    }
    const retried: Retried[] = []
    for (const entry of runs) retried.push(await begun(entry.id, () => retry(entry)))
    const done = await Promise.all(retried.map((one) => rested(host, one)))
    output.object({ retried: done })
    for (const { from, run, status, error } of done) {
      const after = error === undefined ? `${run}  ${status}` : output.paint('red', error.message)
      output.line(`${from}  →  ${after}`)
    }
    const completed = done.filter(({ status }) => status === 'completed').length
    output.line(runs.length === 0 ? 'No run has failed.' : `${completed} of ${plural(runs.length, 'run')} completed`)
    return completed === runs.length ? 0 : 1
  })
}

/** One that cannot be retried leaves the others as they are. */
async function begun(from: string, retry: () => Promise<string>): Promise<Retried> {
  try {
    return { from, run: await retry() }
  } catch (thrown) {
    return { from, error: toErrorBody(thrown) }
  }
}

async function rested(host: LocalHost, retried: Retried): Promise<Retried> {
  if (retried.run === undefined) return retried
  return { ...retried, status: await host.whenResting(retried.run) }
}

async function named(host: LocalHost, words: readonly string[]): Promise<readonly RunIndexEntry[]> {
  const found: RunIndexEntry[] = []
  for (const word of words) found.push(await findRun(host.index, word))
  return found
}

async function failedRuns(
  host: LocalHost,
  workflow: string | undefined,
  since: number,
  limit: number,
): Promise<readonly RunIndexEntry[]> {
  const runs = await host.index.list({
    status: ['failed', 'timed_out'],
    limit,
    ...(workflow === undefined ? {} : { workflow }),
  })
  return runs.filter(({ ended, updated }) => (ended ?? updated) >= since)
}

/** Epoch ms: `2h` ago, or a date. */
function readSince(text: string | undefined): number {
  if (text === undefined) return 0
  const duration = parseDuration(text)
  const time = duration === undefined ? Date.parse(text) : Date.now() - duration
  if (!Number.isNaN(time)) return time
  throw new WonderError('invalid_usage', `Cannot read --since "${text}": expected a duration or a date`, {
    details: { hint: 'For example: 2h, 3d, 2026-01-31, 2026-01-31T08:00Z' },
  })
}
