import type { LocalHost } from '@wonder/host-local'
import { isTerminal, type RunStatus } from '@wonder/platform'
import type { Output } from './output.ts'
import { plural } from './quantity.ts'

/** A run that another one ordered, and those below it. */
export type RunBelow = {
  readonly run: string
  readonly workflow: string
  readonly status: RunStatus
  readonly children: readonly RunBelow[]
}

/** Runs that are told of one run. */
const most = 1_000

/** The runs that one ordered, oldest first, and theirs. */
export async function runsBelow(host: LocalHost, run: string): Promise<readonly RunBelow[]> {
  let left = most
  const below = async (parent: string): Promise<readonly RunBelow[]> => {
    const entries = left === 0 ? [] : await host.index.list({ parent, limit: left })
    left -= entries.length
    const found: RunBelow[] = []
    for (const { id, workflow, status } of entries.toReversed())
      found.push({ run: id, workflow, status, children: await below(id) })
    return found
  }
  return await below(run)
}

/** Those that only a person can move. */
export function stuck(runs: readonly RunBelow[]): readonly RunBelow[] {
  return runs.flatMap((run) => {
    const own = run.status === 'paused' || run.status.startsWith('blocked_') ? [run] : []
    return [...own, ...stuck(run.children)]
  })
}

/** Lines about the runs below one: each of them while they are few, else those that have not completed. */
export function printBelow(below: readonly RunBelow[], run: string, output: Output): void {
  if (below.length === 0) return
  const { paint } = output
  output.line(paint('bold', 'Runs that it ordered'))
  const shown = below.length <= 20 ? below : below.filter(({ status }) => status !== 'completed').slice(0, 20)
  for (const one of shown) printOne(one, 1, output)
  if (shown.length < below.length) {
    const rest = plural(below.length - shown.length, 'other')
    output.line(`  … and ${rest}: wonder runs list --parent ${run}`)
  }
  output.line()
}

function printOne({ run, workflow, status, children }: RunBelow, depth: number, output: Output): void {
  const { paint } = output
  const style = status === 'completed' ? 'green' : isTerminal(status) ? 'red' : 'cyan'
  const show = paint('dim', `wonder runs show ${run}`)
  output.line(`${'  '.repeat(depth)}${run}  ${workflow}  ${paint(style, status)}  ${show}`)
  for (const child of children.slice(0, 20)) printOne(child, depth + 1, output)
}
