import { type BudgetDef, type BudgetName, budgetNames, type RunState, wallTime } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { withHost } from '../open-host.ts'
import type { PersonOptions } from '../person.ts'
import { formatDuration, parseDuration } from '../quantity.ts'
import { goOn } from './runs-resume.ts'
import { send } from './runs-steer.ts'

/** As typed: the names of budgets, `wallTime` a duration. */
export type BudgetOptions = {
  readonly env?: string
  readonly wallTime?: string
  readonly steps?: string
  readonly retries?: string
  readonly toolCalls?: string
  readonly tokens?: string
  readonly costUsd?: string
  readonly width?: string
} & PersonOptions

/** `wonder runs budget RUN`: what is used of each limit; with options, new limits, and the run goes on. Its exit code. */
export async function runBudget(context: CommandContext, word: string, options: BudgetOptions): Promise<number> {
  const budget = readBudget(options)
  const { output } = context
  if (budget === null) {
    await withHost(context, { role: 'read' }, async (host) => {
      const { id: run, workflow } = await findRun(host.index, word)
      const { state, view } = await host.past.at(run)
      const rows = usageRows(state)
      output.line(`${output.paint('bold', workflow)}  ${run}  ${view.status}`)
      for (const row of rows) output.line(rowText(row))
      output.object({
        run,
        workflow,
        status: view.status,
        budget: Object.fromEntries(rows.map(({ name, ...row }) => [name, row])),
      })
    })
    return 0
  }
  return await goOn(context, { word, options, verb: 'raise the budget of' }, async (host, run) => {
    await send(host, run, { kind: 'raise_budget', budget })
  })
}

type Row = {
  readonly name: BudgetName
  readonly used: number
  readonly reserved: number
  readonly limit: number | null
  readonly waiting: number
}

function usageRows(state: RunState): readonly Row[] {
  const { budget, usage } = state
  return budgetNames
    .filter((name) => name !== 'width' || budget?.limits.width !== undefined)
    .map((name) => ({
      name,
      used:
        name === 'wall_time'
          ? wallTime(state, state.ended === null ? Date.now() : state.time)
          : name === 'width'
            ? 0
            : usage[name],
      reserved: budget !== null && name in budget.reserved ? budget.reserved[name as keyof typeof budget.reserved] : 0,
      limit: budget?.limits[name] ?? null,
      waiting: budget?.queues[name].size ?? 0,
    }))
}

function rowText({ name, used, reserved, limit, waiting }: Row): string {
  const text = (amount: number) => (name === 'wall_time' ? formatDuration(amount) : String(amount))
  const of = limit === null ? 'no limit' : `of ${text(limit)}`
  const more = [
    ...(reserved === 0 ? [] : [`${text(reserved)} reserved`]),
    ...(waiting === 0 ? [] : [`${waiting} ${waiting === 1 ? 'task waits' : 'tasks wait'}`]),
  ]
  return `${name.padEnd(10)}  ${text(used).padStart(8)}  ${of}${more.length === 0 ? '' : `  (${more.join(', ')})`}`
}

function readBudget(options: BudgetOptions): BudgetDef | null {
  const given = {
    wall_time: options.wallTime === undefined ? undefined : duration(options.wallTime),
    steps: amount('steps', options.steps),
    retries: amount('retries', options.retries),
    tool_calls: amount('tool-calls', options.toolCalls),
    tokens: amount('tokens', options.tokens),
    cost_usd: amount('cost-usd', options.costUsd),
    width: amount('width', options.width),
  }
  const named = Object.entries(given).filter(([, value]) => value !== undefined)
  return named.length === 0 ? null : (Object.fromEntries(named) as BudgetDef)
}

function amount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text.replaceAll('_', ''))
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new WonderError('invalid_usage', `--${option} takes a number from 0, and it is "${text}"`)
}

function duration(text: string): number {
  const value = parseDuration(text)
  if (value !== undefined) return value
  throw new WonderError('invalid_usage', `--wall-time takes a duration such as 30m or 2h, and it is "${text}"`)
}
