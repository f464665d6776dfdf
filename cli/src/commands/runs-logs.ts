import type { Definition, OutlineItem } from '@wonder/engine'
import { nearest, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import { isTerminal, type LogLevel, type StoredLogLine } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { withHost } from '../open-host.ts'
import type { Output } from '../output.ts'

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const pageSize = 1000
/** How often a followed log is asked for more, in ms. */
const pollInterval = 250

export type LogOptions = { readonly task?: string; readonly level?: string; readonly follow?: true }

/** `wonder runs logs RUN` */
export async function runLogs(context: CommandContext, word: string, options: LogOptions): Promise<void> {
  const { output } = context
  const level = levels.find((candidate) => candidate === (options.level ?? 'debug'))
  if (level === undefined) {
    throw new WonderError('invalid_usage', `There is no log level "${options.level}"`, {
      details: { hint: `There are: ${levels.join(', ')}` },
    })
  }
  await withHost(context, { role: 'read' }, async (host) => {
    const { id } = await findRun(host.index, word)
    const node = options.task === undefined ? undefined : nodeOfTask(await host.definition(id), options.task)
    const filter = { run: id, level, ...(node === undefined ? {} : { node }) }
    const lines: StoredLogLine[] = []
    let after = 0
    const more = async () => {
      for (;;) {
        const page = await host.logs.query({ ...filter, after, limit: pageSize })
        for (const line of page) {
          after = line.position
          if (options.follow) output.object(line)
          else if (output.json) lines.push(line)
          printLine(line, output)
        }
        if (page.length < pageSize) return
      }
    }
    await host.logs.flush()
    await more()
    while (options.follow && (await goesOn(host, id))) {
      await new Promise((resolve) => setTimeout(resolve, pollInterval))
      await more()
    }
    if (options.follow) await more()
    else output.object({ run: id, lines })
  })
}

async function goesOn(host: LocalHost, run: string): Promise<boolean> {
  const entry = await host.status(run)
  return entry !== null && !isTerminal(entry.status) && entry.status !== 'paused' && !entry.status.startsWith('blocked')
}

function printLine(line: StoredLogLine, output: Output): void {
  const time = new Date(line.time).toISOString().slice(11, 23)
  const text = line.level === 'error' ? output.paint('red', line.text) : line.text
  output.line(`${output.paint('dim', `${time}  ${(line.node ?? '').padEnd(12)}`)}  ${text}`)
}

function nodeOfTask(definition: Definition, task: string): string {
  const all = (items: readonly OutlineItem[]): OutlineItem[] =>
    items.flatMap((item) => [item, ...all(item.children ?? [])])
  const items = all(definition.outline)
  const found = items.find((item) => item.id === task)
  if (found !== undefined) return found.node
  const ids = items.map(({ id }) => id)
  const near = nearest(task, ids)
  throw new WonderError('invalid_usage', `There is no task "${task}" in workflow "${definition.workflow}"`, {
    details: { hint: `${near === undefined ? '' : `Did you mean "${near}"?  `}There are: ${ids.join(', ')}` },
  })
}
