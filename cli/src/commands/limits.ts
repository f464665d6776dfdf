import type { PermitsOfKey, ProjectBudget } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { withHost } from '../open-host.ts'
import type { Output } from '../output.ts'
import { formatAgo, formatDuration } from '../quantity.ts'
import { raiseProject } from '../raise-project.ts'

/** Who waits is told by number beyond so many. */
const mostNamed = 5

export type LimitsOptions = {
  readonly releaseEnded?: true
  /** As typed: `tokens=500000`. */
  readonly raise?: readonly string[]
  readonly env?: string
}

/** `wonder limits` */
export async function limits(context: CommandContext, options: LimitsOptions): Promise<void> {
  const { output } = context
  const { raise = [], env } = options
  // Who raises a limit drives the runs that go on by it, where nobody else does.
  await withHost(context, { role: raise.length > 0 ? 'run' : 'read', env }, async (host) => {
    const released = options.releaseEnded ? await host.reconcileLimits() : 0
    if (released > 0) output.note(`Released ${released} of runs that have ended.`)
    if (raise.length > 0) await raiseProject(host, raise)
    const budgets = await host.limits.budgets()
    const keys = await host.limits.permits()
    for (const budget of budgets) printBudget(budget, output)
    if (keys.length === 0) output.line('No key is in use.')
    for (const key of keys) printKey(key, output)
    output.object({ budgets, keys, ...(options.releaseEnded ? { released } : {}) })
  })
}

function printBudget({ project, limits, used, reserved, waiting }: ProjectBudget, output: Output): void {
  const names = Object.keys(limits)
  if (names.length === 0) return
  output.line(`${output.paint('bold', project)}  the budget of the project`)
  for (const name of names) {
    const text = (amount = 0) => (name === 'wall_time' ? formatDuration(amount) : String(amount))
    const waits = waiting.filter(({ amounts }) => amounts[name] !== undefined).length
    const more = [
      ...((reserved[name] ?? 0) === 0 ? [] : [`${text(reserved[name])} reserved`]),
      ...(waits === 0 ? [] : [`${waits} waiting`]),
    ]
    const tail = more.length === 0 ? '' : `  (${more.join(', ')})`
    output.line(`  ${name.padEnd(10)}  ${text(used[name]).padStart(8)}  of ${text(limits[name])}${tail}`)
  }
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
