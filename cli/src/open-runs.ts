import type { LocalHost } from '@wonder/host-local'
import { isTerminal, type RunStatus } from '@wonder/platform'
import type { Output } from './output.ts'
import { plural } from './quantity.ts'

/** Every status of a run that has not ended. */
export const openStatuses = (
  [
    'queued',
    'running',
    'waiting',
    'paused',
    'blocked_decision',
    'blocked_budget',
    'blocked_error',
    'stopping',
  ] as const satisfies readonly RunStatus[]
).filter((status) => !isTerminal(status))

/** One line about runs that were begun and have not ended, so that none is forgotten. */
export async function mentionOpenRuns(host: LocalHost, output: Output): Promise<void> {
  if (output.json || output.quiet) return
  const open = await host.index.list({ status: openStatuses, limit: 100 })
  if (open.length === 0) return
  const counts = new Map<string, number>()
  for (const { status } of open) counts.set(status, (counts.get(status) ?? 0) + 1)
  const parts = [...counts].map(([status, count]) => `${count} ${status.replace('_', ', ')}`).join(', ')
  const many = open.length === 100 ? '100 or more unfinished runs' : plural(open.length, 'unfinished run')
  output.note(output.paintNote('dim', `This project has ${many} (${parts}): wonder runs list --open`))
}
