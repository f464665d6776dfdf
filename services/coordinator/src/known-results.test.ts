import { createRunState, type RunEvent, type RunRecord } from '@wonder/engine'
import { expect, test } from 'vitest'
import { KnownResults } from './known-results.ts'

/** A record in which a task is begun, always of the same name; the run has five records before these. */
function begins(number: number, output?: string): RunRecord {
  const token = `${number}.0`
  const done: readonly RunEvent[] = output === undefined ? [] : [{ type: 'task_completed', token, attempt: 1, output }]
  const events: readonly RunEvent[] = [
    { type: 'token_created', node: 'a', part: 'finally' },
    { type: 'task_dispatched', token, attempt: 1, dispatch: 1, input: 'x' },
    ...done,
  ]
  return { number, format: 1, time: 0, commands: [], events }
}

const known = () => new KnownResults(createRunState('run'), [begins(6, 'first'), begins(7, 'second')], [])

test('each of the same name gets its own result, once, and only for the same input', () => {
  const results = known()
  results.apply(begins(1), 5)
  results.apply(begins(2), 5)

  expect(results.take('7.0', 1, 'x')?.completed).toEqual({ output: 'second' })
  expect(results.take('7.0', 1, 'x')).toBeNull()
  expect(results.take('6.0', 1, 'y')).toBeNull()
})

test('after a record that was missed nothing is known: a name may stand for another', () => {
  const results = known()
  results.apply(begins(2), 5)

  expect(results.take('7.0', 1, 'x')).toBeNull()
  expect(results.size).toBe(0)
})
