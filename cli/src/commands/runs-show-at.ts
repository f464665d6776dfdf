import type { Json, JsonObject } from '@wonder/engine'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { withHost } from '../open-host.ts'
import { readRecord } from '../read-record.ts'
import { outputText } from '../run-text.ts'
import { paintLine, treeLines } from '../tree-lines.ts'

/** `wonder runs show RUN --at RECORD`: the run as it was after that record. */
export async function showRunAt(context: CommandContext, word: string, at: string): Promise<void> {
  const { output } = context
  const wanted = readRecord(at, '--at')
  await withHost(context, { role: 'read' }, async (host) => {
    const { id: run, workflow } = await findRun(host.index, word)
    const { state, plan, view } = await host.past.at(run, wanted)
    const time = new Date(state.time).toISOString()
    output.line(`${output.paint('bold', workflow)}  ${run}  ${view.status} after record ${state.number}, ${time}`)
    for (const [name, value] of Object.entries(asObject(state.input))) {
      output.line(output.paint('dim', outputText(name, value)))
    }
    output.line()
    for (const { segments } of treeLines(view.items, { now: state.time })) {
      output.line(paintLine(segments, output.paint))
    }
    if (Object.keys(state.values).length > 0) {
      output.line()
      output.line(output.paint('bold', 'State'))
      for (const [name, value] of Object.entries(state.values)) output.line(outputText(name, value))
    }
    output.line()
    output.line(`Begin a new run here:  ${output.paint('bold', `wonder runs fork ${run} --at ${state.number}`)}`)
    output.object({
      run,
      workflow,
      record: state.number,
      time: state.time,
      status: view.status,
      definition: state.definition,
      input: state.input,
      state: state.values,
      tasks: view.items,
      waiting: [...state.tokens.values()].map(({ id, node, wait, dueAt }) => ({
        token: id,
        node: plan.nodes[node]?.ref ?? '',
        for: wait,
        ...(dueAt === 0 ? {} : { due: dueAt }),
      })),
    })
  })
}

function asObject(value: Json): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}
