import type { Json, JsonObject, TaskUsage } from '@wonder/platform'
import type { Action, ActionContext } from '../action.ts'
import { ActionFailure } from '../action-failure.ts'
import { ConfigReader } from '../config-reader.ts'
import { pause } from '../pause.ts'
import { sampleValue } from '../sample-value.ts'

/**
 * `{output}` or `{schema, seed?}`; `delay` in ms; `fail: {code, message, retry, times}`; `usage: {tool_calls, tokens, cost_usd}`
 * → the output, or a sample of the schema.
 *
 * `fail.times` is the number of attempts that fail; absent, all do. The sample follows from the run's seed, the token,
 * the attempt and the step, or from `seed` alone.
 */
export const mockAction: Action = {
  kind: 'mock',
  run(config, context) {
    const fields = new ConfigReader('mock', config)
    const delay = fields.number('delay', 0)
    if (delay > 0) return pause(context.ports.clock, delay, context.signal).then(() => answer(fields, context))
    return answer(fields, context)
  },
}

function answer(fields: ConfigReader, context: ActionContext): Json {
  const { attempt, seed } = context
  if (fields.any('usage') !== undefined) context.spend(usageOf(fields.object('usage')))
  if (fields.any('fail') !== undefined) failWhenAsked(fields.object('fail'), attempt)
  const schema = fields.any('schema')
  if (schema === undefined) return fields.any('output') ?? null
  return sampleValue(schema, fields.number('seed', seed))
}

function usageOf(config: JsonObject): TaskUsage {
  const usage = new ConfigReader('mock', config)
  return {
    tool_calls: usage.number('tool_calls', 0),
    tokens: usage.number('tokens', 0),
    cost_usd: usage.number('cost_usd', 0),
  }
}

function failWhenAsked(config: JsonObject, attempt: number): void {
  const fail = new ConfigReader('mock', config)
  if (attempt > fail.number('times', Number.POSITIVE_INFINITY)) return
  throw new ActionFailure({
    code: fail.text('code', 'mock_failed'),
    message: fail.text('message', 'The mock was told to fail'),
    retry: fail.oneOf('retry', ['never', 'safe', 'after'], 'safe'),
  })
}
