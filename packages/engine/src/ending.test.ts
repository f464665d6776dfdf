import { describe, expect, it, test } from 'vitest'
import { type Task, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { nextTimer } from './index.ts'

const undo = (id: string, reads?: string): readonly Task[] => [
  { id: `undo_${id}`, kind: 'task', input: { path: ['tasks', id, ...(reads === undefined ? ['output'] : [reads])] } },
]
const booked = (id: string): Task => ({ id, kind: 'task', compensate: undo(id) })
const once = { output: {} }
const broken = { error: { retry: 'never' } } as const

describe('a task that blocks', () => {
  const blocking = () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [
          { id: 'a', kind: 'task', onError: 'block', retry: { max_attempts: 2 } },
          { id: 'b', kind: 'task' },
        ],
      }),
    )
    run.start()
    run.fail('a')
    run.fail('a')
    return run
  }

  it('waits for a repair after its attempts, and the run keeps everything', () => {
    const run = blocking()
    expect([run.status, run.out, nextTimer(run.state)]).toEqual(['blocked_error', [], null])
    expect(run.valueOf('a')?.error?.message).toBe('it broke')
  })

  it('goes on at the task, with all its attempts, when it is repaired', () => {
    const run = blocking()
    run.send({ kind: 'repair', action: 'retry', by: 'ann' })
    run.fail('a')
    expect(run.refsOut()).toEqual(['a'])
    run.finish()
    expect(run.status).toBe('completed')
  })

  it('is skipped, or fails the run, as the person says', () => {
    const skipped = blocking()
    skipped.send({ kind: 'repair', task: 'a', action: 'skip' })
    expect(skipped.refsOut()).toEqual(['b'])
    const failed = blocking()
    failed.send({ kind: 'repair', task: 'a', action: 'fail' })
    expect([failed.status, failed.state.ended?.error?.details?.task]).toEqual(['failed', 'a'])
  })

  it('is retried by a resume, and a repair of another task is refused', () => {
    const run = blocking()
    const refusal = run.send({ kind: 'repair', task: 'b', action: 'retry' }).outcomes[0]
    expect(refusal).toMatchObject({ status: 'refused', error: { code: 'not_blocked' } })
    run.send({ kind: 'resume' })
    expect(run.refsOut()).toEqual(['a'])
    expect(run.send({ kind: 'resume' }).outcomes).toEqual([{ status: 'duplicate' }])
  })

  test('a group that is retried begins again where it opens', () => {
    const run = new SimulatedRun(
      workflow({ tasks: [{ id: 'g', kind: 'parallel', onError: 'block', do: [{ id: 'x', kind: 'task' }] }] }),
    )
    run.start()
    run.fail('x', { retry: 'never' })
    expect(run.status).toBe('blocked_error')
    run.send({ kind: 'repair', action: 'retry' })
    expect(run.refsOut()).toEqual(['x'])
    expect(run.finish().status).toBe('completed')
  })
})

describe('compensation', () => {
  it('runs what has completed backwards, one at a time, before the error list and finally', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [booked('flight'), booked('hotel'), booked('car')],
        onError: [{ id: 'tell', kind: 'task' }],
        finally: [{ id: 'close', kind: 'task' }],
      }),
    )
    run.start()
    run.complete('flight', 1)
    run.complete('hotel', 2)
    run.fail('car', { retry: 'never' })
    const order: string[] = []
    run.finish((ref) => {
      order.push(`${ref}${ref.startsWith('undo') ? JSON.stringify(run.inputOf(ref)) : ''}`)
      expect(run.out).toHaveLength(1)
      expect(run.status).toBe('stopping')
      return once
    })
    expect(order).toEqual(['undo_hotel2', 'undo_flight1', 'tell', 'close'])
    expect([run.status, run.state.ended?.error?.message]).toEqual(['failed', 'it broke'])
  })

  it('does nothing for a run that completes', () => {
    const run = new SimulatedRun(workflow({ tasks: [booked('flight')] }))
    run.start()
    expect(run.finish().status).toBe('completed')
    expect(run.eventsOf('compensation_started')).toEqual([])
    expect(run.eventsOf('run_stopping')).toEqual([])
  })

  it('waits for tasks in flight that can be undone, and for no others', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [{ id: 'all', kind: 'parallel', do: [booked('flight'), { id: 'note', kind: 'task' }, booked('hotel')] }],
      }),
    )
    run.start()
    run.send({ kind: 'cancel' })
    expect([run.refsOut(), run.aborted.length]).toEqual([['flight', 'hotel'], 1])
    run.complete('flight', 1)
    run.fail('hotel', { retry: 'safe' })
    expect(run.refsOut()).toEqual(['undo_flight'])
    run.crash('snapshot')
    expect(run.finish().status).toBe('cancelled')
  })

  it('sees the items and tasks that its node saw, also when the branches are gone', () => {
    const list: Task = {
      id: 'each',
      kind: 'each',
      in: { list: { lit: ['x', 'y'] } },
      as: 'one',
      do: [
        { id: 'before', kind: 'task' },
        {
          id: 'book',
          kind: 'task',
          compensate: [
            {
              id: 'undo',
              kind: 'task',
              input: {
                list: [
                  { path: ['one'] },
                  { path: ['index'] },
                  { path: ['tasks', 'before', 'output'] },
                  { cel: 'tasks.book.output' },
                ],
              },
            },
          ],
        },
      ],
    }
    const run = new SimulatedRun(workflow({ tasks: [list, { id: 'end', kind: 'task' }] }))
    run.start()
    run.complete('before', 'b0', { branch: 0 })
    run.complete('before', 'b1', { branch: 1 })
    run.complete('book', 1, { branch: 1 })
    run.complete('book', 0, { branch: 0 })
    run.fail('end', { retry: 'never' })
    expect(run.inputOf('undo')).toEqual(['x', 0, 'b0', 0])
    run.complete('undo')
    expect(run.inputOf('undo')).toEqual(['y', 1, 'b1', 1])
    run.complete('undo')
    expect(run.status).toBe('failed')
  })

  it('goes on after one that fails, and the error names it', () => {
    const run = new SimulatedRun(workflow({ tasks: [booked('flight'), booked('hotel'), { id: 'end', kind: 'task' }] }))
    run.start()
    run.finish((ref) => (ref === 'end' || ref === 'undo_hotel' ? broken : once))
    expect(run.eventsOf('compensation_ended').map(({ task, error }) => [task, error?.code])).toEqual([
      ['hotel', 'action_failed'],
      ['flight', undefined],
    ])
    expect(run.state.ended?.error?.details?.compensations_failed).toMatchObject([{ task: 'hotel' }])
  })

  it('may block, branch and retry like any list', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [
          {
            id: 'book',
            kind: 'task',
            compensate: [
              {
                id: 'both',
                kind: 'parallel',
                do: [
                  { id: 'x', kind: 'task', onError: 'block' },
                  { id: 'y', kind: 'task' },
                ],
              },
              { id: 'z', kind: 'task', retry: { max_attempts: 2 } },
            ],
          },
          { id: 'end', kind: 'fail', message: { lit: 'no' } },
        ],
      }),
    )
    run.start()
    run.complete('book')
    run.fail('x', { retry: 'never' })
    run.complete('y')
    expect(run.send({ kind: 'repair', action: 'retry' }).outcomes).toEqual([{ status: 'applied' }])
    run.complete('x')
    run.fail('z')
    expect(run.finish().status).toBe('failed')
  })

  it('is skipped phase by phase by further cancels', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [booked('flight'), booked('hotel')],
        finally: [{ id: 'close', kind: 'task' }],
      }),
    )
    run.start()
    run.complete('flight')
    const phases: (readonly string[])[] = []
    for (let i = 0; i < 4; i++) {
      run.send({ kind: 'cancel' })
      phases.push(run.refsOut())
    }
    expect(phases).toEqual([['hotel'], ['undo_flight'], ['close'], []])
    expect(run.status).toBe('cancelled')
  })

  it('undoes a group and each round of a loop', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [
          { id: 'g', kind: 'parallel', compensate: undo('g', 'output'), do: [{ id: 'x', kind: 'task' }] },
          { id: 'end', kind: 'task' },
        ],
      }),
    )
    run.start()
    run.complete('x', 7)
    run.fail('end', { retry: 'never' })
    expect(run.inputOf('undo_g')).toEqual({ x: 7 })
  })
})

describe('the timeout of a run', () => {
  const slow = (action: 'block' | 'fail' | 'cancel') => {
    const run = new SimulatedRun(
      workflow({
        tasks: [
          { id: 'a', kind: 'task' },
          { id: 'b', kind: 'task' },
        ],
        timeout: { after: 5_000, action },
      }),
    )
    run.start()
    expect(nextTimer(run.state)).toBe(6_000)
    run.time = 6_000
    run.send({ kind: 'wake' })
    return run
  }

  it('ends it as timed_out, or cancelled', () => {
    expect([slow('fail').status, slow('fail').state.ended?.error?.code]).toEqual(['timed_out', 'run_timeout'])
    expect(slow('cancel').status).toBe('cancelled')
  })

  it('blocks it: what is out ends, nothing new is ordered, and a resume gives as much time again', () => {
    const run = slow('block')
    expect([run.status, run.refsOut()]).toEqual(['running', ['a']])
    run.time = 7_000
    run.complete('a')
    expect([run.status, run.out, nextTimer(run.state)]).toEqual(['blocked_error', [], null])
    run.crash('snapshot')
    run.time = 100_000
    run.send({ kind: 'resume' })
    expect([run.status, run.refsOut(), nextTimer(run.state)]).toEqual(['running', ['b'], 105_000])
  })

  it('does not count while the run is paused', () => {
    const run = new SimulatedRun(
      workflow({ tasks: [{ id: 'a', kind: 'task' }], timeout: { after: 5_000, action: 'fail' } }),
    )
    run.start()
    run.time = 3_000
    run.send({ kind: 'pause' })
    run.time = 50_000
    run.send({ kind: 'wake' })
    expect(run.status).toBe('paused')
    run.send({ kind: 'resume' })
    expect(nextTimer(run.state)).toBe(53_000)
  })
})

describe('a paused run', () => {
  it('starts nothing, not even what the kernel does itself', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [
          { id: 'a', kind: 'task' },
          { id: 'c', kind: 'collect', value: { lit: 1 } },
        ],
      }),
    )
    run.start()
    run.send({ kind: 'pause' })
    run.complete('a')
    expect([run.status, run.valueOf('c')]).toEqual(['paused', undefined])
    run.send({ kind: 'resume' })
    expect(run.status).toBe('completed')
  })
})

describe('the timeout of a join', () => {
  const two = (onTimeout: 'fail' | 'proceed') => {
    const definition = workflow({
      tasks: [
        {
          id: 'g',
          kind: 'parallel',
          do: [
            { id: 'x', kind: 'task' },
            { id: 'y', kind: 'task' },
          ],
        },
        { id: 'after', kind: 'task' },
      ],
    })
    const fans = definition.fans.map((fan) => ({
      ...fan,
      joins: fan.joins.map((join) => ({ ...join, timeout: 1_000, onTimeout })),
    }))
    const run = new SimulatedRun({ ...definition, fans })
    run.start()
    run.time = 5_000
    expect(nextTimer(run.state)).toBe(null)
    run.complete('x', 1)
    expect(nextTimer(run.state)).toBe(6_000)
    return run
  }

  it('runs from the first arrival, and fails the join', () => {
    const run = two('fail')
    run.crash('snapshot')
    run.time = 6_000
    run.send({ kind: 'wake' })
    expect([run.status, run.state.ended?.error?.code]).toEqual(['failed', 'join_timeout'])
    expect(run.state.ended?.error?.message).toBe('Join "g" had 1 of 2 branches 1 s after the first')
  })

  it('goes on with what has arrived; what is late is no longer awaited', () => {
    const run = two('proceed')
    const late = run.dispatchOf('y')
    run.time = 6_000
    run.send({ kind: 'wake' })
    expect([run.refsOut(), run.valueOf('g')?.output, run.aborted.length]).toEqual([['after'], { x: 1, y: null }, 1])
    expect(run.complete(late).outcomes).toEqual([{ status: 'gone' }])
    expect(run.eventsOf('joined')).toMatchObject([{ timed_out: true }])
  })

  it('is not prolonged by another arrival', () => {
    const definition = workflow({
      tasks: [{ id: 'g', kind: 'parallel', do: ['x', 'y', 'z'].map((id) => ({ id, kind: 'task' })) }],
    })
    const fans = definition.fans.map((fan) => ({
      ...fan,
      joins: fan.joins.map((join) => ({ ...join, timeout: 1_000 })),
    }))
    const run = new SimulatedRun({ ...definition, fans })
    run.start()
    run.time = 5_000
    run.complete('x')
    run.time = 5_500
    run.complete('y')
    expect(nextTimer(run.state)).toBe(6_000)
  })

  it('is over when the last branch arrives in time', () => {
    const run = two('fail')
    run.complete('y', 2)
    expect([run.refsOut(), nextTimer(run.state)]).toEqual([['after'], null])
  })
})
