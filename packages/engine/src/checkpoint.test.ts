import { describe, expect, it } from 'vitest'
import { type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { Definition } from './index.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})

function started(tasks: readonly Task[], parts: Partial<Workflow> = {}, more: Partial<Definition> = {}): SimulatedRun {
  const run = new SimulatedRun({ ...workflow({ tasks, ...parts }), ...more })
  run.start()
  return run
}

const told = (run: SimulatedRun) => run.eventsOf('checkpoint_emitted').map(({ checkpoint }) => checkpoint)
const artifact = (name: string, digest = 'sha256:0') => ({ name, digest, size: 1, media_type: 'text/plain' })

describe('a policy', () => {
  it('tells of the plan, of progress and of the end, each with what was used and which artifacts are new', () => {
    const run = started(
      [task('a'), task('b'), task('c')],
      { checkpoints: { on: ['plan', 'completed'], every_steps: 2 } },
      { description: ' Looks at every file. ' },
    )
    run.complete('a', {}, { artifacts: [artifact('one')] })
    run.time += 1_500
    run.complete('b', {}, { artifacts: [artifact('two')], usage: { steps: 1, tokens: 7 } })
    run.complete('c', {}, { artifacts: [artifact('one', 'sha256:1'), artifact('three')] })
    expect(told(run)).toMatchObject([
      { type: 'plan', summary: 'Looks at every file.', status: 'running', artifacts_delta: { added: [], changed: [] } },
      {
        type: 'progress',
        status: 'running',
        budget_state: { wall_time_seconds: 1.5, steps: 2, tokens: 7, retries: 0, tool_calls: 0, cost_usd: 0 },
        artifacts_delta: { added: ['one', 'two'], changed: [] },
      },
      { type: 'completed', status: 'completed', artifacts_delta: { added: ['three'], changed: ['one'] } },
    ])
    const types = run.records.at(-1)?.events.map(({ type }) => type)
    expect(types?.slice(-2)).toEqual(['checkpoint_emitted', 'run_ended'])
  })

  it('tells once of each time that the run is blocked', () => {
    const run = started(
      [
        task('a', { onError: 'block' }),
        { id: 'q', kind: 'work', does: { kind: 'ask', text: { lit: 'Go?' } } },
        task('b'),
      ],
      { checkpoints: { on: ['blocked', 'decision-needed'] } },
    )
    run.fail('a')
    run.send({ kind: 'wake' })
    expect(told(run)).toMatchObject([{ type: 'blocked', status: 'blocked_error', reason_codes: ['blocked_error'] }])
    run.send({ kind: 'repair', action: 'skip' })
    expect(told(run).slice(1)).toMatchObject([{ type: 'decision-needed', status: 'blocked_decision' }])
    run.send({ kind: 'answer', decision: 'approve', roles: [] })
    run.complete('b')
    expect(told(run)).toHaveLength(2)
  })
})

describe('a task', () => {
  it('tells of its value once it has it, and goes on', () => {
    const summary = { text: 'found {{ tasks.a.output.n }}', sink: 'none' } as const
    const run = started([task('a', { checkpoint: { type: 'progress', summary, reasons: ['counted'] } }), task('b')])
    run.complete('a', { n: 3 })
    expect(run.refsOut()).toEqual(['b'])
    expect(told(run)).toMatchObject([{ type: 'progress', summary: 'found 3', task: 'a', reason_codes: ['counted'] }])
  })

  it('that needs a decision waits with its value until it is approved', () => {
    const run = started([
      task('a', {
        checkpoint: {
          type: 'decision-needed',
          summary: { lit: 'Deploy?' },
          required: { kind: 'approval', instructions: { lit: 'Look at the plan.' } },
          role: { lit: 'ops' },
        },
      }),
      task('b'),
    ])
    run.complete('a', { n: 3 })
    expect([run.status, run.refsOut(), run.valueOf('a')?.output]).toEqual(['blocked_decision', [], { n: 3 }])
    expect(told(run)).toMatchObject([
      {
        type: 'decision-needed',
        status: 'blocked_decision',
        required_action: { kind: 'approval', instructions: 'Look at the plan.' },
      },
    ])
    run.crash('snapshot')
    run.send({ kind: 'recover' })
    expect(run.send({ kind: 'answer', decision: 'approve', roles: [] }).outcomes).toMatchObject([{ status: 'refused' }])
    run.send({ kind: 'answer', decision: 'approve', roles: ['ops'] })
    expect([run.refsOut(), told(run)]).toMatchObject([['b'], [{ type: 'decision-needed' }]])
    run.complete('b')
    expect([run.status, run.valueOf('a')]).toBeDefined()
  })

  it('that is rejected has failed, and its on_error decides', () => {
    const checkpoint = { type: 'decision-needed', summary: { lit: 'Deploy?' } } as const
    const run = started([task('a', { checkpoint, onError: [task('undo')] })])
    run.complete('a')
    run.send({ kind: 'answer', decision: 'reject', reason: 'not on Fridays', by: 'ada', roles: [] })
    expect(run.refsOut()).toEqual(['undo'])
    expect(run.valueOf('a')?.error).toMatchObject({ code: 'rejected', details: { reason: 'not on Fridays' } })
  })

  it('that failed tells nothing', () => {
    const checkpoint = { type: 'progress', summary: { lit: 'done' } } as const
    const run = started([task('a', { checkpoint, onError: 'continue' }), task('b', { when: 'false', checkpoint })])
    run.fail('a')
    expect([run.status, told(run)]).toEqual(['completed', []])
  })

  it('keeps a summary to 2,000 characters', () => {
    const summary = { text: ' {{ tasks.a.output }} ', sink: 'none' } as const
    const run = started([task('a', { checkpoint: { type: 'progress', summary } })])
    run.complete('a', 'x'.repeat(3_000))
    expect(told(run)[0]?.summary).toHaveLength(2_000)
  })
})
