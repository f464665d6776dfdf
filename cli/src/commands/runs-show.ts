import { RunView } from '@wonder/engine'
import { checkpointLine } from '../checkpoint-lines.ts'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { catchUp } from '../follow-run.ts'
import { withHost } from '../open-host.ts'
import { formatAgo } from '../quantity.ts'
import { printReport, reportObject, runReport } from '../run-report.ts'
import { outputText } from '../run-text.ts'
import { printBelow, runsBelow } from '../runs-below.ts'
import { paintLine, treeLines } from '../tree-lines.ts'

/** `wonder runs show RUN` */
export async function showRun(context: CommandContext, word: string): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read' }, async (host) => {
    const entry = await findRun(host.index, word)
    const view = new RunView(await host.definition(entry.id))
    await catchUp(host, entry.id, view)
    const report = await runReport(host, entry.id, view, entry.workflow)
    const now = Date.now()
    output.line(`${output.paint('bold', entry.workflow)}  ${entry.id}  started ${formatAgo(entry.created, now)}`)
    if (entry.parent !== null)
      output.line(output.paint('dim', `  ordered by run ${entry.parent}: wonder runs show ${entry.parent}`))
    const { input } = view
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
      for (const [name, value] of Object.entries(input)) output.line(output.paint('dim', outputText(name, value)))
    }
    output.line()
    for (const { segments } of treeLines(view.items, { now })) output.line(paintLine(segments, output.paint))
    if (view.checkpoint !== null) {
      output.line()
      output.line(`${output.paint('dim', 'Last checkpoint')}  ${checkpointLine(view.checkpoint, now, output.paint)}`)
    }
    output.line()
    const children = await runsBelow(host, entry.id)
    printBelow(children, entry.id, output)
    printReport(report, output)
    output.object({
      ...reportObject(report),
      parent: entry.parent,
      input,
      tasks: view.items,
      checkpoint: view.checkpoint,
      children,
    })
  })
}
