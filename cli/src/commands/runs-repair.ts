import { WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { goOn } from './runs-resume.ts'
import { send } from './runs-steer.ts'

export type RepairOptions = { readonly skip?: true; readonly fail?: true; readonly env?: string }

type RepairRequest = RepairOptions & { readonly word: string; readonly task?: string }

/** `wonder runs repair RUN [TASK]`: its exit code. */
export async function repairRun(context: CommandContext, request: RepairRequest): Promise<number> {
  const { word, task, skip, fail, env } = request
  if (skip && fail) throw new WonderError('invalid_usage', 'A task is either skipped or failed: give --skip or --fail')
  const action = skip ? 'skip' : fail ? 'fail' : 'retry'
  return await goOn(context, { word, verb: 'repair', options: env === undefined ? {} : { env } }, async (host, run) => {
    await send(host, run, { kind: 'repair', action, ...(task === undefined ? {} : { task }) })
  })
}
