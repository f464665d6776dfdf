import { describe, expect, test } from 'vitest'
import { type Task, type Workflow, workflow } from '../test/lists.ts'
import { type Dispatch, failure, SimulatedRun } from '../test/simulated-run.ts'
import { type Json, nextTimer } from './index.ts'
import { retryDelay } from './retry-delay.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})
const run = (parts: Workflow, input: Json = {}, seed = 1): SimulatedRun => {
  const simulated = new SimulatedRun(workflow(parts))
  simulated.start(input, { seed })
  return simulated
}
const retry = { max_attempts: 3, backoff: 'exponential', initial_delay: 1_000, max_delay: 60_000, jitter: 0 } as const

describe('retryDelay()', () => {
  test.each([
    ['none', [0, 0, 0, 0]],
    ['linear', [100, 200, 300, 350]],
    ['exponential', [100, 200, 350, 350]],
  ] as const)('%s waits %j', (backoff, expected) => {
    const delays = [1, 2, 3, 4].map((tries) =>
      retryDelay({ max_attempts: 9, backoff, initial_delay: 100, max_delay: 350, jitter: 0 }, tries, 0.5),
    )
    expect(delays).toEqual(expected)
  })

  test('draws the share jitter from chance, and never waits longer than without', () => {
    const jittered = { ...retry, jitter: 0.5 }
    expect([0, 0.5, 0.99].map((chance) => retryDelay(jittered, 1, chance))).toEqual([1_000, 750, 505])
  })
})

describe('a retry', () => {
  test('waits, then is a new attempt with its input computed again', () => {
    const simulated = run({ tasks: [task('a', { retry, input: { path: ['run', 'attempt_key'] } })] })
    simulated.fail('a')
    expect(simulated.status).toBe('waiting')
    expect(nextTimer(simulated.state)).toBe(2_000)
    simulated.time = 1_999
    expect(simulated.send({ kind: 'wake' }).record).toBeNull()
    simulated.time = 2_000
    simulated.send({ kind: 'wake' })
    expect(simulated.out).toEqual([{ type: 'dispatch', token: '1.1', attempt: 2, dispatch: 1 }])
    expect(simulated.inputOf('a')).toBe('r/1.1/2')
    simulated.fail('a')
    expect(nextTimer(simulated.state)).toBe(4_000)
    simulated.time = 4_000
    simulated.send({ kind: 'wake' })
    simulated.fail('a', { message: 'the third' })
    expect(simulated.state.ended?.error?.message).toBe('the third')
  })

  test('without a delay is dispatched in the same record', () => {
    const simulated = run({ tasks: [task('a', { retry: { ...retry, backoff: 'none' } })] })
    const { record } = simulated.fail('a')
    expect(record?.events.map(({ type }) => type)).toEqual(['task_failed', 'task_dispatched'])
  })

  test('counts the attempts of each task anew', () => {
    const simulated = run({
      tasks: [task('a', { retry: { ...retry, backoff: 'none' } }), task('b', { retry: { ...retry, backoff: 'none' } })],
    })
    const tries: string[] = []
    simulated.finish((ref, _path, n) => {
      tries.push(`${ref}${n}`)
      return n < 3 ? { error: {} } : { output: n }
    })
    expect(tries).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
    expect(simulated.status).toBe('completed')
  })

  test('does not follow an error that says never', () => {
    const simulated = run({ tasks: [task('a', { retry })] })
    simulated.fail('a', { retry: 'never' })
    expect(simulated.status).toBe('failed')
  })

  test('waits at least as long as the error asks for', () => {
    const simulated = run({ tasks: [task('a', { retry })] })
    simulated.fail('a', { retry: 'after', retryAfter: 5_000 })
    expect(nextTimer(simulated.state)).toBe(6_000)
  })

  test('with jitter depends on the seed alone', () => {
    const times = [1, 1, 2].map((seed) => {
      const simulated = run({ tasks: [task('a', { retry: { ...retry, jitter: 1 } })] }, {}, seed)
      simulated.fail('a')
      return nextTimer(simulated.state)
    })
    expect(times[0]).toBe(times[1])
    expect(times[0]).not.toBe(times[2])
  })

  test('that falls due while the run is paused follows its resume', () => {
    const simulated = run({ tasks: [task('a', { retry })] })
    simulated.send({ kind: 'pause' })
    simulated.fail('a')
    expect(nextTimer(simulated.state)).toBeNull()
    simulated.time = 9_000
    expect(simulated.send({ kind: 'wake' }).record).toBeNull()
    simulated.send({ kind: 'resume' })
    expect(simulated.refsOut()).toEqual(['a'])
  })

  test('without a delay waits while the run is paused', () => {
    const simulated = run({ tasks: [task('a', { retry: { ...retry, backoff: 'none' } })] })
    simulated.send({ kind: 'pause' })
    expect(simulated.fail('a').effects).toEqual([])
    simulated.send({ kind: 'resume' })
    expect(simulated.out).toMatchObject([{ attempt: 2 }])
  })

  test('begins without the steps of the attempt before', () => {
    const simulated = run({ tasks: [task('a', { retry: { ...retry, backoff: 'none' } })] })
    const step = { kind: 'complete_step', token: '1.1', attempt: 1, step: 'one', output: 1 } as const
    simulated.send(step)
    expect(simulated.state.tokens.get('1.1')?.steps).toEqual({ one: 1 })
    expect(simulated.send(step).outcomes).toEqual([{ status: 'duplicate' }])
    simulated.fail('a')
    expect(simulated.state.tokens.get('1.1')?.steps).toBeNull()
    expect(simulated.send(step).outcomes).toEqual([{ status: 'duplicate' }])
  })
})

describe('a result (K6)', () => {
  test('is applied once: the second is a duplicate, that of an ended token is gone', () => {
    const simulated = run({ tasks: [task('a'), task('b')] })
    const result = { kind: 'complete_task', token: '1.1', attempt: 1, output: 1 } as const
    const late = { kind: 'fail_task', token: '1.1', attempt: 1, error: failure() } as const
    const { outcomes } = simulated.send(result, result, late)
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'duplicate', 'duplicate'])
    expect(simulated.valueOf('a')?.output).toBe(1)
    expect(simulated.refsOut()).toEqual(['b'])
  })

  test('of an attempt that does not exist, or of another run, is gone', () => {
    const simulated = run({ tasks: [task('a')] })
    const { outcomes, record } = simulated.send(
      { kind: 'complete_task', token: '1.1', attempt: 2, output: 1 },
      { kind: 'complete_task', token: '9.9', attempt: 1, output: 1 },
      { kind: 'begin_task', token: '1.1', attempt: 1, dispatch: 7 },
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['gone', 'gone', 'gone'])
    expect(record).toBeNull()
  })

  test('that comes while the run is paused is not applied twice', () => {
    const simulated = run({ tasks: [task('a'), task('b')] })
    simulated.send({ kind: 'pause' })
    simulated.complete('a', 1)
    const again = simulated.send({ kind: 'complete_task', token: '1.1', attempt: 1, output: 2 })
    expect(again.outcomes).toEqual([{ status: 'duplicate' }])
  })

  test.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [{ x: 1n }],
    [[undefined]],
    [{ $blob: 'sha256:0' }],
    [{ a: { $parts: [] } }],
  ])('that is no JSON value fails the task: %o', (output) => {
    const simulated = run({ tasks: [task('a')] })
    simulated.complete('a', output as Json)
    expect(simulated.state.ended).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_value', details: { task: 'a' } },
    })
  })
})

describe('an interrupted task', () => {
  const two = (interrupted: 'rerun' | 'ask' | 'fail'): Workflow => ({
    tasks: [
      { id: 'e', kind: 'each', in: { list: { lit: [1, 2] } }, do: [task('i', { interrupted })], onError: 'continue' },
      task('z'),
    ],
  })

  test('that had not begun is dispatched again, as the same attempt with its input and steps', () => {
    const simulated = run({ tasks: [task('a', { interrupted: 'ask', input: { lit: 5 } })] })
    simulated.send({ kind: 'complete_step', token: '1.1', attempt: 1, step: 'one', output: 1 })
    simulated.crash()
    simulated.send({ kind: 'recover' })
    simulated.send({ kind: 'recover' })
    expect(simulated.out).toEqual([{ type: 'dispatch', token: '1.1', attempt: 1, dispatch: 3 }])
    expect(simulated.inputOf('a')).toBe(5)
    expect(simulated.state.tokens.get('1.1')?.steps).toEqual({ one: 1 })
  })

  test('that had begun is dispatched again when it is rerun', () => {
    const simulated = run({ tasks: [task('a')] })
    simulated.begin('a')
    simulated.send({ kind: 'recover' })
    expect(simulated.out).toMatchObject([{ attempt: 1, dispatch: 2 }])
  })

  test('that fails is a failure without a retry', () => {
    const simulated = run({ tasks: [task('a', { interrupted: 'fail', retry })] })
    simulated.begin('a')
    simulated.send({ kind: 'recover' })
    expect(simulated.state.ended?.error).toMatchObject({ code: 'task_interrupted' })
  })

  test('that asks waits for a person, and recovering again changes nothing', () => {
    const simulated = run({ tasks: [task('a', { interrupted: 'ask' })] })
    simulated.begin('a')
    simulated.send({ kind: 'recover' })
    expect(simulated.status).toBe('blocked_decision')
    expect(simulated.send({ kind: 'recover' }).record).toBeNull()
    simulated.send({ kind: 'decide_interruption', task: 'a', decision: 'rerun', by: 'ada' })
    expect(simulated.out).toMatchObject([{ attempt: 1, dispatch: 2 }])
    simulated.complete('a')
    expect(simulated.status).toBe('completed')
  })

  test('takes the result of the old dispatch when it comes after all', () => {
    const simulated = run({ tasks: [task('a', { interrupted: 'ask' })] })
    simulated.begin('a')
    simulated.send({ kind: 'recover' })
    expect(simulated.send({ kind: 'complete_task', token: '1.1', attempt: 1, output: 1 }).outcomes).toEqual([
      { status: 'applied' },
    ])
    expect(simulated.status).toBe('completed')
  })

  test.each(['rerun', 'fail'] as const)('in several branches is decided for all of them: %s', (decision) => {
    const simulated = run(two('ask'))
    simulated.begin('i', 0)
    simulated.begin('i', 1)
    simulated.send({ kind: 'recover' })
    simulated.send({ kind: 'decide_interruption', task: 'i', decision })
    expect(simulated.refsOut()).toEqual(decision === 'rerun' ? ['i', 'i'] : ['z'])
  })

  test('in several branches fails the run once, when one failure ends the others', () => {
    const parts = two('ask')
    const [each] = parts.tasks
    const simulated = run({
      tasks: [{ ...(each as Extract<Task, { kind: 'each' }>), strategy: 'fail_fast', onError: 'fail' }],
    })
    simulated.begin('i', 0)
    simulated.begin('i', 1)
    simulated.send({ kind: 'recover' })
    simulated.send({ kind: 'decide_interruption', task: 'i', decision: 'fail' })
    expect(simulated.status).toBe('failed')
  })

  test('in several branches, each of which fails, ends the run once when it is recovered', () => {
    const parts = two('fail')
    const [each] = parts.tasks
    const simulated = run({
      tasks: [{ ...(each as Extract<Task, { kind: 'each' }>), strategy: 'fail_fast', onError: 'fail' }],
    })
    simulated.begin('i', 0)
    simulated.begin('i', 1)
    simulated.send({ kind: 'recover' })
    expect(simulated.status).toBe('failed')
  })

  test('beside others that run: a failure that ends the run dispatches none of them again', () => {
    const simulated = run({
      tasks: [
        { id: 'p', kind: 'parallel', strategy: 'fail_fast', do: [task('a', { interrupted: 'fail' }), task('b')] },
      ],
    })
    simulated.begin('a')
    const { effects } = simulated.send({ kind: 'recover' })
    expect(simulated.status).toBe('failed')
    expect(effects.map(({ type }) => type)).toEqual(['abort'])
  })

  test('a decision about a task that waits for none is refused, and names those that do', () => {
    const simulated = run({ tasks: [task('a', { interrupted: 'ask' })] })
    const decide = { kind: 'decide_interruption', task: 'b', decision: 'fail' } as const
    expect(simulated.send(decide).outcomes).toMatchObject([{ status: 'refused', error: { code: 'not_interrupted' } }])
    simulated.begin('a')
    expect(simulated.send({ kind: 'begin_task', token: '1.1', attempt: 1, dispatch: 1 }).outcomes).toEqual([
      { status: 'duplicate' },
    ])
    simulated.send({ kind: 'recover' })
    expect(simulated.send(decide).outcomes).toMatchObject([
      { error: { message: 'Cannot decide about task "b" of run "r": interrupted: a' } },
    ])
  })
})

describe('a lease that has ended', () => {
  const ordered = () => {
    const simulated = new SimulatedRun(workflow({ tasks: [{ id: 'a', kind: 'task' }] }))
    simulated.start()
    return simulated
  }

  test('orders the same attempt again, and the first result of it counts', () => {
    const simulated = ordered()
    const first = simulated.dispatchOf('a')
    simulated.send({ kind: 'expire_lease', ...leaseOf(first) })
    expect(simulated.dispatchOf('a')).toEqual({ ...first, dispatch: 2 })
    expect(simulated.complete(first, 1).outcomes).toEqual([{ status: 'applied' }])
    expect(simulated.status).toBe('completed')
  })

  test('of an earlier dispatch, of another attempt or of a task that is done says nothing', () => {
    const simulated = ordered()
    const first = simulated.dispatchOf('a')
    simulated.send({ kind: 'expire_lease', ...leaseOf(first) })
    expect(simulated.send({ kind: 'expire_lease', ...leaseOf(first) }).outcomes).toEqual([{ status: 'gone' }])
    expect(simulated.send({ kind: 'expire_lease', ...leaseOf(first), attempt: 2 }).outcomes).toEqual([
      { status: 'gone' },
    ])
    simulated.complete('a')
    expect(simulated.send({ kind: 'expire_lease', ...leaseOf(first), dispatch: 2 }).outcomes).toEqual([
      { status: 'gone' },
    ])
    expect(simulated.eventsOf('lease_expired')).toHaveLength(1)
  })
})

function leaseOf({ token, attempt, dispatch }: Dispatch) {
  return { token, attempt, dispatch }
}
