import type { Json } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { goOnHere } from '../go-on-here.ts'
import { withHost } from '../open-host.ts'
import { type PersonOptions, personOf } from '../person.ts'
import { jsonOrText, setPairs } from '../set-pairs.ts'
import { send } from './runs-steer.ts'

export type SignalOptions = PersonOptions & {
  readonly env?: string
  readonly set?: readonly string[]
  readonly key?: string
}

export type SignalRequest = SignalOptions & {
  readonly run: string
  readonly name: string
  readonly payload: string | undefined
}

/** `wonder runs signal RUN NAME`: the exit code. A run that nobody drives goes on here. */
export async function signalRun(context: CommandContext, request: SignalRequest): Promise<number> {
  const { name, key } = request
  const payload = payloadOf(request)
  return await withHost(context, { role: 'run', env: request.env }, async (host) => {
    const { id: run, workflow } = await findRun(host.index, request.run)
    const person = personOf(request)
    await send(host, run, { kind: 'signal', name, payload, ...(key === undefined ? {} : { key }) }, person.name)
    return await goOnHere(context, host, { run, workflow, what: `The signal "${name}" was given to ${run}.`, person })
  })
}

function payloadOf({ payload, set }: SignalRequest): Json {
  if (payload !== undefined && set !== undefined) {
    throw new WonderError('invalid_usage', 'Cannot take a payload and --set at once: give one of them')
  }
  if (set !== undefined) return setPairs(set)
  return payload === undefined ? {} : jsonOrText(payload)
}
