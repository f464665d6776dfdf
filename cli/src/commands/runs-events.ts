import { type RunEvent, type RunRecord, RunView } from '@wonder/engine'
import type { CommandContext } from '../command-context.ts'
import { eventText } from '../event-text.ts'
import { findRun } from '../find-run.ts'
import { isResting } from '../follow-run.ts'
import { withHost } from '../open-host.ts'
import type { Output } from '../output.ts'

/** `wonder runs events RUN` */
export async function runEvents(
  context: CommandContext,
  word: string,
  options: { readonly follow?: true },
): Promise<void> {
  await withHost(context, { role: 'read' }, async (host) => {
    const { id } = await findRun(host.index, word)
    const view = new RunView(await host.definition(id))
    const rested = Promise.withResolvers<void>()
    const take = (record: RunRecord) => {
      if (record.number <= view.version) return
      view.apply(record)
      printRecord(record, context.output)
      if (isResting(view)) setImmediate(() => isResting(view) && rested.resolve())
    }
    for (const record of await host.records(id)) take(record)
    if (!options.follow || isResting(view)) return
    const unwatch = await host.watch(id, { after: view.version, onRecord: take, onLog: () => {} })
    await rested.promise
    unwatch()
  })
}

function printRecord(record: RunRecord, output: Output): void {
  const time = new Date(record.time).toISOString()
  record.events.forEach((event: RunEvent, index) => {
    output.object({ record: record.number, index, time: record.time, ...event })
    const place = `${record.number}.${index}`.padEnd(7)
    output.line(`${output.paint('dim', `${place} ${time}`)}  ${eventText(event, output.paint)}`)
  })
}
