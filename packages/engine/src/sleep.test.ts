import { describe, expect, it } from 'vitest'
import { type Task, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { nextTimer } from './index.ts'

const nap = (does: Partial<Extract<Task, { kind: 'work' }>['does']>): Task => ({
  id: 'nap',
  kind: 'work',
  does: { kind: 'sleep', ...does } as Extract<Task, { kind: 'work' }>['does'],
})

describe('sleep', () => {
  it('waits for a duration, and nothing is out meanwhile', () => {
    const run = new SimulatedRun(workflow({ tasks: [nap({ for: { lit: '5m' } }), { id: 'after', kind: 'task' }] }))
    run.start()
    expect([run.status, nextTimer(run.state), run.out]).toEqual(['waiting', 301_000, []])
    run.time = 300_999
    run.send({ kind: 'wake' })
    expect(run.refsOut()).toEqual([])
    run.time = 301_000
    run.send({ kind: 'wake' })
    expect(run.refsOut()).toEqual(['after'])
  })

  it('goes on at a time; one that has passed is no wait', () => {
    const until = (text: string) => {
      const run = new SimulatedRun(workflow({ tasks: [nap({ until: { lit: text } }), { id: 'after', kind: 'task' }] }))
      run.start()
      return run
    }
    expect(nextTimer(until('1970-01-01T00:01:00Z').state)).toBe(60_000)
    expect(until('1970-01-01T00:00:00Z').refsOut()).toEqual(['after'])
  })

  it('fires once when it was due while nobody looked', () => {
    const run = new SimulatedRun(workflow({ tasks: [nap({ for: { lit: 1_000 } }), { id: 'after', kind: 'task' }] }))
    run.start()
    run.crash('snapshot')
    run.time = 1_000_000
    run.send({ kind: 'recover' })
    run.send({ kind: 'wake' })
    expect(run.eventsOf('task_dispatched')).toHaveLength(1)
  })

  it('stands still while the run is paused, and fires at the resume when its time has passed', () => {
    const run = new SimulatedRun(workflow({ tasks: [nap({ for: { lit: 1_000 } }), { id: 'after', kind: 'task' }] }))
    run.start()
    run.send({ kind: 'pause' })
    run.time = 10_000
    run.send({ kind: 'wake' })
    expect([nextTimer(run.state), run.refsOut()]).toEqual([null, []])
    run.send({ kind: 'resume' })
    expect(run.refsOut()).toEqual(['after'])
    expect(run.state.elapsed + run.time - (run.state.countingSince ?? 0)).toBe(0)
  })

  it('fails its task when the value is no duration', () => {
    const run = new SimulatedRun(workflow({ tasks: [nap({ for: { lit: 'a while' } })] }))
    run.start()
    expect([run.status, run.state.ended?.error?.code]).toEqual(['failed', 'invalid_value'])
  })
})
