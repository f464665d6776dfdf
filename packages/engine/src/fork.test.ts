import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outputsOf, workflow } from '../test/lists.ts'
import { driveByChance } from '../test/random-drive.ts'
import { randomRuns, randomWorkflow } from '../test/random-workflow.ts'
import { fits, referenceRun } from '../test/reference-run.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import {
  type Definition,
  decodeRecord,
  evolveRecord,
  type ForkOptions,
  forkedState,
  type Json,
  RunView,
} from './index.ts'
import { createRunState, type RunState } from './run-state.ts'

const two = workflow({
  tasks: [
    { kind: 'task', id: 'a', input: { lit: 1 } },
    { kind: 'task', id: 'b', input: { path: ['tasks', 'a', 'output'] } },
  ],
  outputs: { map: { a: { path: ['tasks', 'a', 'output'] }, b: { path: ['tasks', 'b', 'output'] } } },
})

/** The state of a run as its first `record` records tell it. */
function stateAt(run: SimulatedRun, record: number): RunState {
  const state = createRunState('r')
  run.journal.slice(0, record).forEach((body, i) => {
    evolveRecord(run.plan, state, decodeRecord('r', i + 1, body))
  })
  return state
}

function forkAt(
  run: SimulatedRun,
  record: number,
  definition: Definition = run.definition,
  options: Partial<ForkOptions> = {},
) {
  const fork = new SimulatedRun(definition)
  fork.time = run.time
  for (const [digest, value] of run.blobs) fork.blobs.set(digest, value)
  const made = forkedState(run.plan, stateAt(run, record), { to: fork.plan, ...options })
  if (!made.ok) return { fork, error: made.error }
  fork.send({ kind: 'fork', from: 'r', record, definition: fork.digest, state: made.state })
  return { fork, error: null }
}

test('a fork at any record, given the same answers, comes to what the run came to', () => {
  fc.assert(
    fc.property(randomWorkflow(), fc.integer({ min: 0, max: 2 ** 31 }), (parts, seed) => {
      const oracle = (ref: string, path: readonly number[]): Json => `${ref}/${path.join('.')}`
      const run = new SimulatedRun(workflow(parts))
      run.start({ t: true, f: false }, { seed })
      driveByChance(run, oracle, seed, { cancels: false })
      const record = 1 + (seed % Math.max(1, run.records.length - 1))
      if (stateAt(run, record).ended !== null) return

      const { fork } = forkAt(run, record)
      fork.finish((ref, path) => ({ output: oracle(ref, path) }))
      for (;;) {
        // What a crash cut off in the run before, a person still has to decide.
        const cut = [...fork.state.tokens.values()].find(({ wait }) => wait === 'decision')
        if (cut === undefined) break
        fork.send({ kind: 'decide_interruption', task: fork.refOf(cut.id), decision: 'rerun' })
        fork.finish((ref, path) => ({ output: oracle(ref, path) }))
      }

      const expected = referenceRun(parts, oracle)
      expect(fork.state.ended?.status).toBe(expected.status)
      if (expected.status === 'completed') expect(fits(fork.output, expected.output)).toBe(true)
      const names = new Set<string>()
      for (const [i, { events }] of fork.records.entries()) {
        for (const [j, event] of events.entries()) {
          const creates =
            event.type === 'token_created' || event.type === 'branch_started' || event.type === 'fanned_out'
          if (creates) names.add(`${i + 1 + fork.state.namesFrom}.${j}`)
        }
      }
      for (const id of stateAt(run, record).tokens.keys()) expect(names.has(id), 'a name twice').toBe(false)
    }),
    randomRuns(150),
  )
})

test('finished tasks of a fork do not run again; what was out is ordered anew, with the steps that it had', () => {
  const run = new SimulatedRun(two)
  run.start()
  run.complete('a', 5)
  const { token, attempt } = run.dispatchOf('b')
  run.send({ kind: 'complete_step', token, attempt, step: 'run', output: 'half' })

  const { fork } = forkAt(run, 3)

  expect(fork.refsOut()).toEqual(['b'])
  expect(fork.inputOf('b')).toBe(5)
  expect(fork.state.tokens.get(token)?.steps).toEqual({ run: 'half' })
  expect(fork.complete('b', 6).outcomes).toEqual([{ status: 'applied' }])
  expect(fork.output).toEqual({ a: 5, b: 6 })
})

test('a fork of a fork goes on, and its names are new', () => {
  const run = new SimulatedRun(two)
  run.start()
  run.complete('a', 5)
  const { fork } = forkAt(run, 2)
  const { fork: second } = forkAt(fork, 1)

  expect(second.state.namesFrom).toBe(3)
  second.complete('b', 1)
  expect(second.output).toEqual({ a: 5, b: 1 })
})

test('a timer keeps its time in a fork', () => {
  const run = new SimulatedRun(
    workflow({ tasks: [{ kind: 'work', id: 'nap', does: { kind: 'sleep', for: { lit: 60_000 } } }] }),
  )
  run.start()

  const { fork } = forkAt(run, 1)

  expect(fork.state.timers.earliest(fork.state)).toBe(61_000)
  fork.time = 61_000
  fork.send({ kind: 'wake' })
  expect(fork.status).toBe('completed')
})

test('a paused run goes on in its fork', () => {
  const run = new SimulatedRun(two)
  run.start()
  run.send({ kind: 'pause' })
  run.complete('a', 5)

  const { fork } = forkAt(run, 3)

  expect(fork.status).toBe('running')
  expect(fork.refsOut()).toEqual(['b'])
})

test('a state that has ended cannot be forked, and the error says what can be', () => {
  const run = new SimulatedRun(two)
  run.start()
  run.complete('a', 5)
  run.complete('b', 6)

  expect(forkAt(run, 3).error).toMatchObject({
    code: 'invalid_transition',
    message: expect.stringContaining('choose an earlier record'),
  })
})

test('a second fork command is a duplicate, before and after the end', () => {
  const run = new SimulatedRun(two)
  run.start()
  const { fork } = forkAt(run, 1)
  const again = () => fork.send({ kind: 'fork', from: 'r', record: 1, definition: fork.digest, state: {} }).outcomes

  expect(again()).toEqual([{ status: 'duplicate' }])
  fork.complete('a')
  fork.complete('b')
  expect(again()).toEqual([{ status: 'duplicate' }])
})

describe('values that are set', () => {
  const typed = workflow({
    tasks: [{ kind: 'task', id: 'a', input: { path: ['state', 'n'] } }],
    input: { type: 'object', properties: { name: { type: 'string' } } },
    state: { schema: { type: 'object', properties: { n: { type: 'integer' } } }, initial: { n: 1 } },
  })
  const started = () => {
    const run = new SimulatedRun(typed)
    run.start({ name: 'x' })
    return run
  }

  test('input and state have them', () => {
    const { fork } = forkAt(started(), 1, typed, {
      set: [
        [['input', 'name'], 'y'],
        [['state', 'n'], 7],
      ],
    })

    expect(fork.state.input).toEqual({ name: 'y' })
    expect(fork.state.values).toEqual({ n: 7 })
  })

  test.each([
    [['state', 'n'], 'seven', 'invalid_input', '/state/n'],
    [['input', 'name'], 7, 'invalid_input', '/input/name'],
    [['input', 'name', 'deep'], 7, 'invalid_value', 'no object is there'],
    [['tasks', 'a'], 7, 'invalid_value', 'begins with "input." or "state."'],
    [['state'], 7, 'invalid_value', 'is an object'],
  ] as const)('%j = %j is %s', (path, value, code, text) => {
    const { error } = forkAt(started(), 1, typed, { set: [[path, value]] })

    expect(error).toMatchObject({ code, message: expect.stringContaining(text) })
  })
})

describe('another revision', () => {
  const changed = (tasks: Parameters<typeof workflow>[0]['tasks']) =>
    workflow({ tasks, state: { schema: {}, initial: { added: 1 } } })

  test('a fork goes on in it where everything has its place', () => {
    const run = new SimulatedRun(two)
    run.start()
    run.complete('a', 5)
    const definition = changed([
      { kind: 'task', id: 'new' },
      { kind: 'task', id: 'a' },
      { kind: 'task', id: 'b' },
      { kind: 'task', id: 'c', input: { path: ['tasks', 'a', 'output'] } },
    ])

    const { fork } = forkAt(run, 2, definition)

    expect(fork.refsOut()).toEqual(['b'])
    fork.complete('b', 6)
    expect(fork.inputOf('c')).toBe(5)
    expect(fork.state.values).toEqual({ added: 1 })
  })

  test('what has no place in it is listed, all of it', () => {
    const run = new SimulatedRun(two)
    run.start()
    run.complete('a', 5)

    const { error } = forkAt(run, 2, changed([{ kind: 'collect', id: 'b', value: { lit: 1 } }]))

    expect(error).toMatchObject({ code: 'revision_incompatible' })
    expect(error?.details?.missing).toEqual([
      'task "b", where the run stands, is a collect there and a task here',
      'it has no task "a", whose output is in use',
      'it has no task "a", which has a value',
    ])
  })

  test('an open fan-out must be in it', () => {
    const run = new SimulatedRun(
      workflow({
        tasks: [{ kind: 'each', id: 'e', in: { list: { path: ['input', 'l'] } }, do: [{ kind: 'task', id: 'x' }] }],
      }),
    )
    run.start({ l: [1, 2] })

    const { error } = forkAt(run, 1, changed([{ kind: 'task', id: 'x' }]))

    expect(error?.details?.missing).toEqual(['it has no fan-out "e", which is open'])
  })
})

test('the view of a fork shows what was done before it, and what goes on', () => {
  const definition: Definition = {
    ...workflow({
      tasks: [
        { kind: 'task', id: 'a' },
        {
          kind: 'sequence',
          id: 's',
          do: [{ kind: 'each', id: 'e', in: { list: { path: ['input', 'l'] } }, do: [{ kind: 'task', id: 'x' }] }],
        },
        { kind: 'task', id: 'z' },
      ],
      outputs: outputsOf('z'),
    }),
    outline: [
      { id: 'a', kind: 'task', node: 'a' },
      {
        id: 's',
        kind: 'sequence',
        node: 's',
        open: 's:open',
        children: [
          {
            id: 'e',
            kind: 'each',
            node: 'e',
            open: 'e:open',
            fan: 'e',
            children: [{ id: 'x', kind: 'task', node: 'x' }],
          },
        ],
      },
      { id: 'z', kind: 'task', node: 'z' },
    ],
  }
  const run = new SimulatedRun(definition)
  run.start({ l: [1, 2, 3] })
  run.complete('a')
  run.complete('x', 1, { branch: 0 })
  const { fork } = forkAt(run, run.records.length)
  const view = new RunView(definition)
  const apply = () => {
    for (const record of fork.records) view.apply(record)
  }

  apply()
  expect(view.status).toBe('running')
  expect(view.items.map(({ id, status }) => `${id} ${status}`)).toEqual(['a completed', 's running', 'z pending'])
  expect(view.items[1]?.children[0]?.fan).toMatchObject({ total: 3, done: 1, running: 2 })

  fork.finish()
  apply()
  expect(view.status).toBe('completed')
  expect(view.items.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  expect(view.items[1]?.children[0]?.fan).toMatchObject({ total: 3, done: 3, running: 0 })
})

test('a sub-workflow that has not ended makes a fork impossible, unless it is started anew under another id', () => {
  const run = new SimulatedRun(
    workflow({
      tasks: [
        {
          kind: 'work',
          id: 'kid',
          does: { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close: 'cancel' },
        },
      ],
      workflows: { sub: `sha256:${'0'.repeat(64)}` },
    }),
  )
  run.start()
  const [first] = run.eventsOf('child_ordered')

  expect(forkAt(run, 1).error).toMatchObject({ code: 'fork_has_children' })
  const { fork } = forkAt(run, 1, run.definition, { restartChildren: true })

  const [second] = fork.eventsOf('child_ordered')
  expect(fork.status).toBe('waiting')
  expect(second?.child).toBeDefined()
  expect(second?.child).not.toBe(first?.child)
})
