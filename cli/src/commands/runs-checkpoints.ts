import type { ToldCheckpoint } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import { checkpointLine, checkpointLines } from '../checkpoint-lines.ts'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { withHost } from '../open-host.ts'

/** `wonder runs checkpoints RUN`: what the run told of itself; one of them with `--id`. */
export async function runCheckpoints(
  context: CommandContext,
  word: string,
  { id }: { readonly id?: string },
): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read' }, async (host) => {
    const { id: run } = await findRun(host.index, word)
    const checkpoints = await checkpointsOf(host, run)
    if (id === undefined) {
      const now = Date.now()
      if (checkpoints.length === 0) output.note('This run has emitted no checkpoint')
      for (const checkpoint of checkpoints) output.line(checkpointLine(checkpoint, now, output.paint))
      return output.object({ run, checkpoints })
    }
    const found = checkpoints.find((checkpoint) => checkpoint.id === id)
    if (found === undefined) {
      const ids = checkpoints.map((checkpoint) => checkpoint.id).join(', ')
      throw new WonderError('checkpoint_not_found', `Run "${run}" has no checkpoint "${id}"; it has: ${ids || 'none'}`)
    }
    for (const line of checkpointLines(found, output.paint)) output.line(line)
    output.object({ run, checkpoint: found })
  })
}

async function checkpointsOf(host: LocalHost, run: string): Promise<readonly ToldCheckpoint[]> {
  return (await host.records(run)).flatMap(({ number, time, events }) =>
    events.flatMap((event, index) =>
      event.type === 'checkpoint_emitted' ? [{ id: `${number}.${index}`, time, ...event.checkpoint }] : [],
    ),
  )
}
