import type { CommandBody } from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { whoAsks, withHost } from '../open-host.ts'

const done = { pause: 'pauses after what is in flight', cancel: 'is being cancelled' } as const

/** `wonder runs pause RUN`, `wonder runs cancel RUN` */
export async function steerRun(context: CommandContext, word: string, kind: 'pause' | 'cancel'): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read' }, async (host) => {
    const { id, workflow } = await findRun(host.index, word)
    await send(host, id, { kind })
    const status = (await host.status(id))?.status
    output.line(
      `${workflow} ${id} ${status === 'cancelled' ? 'was cancelled' : status === 'paused' ? 'is paused' : done[kind]}`,
    )
    if (kind === 'pause') output.note(`Go on with:  ${output.paintNote('bold', `wonder runs resume ${id}`)}`)
    output.object({ run: id, status })
  })
}

/** Sends a command to the run's owner; a refusal is thrown. */
export async function send(
  host: LocalHost,
  run: string,
  body: CommandBody & { readonly key?: string },
  by = whoAsks(),
): Promise<void> {
  const answer = await host.command(run, body, by)
  if (answer.status === 'accepted') return
  if (answer.error !== undefined) throw fromErrorBody(answer.error)
  throw new WonderError('invalid_transition', `Cannot ${body.kind} run "${run}" in its present status`)
}
