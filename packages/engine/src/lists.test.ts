import { describe, expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { outputsOf, type Task, type Workflow, workflow } from '../test/lists.ts'
import { failure, SimulatedRun } from '../test/simulated-run.ts'
import type { Json } from './index.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})
const run = (parts: Workflow, input: Json = {}, env: { readonly [name: string]: string } = {}): SimulatedRun => {
  const simulated = new SimulatedRun(workflow(parts))
  simulated.start(input, { env })
  return simulated
}

describe('a list', () => {
  test('runs its tasks in order and computes its outputs', () => {
    const simulated = run({
      tasks: [task('a'), task('b', { input: { map: { from: { path: ['tasks', 'a', 'output', 'n'] } } } })],
      outputs: { map: { x: { path: ['tasks', 'a', 'output', 'n'] }, y: { cel: 'tasks.b.output.n + 1' } } },
    })
    expect(simulated.refsOut()).toEqual(['a'])
    simulated.complete('a', { n: 1 })
    expect(simulated.refsOut()).toEqual(['b'])
    expect(simulated.inputOf('b')).toEqual({ from: 1 })
    simulated.complete('b', { n: 2 })
    expect(simulated.state.ended).toEqual({ status: 'completed', output: { x: 1, y: 3 } })
  })

  test('without outputs ends with an empty object', () => {
    expect(run({ tasks: [{ id: 'a', kind: 'collect', value: { lit: 1 } }] }).output).toEqual({})
  })

  test('a step is one record: result, routing, next dispatch', () => {
    const simulated = run({ tasks: [task('a'), task('b')] })
    const { record, effects } = simulated.complete('a', 7)
    expect(record?.events.map((event) => event.type)).toEqual(['task_completed', 'token_moved', 'task_dispatched'])
    expect(effects).toEqual([{ type: 'dispatch', token: '1.1', attempt: 2, dispatch: 1 }])
  })

  test('sees input, env, run, workflow and project', () => {
    const simulated = run(
      {
        env: ['REGION'],
        tasks: [
          task('a', {
            input: {
              map: {
                input: { path: ['input', 'deep', 0] },
                env: { path: ['env', 'REGION'] },
                id: { path: ['run', 'id'] },
                at: { path: ['run', 'started_at'] },
                key: { path: ['run', 'attempt_key'] },
                names: { text: '{{ workflow }}/{{ project }}', sink: 'none' },
                secret: { path: ['secrets', 'TOKEN'] },
                list: { list: [{ lit: 1 }, { cel: '1 + 1' }] },
              },
            },
          }),
        ],
      },
      { deep: ['x'] },
      { REGION: 'eu' },
    )
    expect(simulated.inputOf('a')).toEqual({
      input: 'x',
      env: 'eu',
      id: 'r',
      at: '1970-01-01T00:00:01.000Z',
      key: 'r/1.1/1',
      names: 'w/p',
      secret: { $parts: [{ secret: 'TOKEN', escape: 'none' }] },
      list: [1, 2],
    })
  })

  test('an artifact of a task stands beside its output, under the name that was computed', () => {
    const artifact = { name: 'report.md', digest: 'sha256:0', size: 3, media_type: 'text/markdown' }
    const simulated = run(
      {
        tasks: [task('a', { save: { text: '{{ input.name }}.md', sink: 'none' } }), task('b')],
        outputs: { path: ['tasks', 'a', 'artifact'] },
      },
      { name: 'report' },
    )
    expect(simulated.state.tokens.get('1.1')?.save).toBe('report.md')
    simulated.complete('a', {}, { artifacts: [artifact] })
    simulated.complete('b')
    expect(simulated.output).toEqual(artifact)
    expect(simulated.state.artifacts).toEqual([artifact])
  })
})

describe('when', () => {
  test('that is false skips the task: status skipped, output null, the list goes on', () => {
    const simulated = run(
      {
        tasks: [task('a', { when: 'input.go' }), task('b')],
        outputs: { map: { status: { path: ['tasks', 'a', 'status'] }, output: { path: ['tasks', 'a', 'output'] } } },
      },
      { go: false },
    )
    expect(simulated.refsOut()).toEqual(['b'])
    simulated.complete('b')
    expect(simulated.output).toEqual({ status: 'skipped', output: null })
  })

  test('that is true runs it', () => {
    expect(run({ tasks: [task('a', { when: 'input.go' })] }, { go: true }).refsOut()).toEqual(['a'])
  })

  test('that is neither true nor false fails the task', () => {
    const simulated = run({ tasks: [task('a', { when: '1' })] })
    expect(simulated.state.ended).toMatchObject({
      status: 'failed',
      error: { code: 'evaluation_failed', details: { task: 'a' } },
    })
  })
})

describe('set', () => {
  test('changes state, deep paths included, and computes all values before the first is set', () => {
    const simulated = run({
      state: { schema: {}, initial: { n: 1, deep: { kept: true } } },
      tasks: [
        {
          id: 's',
          kind: 'set',
          values: { n: { cel: 'state.n + 1' }, 'deep.old': { path: ['state', 'n'] }, 'made.here': { lit: 1 } },
        },
      ],
      outputs: { map: { state: { path: ['state'] }, output: { path: ['tasks', 's', 'output'] } } },
    })
    expect(simulated.output).toEqual({ state: { n: 2, deep: { kept: true, old: 1 }, made: { here: 1 } }, output: {} })
  })

  test('that cannot be computed changes nothing and fails', () => {
    const simulated = run({
      state: { schema: {}, initial: { n: 1 } },
      tasks: [{ id: 's', kind: 'set', values: { n: { lit: 2 }, m: { path: ['input', 'gone'] } } }],
    })
    expect(simulated.state.values).toEqual({ n: 1 })
    expect(simulated.state.ended?.error).toMatchObject({ code: 'missing_reference' })
  })
})

describe('a sequence and a route', () => {
  test('have the output of the last task that they completed', () => {
    const simulated = run({
      tasks: [{ id: 's', kind: 'sequence', do: [task('a'), task('b'), task('c', { when: 'false' })] }],
      outputs: outputsOf('s'),
    }).finish((ref) => ({ output: ref }))
    expect(simulated.output).toEqual({ s: 'b' })
  })

  test('an empty sequence has null, whatever came before it', () => {
    const simulated = run({
      tasks: [task('a'), { id: 's', kind: 'sequence', do: [] }],
      outputs: outputsOf('s'),
    }).finish()
    expect(simulated.output).toEqual({ s: null })
  })

  test('a group that failed and is continued leaves null as the last output', () => {
    const group: Task = { id: 'g', kind: 'parallel', do: [task('b')], onError: 'continue' }
    const simulated = run({
      tasks: [{ id: 's', kind: 'sequence', do: [task('a'), group] }],
      outputs: outputsOf('s'),
    }).finish((ref) => (ref === 'b' ? { error: {} } : { output: ref }))
    expect(simulated.output).toEqual({ s: null })
  })

  test.each([
    [1, { taken: 0, output: 'one' }],
    [2, { taken: 'two', output: 'two' }],
    [3, { taken: null, output: null }],
  ])('a route by %i takes the first way whose condition holds', (n, expected) => {
    const simulated = run(
      {
        tasks: [
          {
            id: 'r',
            kind: 'route',
            ways: [
              { label: 0, if: 'input.n == 1', do: [task('one')] },
              { label: 'two', if: 'input.n == 2', do: [task('two')] },
              { label: null, do: [] },
            ],
          },
        ],
        outputs: outputsOf('r'),
      },
      { n },
    ).finish((ref) => ({ output: ref }))
    expect(simulated.output).toEqual({ r: expected })
  })
})

describe('end and fail', () => {
  test('end completes the run from inside of branches, and aborts what is out once', () => {
    const simulated = run({
      tasks: [
        {
          id: 'p',
          kind: 'parallel',
          do: [task('a'), { id: 's', kind: 'sequence', do: [task('b'), { id: 'e', kind: 'end' }] }],
        },
        task('c'),
      ],
    })
    simulated.complete('b')
    expect(simulated.status).toBe('completed')
    expect(simulated.aborted).toHaveLength(1)
  })

  test('fail ends the run from inside of branches with its message and code', () => {
    const simulated = run(
      {
        tasks: [
          {
            id: 'p',
            kind: 'parallel',
            do: [
              task('a'),
              { id: 'f', kind: 'fail', message: { text: 'no {{ input.x }}', sink: 'none' }, code: { lit: 'mine' } },
            ],
            onError: 'continue',
          },
        ],
      },
      { x: 1 },
    )
    expect(simulated.state.ended).toEqual({
      status: 'failed',
      error: { code: 'mine', message: 'no 1', retry: 'never' },
    })
    expect(simulated.aborted).toHaveLength(1)
  })

  test('fail without a code has the code workflow_failed', () => {
    const simulated = run({ tasks: [{ id: 'f', kind: 'fail', message: { lit: 'no' } }] })
    expect(simulated.state.ended?.error?.code).toBe('workflow_failed')
  })

  test('outputs that cannot be computed fail the run', () => {
    const simulated = run({ tasks: [{ id: 'a', kind: 'collect', value: { lit: 1 } }], outputs: outputsOf('never') })
    expect(simulated.state.ended).toMatchObject({ status: 'failed', error: { code: 'missing_reference' } })
  })
})

describe('a failure', () => {
  test('names its task, and ends the run', () => {
    const simulated = run({ tasks: [task('a'), task('b')] })
    simulated.fail('a')
    expect(simulated.state.ended).toEqual({
      status: 'failed',
      error: { code: 'action_failed', message: 'it broke', retry: 'safe', details: { task: 'a' } },
    })
  })

  test('continue goes on: status failed, output null, the error beside it', () => {
    const simulated = run({
      tasks: [task('a', { onError: 'continue' }), task('b')],
      outputs: {
        map: {
          status: { path: ['tasks', 'a', 'status'] },
          output: { path: ['tasks', 'a', 'output'] },
          code: { path: ['tasks', 'a', 'error', 'code'] },
        },
      },
    })
    simulated.fail('a')
    simulated.complete('b')
    expect(simulated.output).toEqual({ status: 'failed', output: null, code: 'action_failed' })
  })

  test('a list of tasks runs instead, with error in scope, and the run goes on after it', () => {
    const simulated = run({
      tasks: [
        task('a', {
          onError: [
            task('mend', { input: { path: ['error', 'message'] } }),
            task('more', { input: { path: ['error'] } }),
          ],
        }),
        task('b'),
      ],
    })
    simulated.fail('a')
    expect(simulated.inputOf('mend')).toBe('it broke')
    simulated.complete('mend')
    expect(simulated.inputOf('more')).toMatchObject({ code: 'action_failed' })
    simulated.complete('more')
    expect(simulated.refsOut()).toEqual(['b'])
    simulated.complete('b')
    expect(simulated.status).toBe('completed')
  })

  test('an error list that fails ends the run with its own error', () => {
    const simulated = run({ tasks: [task('a', { onError: [task('mend')] })] })
    simulated.fail('a')
    simulated.fail('mend', { message: 'worse' })
    expect(simulated.state.ended?.error).toMatchObject({ message: 'worse', details: { task: 'mend' } })
  })

  test('of a mapping is a failure of its task', () => {
    const simulated = run({
      tasks: [task('a', { input: { path: ['input', 'gone'] }, onError: 'continue' }), task('b')],
    })
    expect(simulated.refsOut()).toEqual(['b'])
    expect(simulated.valueOf('a')?.error?.code).toBe('missing_reference')
  })

  test('of a condition on the way out is not continued along the same condition', () => {
    const simulated = new SimulatedRun(
      definitionOf({
        nodes: [
          { ref: 'a', does: { kind: 'collect', value: { lit: 1 } }, onError: 'continue' },
          { ref: 'b', does: { kind: 'collect', value: { lit: 1 } } },
        ],
        transitions: [{ ref: 't', from: 'a', to: 'b', if: 'input.gone' }],
      }),
    )
    simulated.start()
    expect(simulated.state.ended).toMatchObject({ status: 'failed', error: { details: { task: 'a' } } })
  })

  test('of a node that is an error has its code and message', () => {
    const simulated = new SimulatedRun(
      definitionOf({
        nodes: [
          {
            ref: 'a',
            does: { kind: 'error', code: 'unknown_case', message: { text: 'no {{ input.x }}', sink: 'none' } },
          },
        ],
      }),
    )
    simulated.start({ x: 'y' })
    expect(simulated.state.ended?.error).toMatchObject({ code: 'unknown_case', message: 'no y' })
  })
})

describe('transitions', () => {
  const graph = (transitions: Parameters<typeof definitionOf>[0]['transitions']) =>
    new SimulatedRun(
      definitionOf({
        nodes: ['a', 'b', 'c', 'd'].map((ref) => ({ ref, does: { kind: 'task', task: 't', input: { lit: null } } })),
        tasks: workflow({ tasks: [task('t')] }).tasks,
        transitions: transitions ?? [],
      }),
    )

  test('of the lowest priority with a match fire, all of them', () => {
    const simulated = graph([
      { ref: '1', from: 'a', to: 'b', priority: 1 },
      { ref: '2', from: 'a', to: 'c', priority: 1 },
      { ref: '3', from: 'a', to: 'd', priority: 2 },
      { ref: '4', from: 'a', to: 'd', priority: 0, if: 'false' },
    ])
    simulated.start()
    simulated.complete('a')
    expect(simulated.refsOut().toSorted()).toEqual(['b', 'c'])
    simulated.complete('b')
    expect(simulated.status).toBe('running')
    simulated.complete('c')
    expect(simulated.status).toBe('completed')
  })
})

describe('a branch of a graph', () => {
  const nodes = (...refs: string[]) =>
    refs.map((ref) => ({ ref, does: { kind: 'task', task: 't', input: { lit: null } } }) as const)
  const branched = (transitions: NonNullable<Parameters<typeof definitionOf>[0]['transitions']>) =>
    new SimulatedRun(
      definitionOf({
        start: 'open',
        nodes: [
          { ref: 'open', does: { kind: 'open' } },
          ...nodes('b', 'c', 'd'),
          { ref: 'j', does: { kind: 'join', fan: 'f' } },
        ],
        tasks: workflow({ tasks: [task('t')] }).tasks,
        fans: [{ ref: 'f', node: 'open', joins: [{ node: 'j', strategy: 'best_effort', merge: 'collect' }] }],
        transitions: [
          { ref: 'in', from: 'open', to: 'b', fan: 'f' },
          { ref: 'in2', from: 'open', to: 'd', fan: 'f' },
          { ref: 'd>j', from: 'd', to: 'j', join: { fan: 'f', take: 'last' } },
          ...transitions,
        ],
        outputs: outputsOf('j'),
      }),
    )

  test('that ends before the join is dead, which is no failure', () => {
    const simulated = branched([{ ref: 'out', from: 'b', to: 'c', if: 'false' }])
    simulated.start()
    simulated.complete('b')
    simulated.complete('d', 1)
    expect(simulated.output).toEqual({ j: [null, 1] })
    expect(simulated.valueOf('j')).toMatchObject({ failed: [], stats: { succeeded: 1, failed: 0, skipped: 1 } })
  })

  test('arrives with its first token; its other tasks go on until the join is decided, and are aborted then', () => {
    const simulated = branched([
      { ref: 'b>j', from: 'b', to: 'j', join: { fan: 'f', take: 'last' } },
      { ref: 'b>c', from: 'b', to: 'c', priority: 0 },
      { ref: 'b>d', from: 'b', to: 'd', priority: 0 },
    ])
    simulated.start()
    const d = simulated.dispatchOf('d', 1)
    simulated.complete('b', 'first')
    expect(simulated.refsOut()).toEqual(['d', 'c', 'd'])
    expect(simulated.aborted).toHaveLength(0)
    simulated.complete(d, 'second')
    expect(simulated.aborted).toHaveLength(2)
    expect(simulated.output).toEqual({ j: ['first', 'second'] })
  })

  test('that has split arrives with its first token; a later one of it adds nothing', () => {
    const simulated = branched([
      { ref: 'b>c', from: 'b', to: 'c' },
      { ref: 'b>d', from: 'b', to: 'd' },
      { ref: 'c>j', from: 'c', to: 'j', join: { fan: 'f', take: 'last' } },
    ])
    simulated.start()
    simulated.complete('b')
    simulated.complete('c', 'first')
    expect(simulated.aborted).toHaveLength(0)
    simulated.complete('d', 'second')
    expect(simulated.aborted).toHaveLength(1)
    expect(simulated.output).toEqual({ j: ['first', 'second'] })
  })
})

test('a failure keeps the error of whoever reports it', () => {
  const simulated = run({ tasks: [task('a')] })
  simulated.fail('a', failure({ details: { task: 'inner' } }))
  expect(simulated.state.ended?.error?.details).toEqual({ task: 'inner' })
})
