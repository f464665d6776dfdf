import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { withHost } from '../open-host.ts'
import { plural } from '../quantity.ts'

/** `wonder runs replay RUN --verify`: its exit code. Folds the journal from record 1 and compares it with all that is stored. */
export async function replayRun(context: CommandContext, word: string): Promise<number> {
  const { output } = context
  return await withHost(context, { role: 'read' }, async (host) => {
    const { id, workflow } = await findRun(host.index, word)
    const found = await host.past.verify(id)
    const { records, archived, values, snapshot, problem } = found
    output.object({ ...found, status: problem === null ? 'verified' : 'differs' })
    if (problem === null) {
      const parts = [
        `${plural(records, 'record')}${archived === 0 ? '' : ` (${archived} archived)`}`,
        ...(snapshot === null ? [] : [`the snapshot of record ${snapshot}`]),
        ...(values === 0 ? [] : [plural(values, 'large value')]),
      ]
      output.line(`${output.paint('green', '✓')} ${workflow} ${id}: ${parts.join(', ')}: all as it was written`)
      return 0
    }
    output.line(`${output.paint('red', `✗ ${workflow} ${id} is not as it was written`)}`)
    output.line(`  ${problem.message}  ${output.paint('dim', problem.code)}`)
    if (problem.path !== undefined) {
      output.line(`  the journal gives  ${short(problem.folded)}`)
      output.line(`  the snapshot has   ${short(problem.stored)}`)
    }
    const good = (problem.record ?? records + 1) - 1
    if (good > 0) output.line(`Go on from before it:  ${output.paint('bold', `wonder runs fork ${id} --at ${good}`)}`)
    return 2
  })
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
