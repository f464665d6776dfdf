import { nearest, WonderError } from '@wonder/errors'
import { isTerminal, type RunFilter, type RunIndexEntry, type RunStatus, terminalStatuses } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { withHost } from '../open-host.ts'
import { openStatuses } from '../open-runs.ts'
import type { Output } from '../output.ts'
import type { Style } from '../paint.ts'
import { formatAgo, formatDuration } from '../quantity.ts'

export type ListOptions = {
  readonly status?: string
  readonly workflow?: string
  readonly open?: true
  readonly limit?: string
  readonly before?: string
  readonly parent?: string
  readonly children?: true
}

/** `wonder runs list` */
export async function listRuns(context: CommandContext, options: ListOptions): Promise<void> {
  const limit = Number(options.limit ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new WonderError('invalid_usage', `Cannot list ${options.limit} runs: --limit is a number from 1 to 1000`)
  }
  const status = options.status === undefined ? undefined : readStatuses(options.status)
  await withHost(context, { role: 'read' }, async ({ index }) => {
    const parent = options.parent === undefined ? null : (await findRun(index, options.parent)).id
    const filter: RunFilter = {
      limit,
      ...(options.children ? {} : { parent }),
      ...(status === undefined ? (options.open ? { status: openStatuses } : {}) : { status }),
      ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
      ...(options.before === undefined ? {} : { before: (await findRun(index, options.before)).id }),
    }
    const runs = await index.list(filter)
    printRuns(runs, context.output)
    const oldest = runs.at(-1)
    if (runs.length === limit && oldest !== undefined) {
      context.output.note(
        context.output.paintNote(
          'dim',
          `Older ones: wonder runs list${parent === null ? '' : ` --parent ${parent}`} --before ${oldest.id}`,
        ),
      )
    }
    context.output.object({ runs })
  })
}

const statusStyles: { readonly [status in RunStatus]: Style } = {
  queued: 'dim',
  running: 'cyan',
  waiting: 'cyan',
  paused: 'yellow',
  blocked_decision: 'yellow',
  blocked_budget: 'yellow',
  blocked_error: 'yellow',
  stopping: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'dim',
  timed_out: 'red',
}

function printRuns(runs: readonly RunIndexEntry[], output: Output): void {
  if (runs.length === 0) {
    output.line('No runs.')
    return
  }
  const now = Date.now()
  const workflowWidth = Math.max(8, ...runs.map(({ workflow }) => workflow.length))
  const statusWidth = Math.max(6, ...runs.map(({ status }) => status.length))
  output.line(
    output.paint(
      'dim',
      `${'RUN'.padEnd(26)}  ${'WORKFLOW'.padEnd(workflowWidth)}  ${'STATUS'.padEnd(statusWidth)}  STARTED`,
    ),
  )
  for (const { id, workflow, status, created, updated, ended } of runs) {
    const took = isTerminal(status) ? `, took ${formatDuration((ended ?? updated) - created)}` : ''
    const painted = output.paint(statusStyles[status], status.padEnd(statusWidth))
    output.line(`${id.padEnd(26)}  ${workflow.padEnd(workflowWidth)}  ${painted}  ${formatAgo(created, now)}${took}`)
  }
}

/** Statuses with commas between them. Throws `invalid_usage`. */
export function readStatuses(text: string): readonly RunStatus[] {
  const known: readonly RunStatus[] = [...openStatuses, ...terminalStatuses]
  return text.split(',').map((word) => {
    const status = known.find((candidate) => candidate === word.trim())
    if (status !== undefined) return status
    const near = nearest(word, known)
    throw new WonderError('invalid_usage', `There is no status "${word}"`, {
      details: { hint: `${near === undefined ? '' : `Did you mean "${near}"?  `}There are: ${known.join(', ')}` },
    })
  })
}
