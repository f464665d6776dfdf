import { describe, expect, test } from 'vitest'
import { type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { Json } from './index.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})
const run = (parts: Workflow, input: Json = {}): SimulatedRun => {
  const simulated = new SimulatedRun(workflow(parts))
  simulated.start(input)
  return simulated
}
/** Tasks that fail, by name. */
const failing =
  (...refs: readonly string[]) =>
  (ref: string) =>
    refs.includes(ref) ? { error: { message: `${ref} broke` } } : { output: ref }
const everything = { tasks: [task('a')], onError: [task('e')], finally: [task('f')], outputs: { lit: 'done' } } as const

describe('the error list and finally', () => {
  test.each([
    { fails: [], ran: ['a', 'f'], status: 'completed', error: undefined },
    { fails: ['f'], ran: ['a', 'f'], status: 'failed', error: 'f broke' },
    { fails: ['a'], ran: ['a', 'e', 'f'], status: 'failed', error: 'a broke' },
    { fails: ['a', 'e'], ran: ['a', 'e', 'f'], status: 'failed', error: 'a broke' },
    { fails: ['a', 'f'], ran: ['a', 'e', 'f'], status: 'failed', error: 'a broke' },
    { fails: ['a', 'e', 'f'], ran: ['a', 'e', 'f'], status: 'failed', error: 'a broke' },
  ])('with failures in [$fails] run $ran and the run is $status', ({ fails, ran, status, error }) => {
    const simulated = run(everything)
    const seen: string[] = []
    simulated.finish((ref) => {
      seen.push(ref)
      return failing(...fails)(ref)
    })
    expect(seen).toEqual(ran)
    expect(simulated.status).toBe(status)
    expect(simulated.state.ended?.error?.message).toBe(error)
    expect(simulated.output).toBe(status === 'completed' ? 'done' : undefined)
  })

  test('the error list sees the error of the run', () => {
    const simulated = run({ ...everything, onError: [task('e', { input: { path: ['error', 'details', 'task'] } })] })
    simulated.fail('a')
    expect(simulated.status).toBe('stopping')
    expect(simulated.inputOf('e')).toBe('a')
  })

  test('without finally the run ends after the error list', () => {
    const { finally: _, ...parts } = everything
    expect(run(parts).finish(failing('a')).eventsOf('run_ended')).toMatchObject([{ status: 'failed' }])
  })

  test('without an error list a failure goes on to finally', () => {
    const { onError: _, ...parts } = everything
    const simulated = run(parts)
    simulated.fail('a')
    expect(simulated.refsOut()).toEqual(['f'])
  })

  test('a failure in a branch of them ends what else they do', () => {
    const list: Task[] = [{ id: 'p', kind: 'parallel', strategy: 'fail_fast', do: [task('x'), task('y')] }]
    const simulated = run({ tasks: [task('a')], finally: list })
    simulated.complete('a')
    simulated.fail('x')
    expect(simulated.status).toBe('failed')
    expect(simulated.aborted).toHaveLength(1)
  })

  test('fail in finally aborts what else is out', () => {
    const stop: Task = { id: 'stop', kind: 'fail', message: { lit: 'no' } }
    const simulated = run({ tasks: [task('a')], finally: [{ id: 'p', kind: 'parallel', do: [task('x'), stop] }] })
    simulated.complete('a')
    expect(simulated.state.ended).toMatchObject({ status: 'failed', error: { message: 'no' } })
    expect(simulated.aborted).toHaveLength(1)
  })

  test('end in the error list goes on to finally, and the run has failed', () => {
    const simulated = run({ ...everything, onError: [{ id: 'stop', kind: 'end' }, task('e')] })
    simulated.fail('a')
    expect(simulated.refsOut()).toEqual(['f'])
    simulated.complete('f')
    expect(simulated.status).toBe('failed')
  })

  test('finally sees the values of the tasks that ran', () => {
    const simulated = run({ ...everything, finally: [task('f', { input: { path: ['tasks', 'a', 'output'] } })] })
    simulated.complete('a', 5)
    expect(simulated.inputOf('f')).toBe(5)
  })
})

describe('cancel', () => {
  test('ends the run at once, aborts what is out and says who asked', () => {
    const simulated = run({ tasks: [{ id: 'p', kind: 'parallel', do: [task('a'), task('b')] }], onError: [task('e')] })
    const { outcomes, effects } = simulated.send({ kind: 'cancel', by: 'ada' })
    expect(outcomes).toEqual([{ status: 'applied' }])
    expect(effects.map((effect) => effect.type)).toEqual(['abort', 'abort'])
    expect(simulated.state.ended).toMatchObject({
      status: 'cancelled',
      error: { code: 'run_cancelled', message: 'Cancelled by ada' },
    })
  })

  test('lets finally run first, and skips the error list', () => {
    const simulated = run(everything)
    simulated.send({ kind: 'cancel', reason: 'enough' })
    expect(simulated.status).toBe('stopping')
    expect(simulated.refsOut()).toEqual(['f'])
    expect(simulated.aborted).toHaveLength(1)
    simulated.complete('f')
    expect(simulated.state.ended).toMatchObject({ status: 'cancelled', error: { message: 'enough' } })
  })

  test('a second cancel skips what is left of finally', () => {
    const simulated = run(everything)
    simulated.send({ kind: 'cancel' })
    simulated.send({ kind: 'cancel' })
    expect(simulated.status).toBe('cancelled')
    expect(simulated.aborted).toHaveLength(2)
  })

  test('two cancels in one decision do the same', () => {
    const simulated = run(everything)
    simulated.send({ kind: 'cancel' }, { kind: 'cancel' })
    expect(simulated.status).toBe('cancelled')
  })

  test('during finally of a run that succeeded makes it cancelled', () => {
    const simulated = run(everything)
    simulated.complete('a')
    simulated.send({ kind: 'cancel' })
    expect(simulated.state.ended).toMatchObject({ status: 'cancelled', error: { code: 'run_cancelled' } })
  })

  test('during the error list goes on to finally, and the run has failed with its own error', () => {
    const simulated = run(everything)
    simulated.fail('a', { message: 'a broke' })
    simulated.send({ kind: 'cancel' })
    expect(simulated.refsOut()).toEqual(['f'])
    simulated.send({ kind: 'cancel' })
    expect(simulated.state.ended).toMatchObject({ status: 'failed', error: { message: 'a broke' } })
  })

  test('of a paused run runs finally', () => {
    const simulated = run(everything)
    simulated.send({ kind: 'pause' }, { kind: 'cancel' })
    expect(simulated.refsOut()).toEqual(['f'])
  })

  test('a failing finally keeps it cancelled', () => {
    const simulated = run(everything)
    simulated.send({ kind: 'cancel' })
    simulated.fail('f')
    expect(simulated.status).toBe('cancelled')
  })
})

describe('pause and resume', () => {
  test('tasks in flight end, nothing new is dispatched, and resume goes on where it stopped', () => {
    const simulated = run({ tasks: [task('a'), task('b')] })
    simulated.send({ kind: 'pause', by: 'ada' })
    expect(simulated.status).toBe('paused')
    expect(simulated.complete('a').effects).toEqual([])
    expect(simulated.status).toBe('paused')
    simulated.send({ kind: 'resume', by: 'ada' })
    expect(simulated.refsOut()).toEqual(['b'])
  })

  test('no branch begins while paused', () => {
    const simulated = run({
      tasks: [task('a'), { id: 'e', kind: 'each', in: { list: { lit: [1, 2, 3] } }, workers: 1, do: [task('i')] }],
    })
    simulated.send({ kind: 'pause' })
    simulated.complete('a')
    expect(simulated.out).toEqual([])
    simulated.send({ kind: 'resume' })
    simulated.send({ kind: 'pause' })
    simulated.complete('i')
    expect(simulated.out).toEqual([])
    simulated.send({ kind: 'resume' })
    expect(simulated.refsOut()).toEqual(['i'])
  })

  test('asked twice is a duplicate', () => {
    const simulated = run({ tasks: [task('a')] })
    const { outcomes } = simulated.send({ kind: 'resume' }, { kind: 'pause' }, { kind: 'pause' }, { kind: 'resume' })
    expect(outcomes.map(({ status }) => status)).toEqual(['duplicate', 'applied', 'duplicate', 'applied'])
  })

  test('a stopping run is not paused', () => {
    const simulated = run(everything)
    simulated.fail('a')
    const { outcomes } = simulated.send({ kind: 'pause' })
    expect(outcomes).toMatchObject([
      { status: 'refused', error: { code: 'invalid_transition', message: 'Cannot pause run "r": it is stopping' } },
    ])
  })

  test('a condition is asked when the run goes on', () => {
    const simulated = run({
      state: { schema: {}, initial: { go: true } },
      tasks: [
        {
          id: 'p',
          kind: 'parallel',
          do: [
            { id: 't', kind: 'sequence', do: [task('c'), { id: 'off', kind: 'set', values: { go: { lit: false } } }] },
            { id: 's', kind: 'sequence', do: [task('a'), task('b', { when: 'state.go' })] },
          ],
        },
      ],
    })
    simulated.send({ kind: 'pause' })
    simulated.complete('c')
    simulated.complete('a')
    simulated.send({ kind: 'resume' })
    expect(simulated.status).toBe('completed')
  })
})

describe('the end of a run (K3)', () => {
  const commands = [
    [{ kind: 'start', definition: 'd', input: {}, env: {}, seed: 1 }, ['duplicate', 'duplicate', 'duplicate']],
    [{ kind: 'complete_task', token: '1.1', attempt: 1, output: 1 }, ['gone', 'gone', 'gone']],
    [{ kind: 'complete_step', token: '1.1', attempt: 1, step: 's', output: 1 }, ['gone', 'gone', 'gone']],
    [
      { kind: 'fail_task', token: '1.1', attempt: 1, error: { code: 'x', message: 'x', retry: 'safe' } },
      ['gone', 'gone', 'gone'],
    ],
    [{ kind: 'begin_task', token: '1.1', attempt: 1, dispatch: 1 }, ['gone', 'gone', 'gone']],
    [{ kind: 'wake' }, ['applied', 'applied', 'applied']],
    [{ kind: 'recover' }, ['applied', 'applied', 'applied']],
    [{ kind: 'decide_interruption', task: 'a', decision: 'rerun' }, ['refused', 'refused', 'refused']],
    [{ kind: 'pause' }, ['refused', 'refused', 'refused']],
    [{ kind: 'resume' }, ['refused', 'refused', 'refused']],
    [{ kind: 'cancel' }, ['refused', 'refused', 'duplicate']],
  ] as const

  test.each(commands)('$kind changes nothing in it', (command, expected) => {
    const ended = ['completed', 'failed', 'cancelled'].map((status) => {
      const simulated = run({ tasks: [task('a')] })
      if (status === 'completed') simulated.complete('a')
      if (status === 'failed') simulated.fail('a')
      if (status === 'cancelled') simulated.send({ kind: 'cancel' })
      expect(simulated.status).toBe(status)
      return simulated
    })
    const decided = ended.map((simulated) => simulated.send(command))
    expect(decided.map(({ outcomes }) => outcomes[0]?.status)).toEqual(expected)
    for (const { record, effects } of decided) expect([record, effects]).toEqual([null, []])
  })
})

test('a run that has not begun refuses everything but start', () => {
  const simulated = new SimulatedRun(workflow({ tasks: [task('a')] }))
  const { outcomes, record } = simulated.send({ kind: 'pause' }, { kind: 'wake' }, { kind: 'cancel' })
  expect(outcomes.map(({ status }) => status)).toEqual(['refused', 'refused', 'refused'])
  expect(record).toBeNull()
  expect(simulated.status).toBe('queued')
})
