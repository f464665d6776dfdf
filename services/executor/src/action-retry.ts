/**
 * Retries of one action: failures of what is around it (a network, a busy server, a machine out of processes), before
 * the task fails for them.
 *
 * Owns: how often and when. Does not own: which failures those are (each action says so), and retries of the task, which
 * begin at its first step. They are invisible in the journal and logged; the idempotency key stays.
 */

import { mixSeed } from '@wonder/engine'
import { toErrorBody } from '@wonder/errors'
import type { Json, JsonObject } from '@wonder/platform'
import type { Action } from './action.ts'
import { pause } from './pause.ts'
import type { StepContext } from './step-context.ts'

/** Tries in all. */
const most = 4
/** Milliseconds before the second try; then twice as long each time. */
const firstDelay = 200
/** Who asks for more gets the next attempt of the task instead. */
const longestWait = 30_000
/** Share of the delay that is drawn. */
const jitter = 0.5

/** Does it, again where it failed for what is around it and there is time. Answers without a promise where it can. */
export function runAction(action: Action, config: JsonObject, context: StepContext): Json | Promise<Json> {
  if (action.isPassing === undefined) return action.run(config, context)
  const result = action.run(config, context)
  return result instanceof Promise
    ? result.catch((thrown) => again(action, config, { context, thrown, tries: 1 }))
    : result
}

async function again(
  action: Action,
  config: JsonObject,
  { context, thrown, tries }: { readonly context: StepContext; readonly thrown: unknown; readonly tries: number },
): Promise<Json> {
  const delay = action.isPassing?.(thrown, config) === true ? delayOf(thrown, tries, context) : null
  if (delay === null || context.signal.aborted) throw thrown
  context.log(
    'warn',
    'log',
    `${context.errorBody(thrown).message}; trying again in ${delay} ms (try ${tries} of ${most})`,
  )
  await pause(context.ports.clock, delay, context.signal)
  try {
    return await action.run(config, context)
  } catch (next) {
    return again(action, config, { context, thrown: next, tries: tries + 1 })
  }
}

/** Null: not again. */
function delayOf(thrown: unknown, tries: number, context: StepContext): number | null {
  if (tries >= most) return null
  const backoff = firstDelay * 2 ** (tries - 1)
  const chance = mixSeed(context.seed, `retry ${tries}`) / 2 ** 32
  const delay = Math.max(Math.round(backoff * (1 - jitter * chance)), toErrorBody(thrown).retryAfter ?? 0)
  return delay > longestWait || delay >= context.timeLeft ? null : delay
}
