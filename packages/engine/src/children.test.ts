import { describe, expect, it } from 'vitest'
import { type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { type Json, nextTimer } from './index.ts'

const digest = 'sha256:child'
type Parts = { readonly [name: string]: unknown; readonly onError?: Extract<Task, { kind: 'work' }>['onError'] }

function child(id: string, { onError, ...parts }: Parts = {}): Task {
  return {
    id,
    kind: 'work',
    does: { kind: 'workflow', workflow: 'sub', input: { lit: { at: id } }, close: 'cancel', ...parts },
    ...(onError === undefined ? {} : { onError }),
  }
}

function started(parts: Workflow, input: Json = {}): SimulatedRun {
  const run = new SimulatedRun(workflow({ workflows: { sub: digest }, ...parts }))
  run.start(input)
  return run
}

/** Debts that are open, in the order of their names. */
function owed(run: SimulatedRun): readonly string[] {
  return [...run.state.debts.keys()].map((id) => id.replace(/[0-9A-Z]{26}/, (child) => nameOf(run, child))).sort()
}

function nameOf(run: SimulatedRun, child: string): string {
  return `#${run.eventsOf('child_ordered').findIndex((event) => event.child === child)}`
}

function ordered(run: SimulatedRun, index = 0) {
  const event = run.eventsOf('child_ordered')[index]
  if (event === undefined) throw new Error('no child was ordered')
  return event
}

function accept(run: SimulatedRun, index = 0) {
  return run.send({ kind: 'settle', debt: `child/${ordered(run, index).child}` })
}

function end(
  run: SimulatedRun,
  parts: { readonly index?: number; readonly output?: Json; readonly status?: string } = {},
) {
  const { token, child } = ordered(run, parts.index)
  if (parts.status === undefined || parts.status === 'completed')
    return run.send({ kind: 'complete_child', token, child, status: 'completed', output: parts.output ?? {} })
  const error = { code: 'boom', message: 'it broke', retry: 'never' } as const
  return run.send({ kind: 'complete_child', token, child, status: parts.status as 'failed', error })
}

describe('a sub-workflow', () => {
  it('is ordered with an id of its own, and its output is that of the node', () => {
    const run = started({
      tasks: [child('a'), { id: 'b', kind: 'task', input: { path: ['tasks', 'a', 'output', 'n'] } }],
    })
    const { child: id, ...order } = ordered(run)
    expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
    expect(order).toMatchObject({ workflow: 'sub', definition: digest, input: { at: 'a' } })
    expect([run.status, owed(run)]).toEqual(['waiting', ['child/#0']])
    expect(run.payments.map(({ debt }) => debt)).toMatchObject([{ kind: 'start_child', child: id, depth: 1 }])

    accept(run)
    expect(owed(run)).toEqual([])
    end(run, { output: { n: 7 } })

    expect(run.inputOf('b')).toBe(7)
  })

  it('has the same id whenever the same decision is made, and another one in every branch and every attempt', () => {
    const each: Task = { id: 'e', kind: 'each', in: { list: { lit: [1, 2, 3] } }, do: [child('a')] }
    const ids = (run: SimulatedRun) => run.eventsOf('child_ordered').map(({ child }) => child)
    expect(ids(started({ tasks: [each] }))).toEqual(ids(started({ tasks: [each] })))
    expect(new Set(ids(started({ tasks: [each] }))).size).toBe(3)
  })

  it.each(['failed', 'cancelled', 'timed_out'] as const)('that is %s fails its node, which says why', (status) => {
    const run = started({ tasks: [child('a')] })
    accept(run)
    end(run, { status })
    const how = { failed: 'failed', cancelled: 'was cancelled', timed_out: 'has timed out' }[status]
    expect(run.state.ended).toMatchObject({
      status: 'failed',
      error: {
        code: 'child_failed',
        message: `Sub-workflow "sub" ${how}: it broke`,
        details: { run: ordered(run).child, workflow: 'sub', status, error: { code: 'boom' }, task: 'a' },
      },
    })
  })

  it('whose failure is caught lets the run go on', () => {
    const run = started({ tasks: [child('a', { onError: [{ id: 'c', kind: 'task' }] }), { id: 'b', kind: 'task' }] })
    end(run, { status: 'failed' })
    expect(run.refsOut()).toEqual(['c'])
    const other = started({ tasks: [child('a', { onError: 'continue' }), { id: 'b', kind: 'task' }] })
    end(other, { status: 'failed' })
    expect(other.refsOut()).toEqual(['b'])
  })

  it('that waits for a repair is ordered again as another run', () => {
    const run = started({ tasks: [child('a', { onError: 'block' })] })
    end(run, { status: 'failed' })
    expect(run.status).toBe('blocked_error')
    run.send({ kind: 'repair', action: 'retry' })
    expect([owed(run), ordered(run, 0).child === ordered(run, 1).child]).toEqual([['child/#1'], false])
    end(run, { index: 1 })
    expect(run.status).toBe('completed')
  })

  it('ends once: a second end is a duplicate, one of a node that is gone is gone', () => {
    const run = started({ tasks: [child('a'), { id: 'b', kind: 'task' }] })
    end(run)
    expect(end(run).outcomes).toEqual([{ status: 'duplicate' }])
    expect(end(run, { status: 'failed' }).outcomes).toEqual([{ status: 'duplicate' }])
    run.complete('b')
    expect([run.status, end(run).outcomes]).toEqual(['completed', [{ status: 'gone' }]])
  })

  it('may end before it is known to have begun', () => {
    const run = started({ tasks: [child('a')] })
    end(run, { output: 1 })
    expect([run.status, owed(run), accept(run).outcomes]).toEqual(['completed', [], [{ status: 'duplicate' }]])
  })

  it('that cannot be started fails its node', () => {
    const run = started({ tasks: [child('a')] })
    const error = { code: 'invalid_input', message: 'Cannot start workflow "sub"', retry: 'never' } as const
    run.send({ kind: 'settle', debt: `child/${ordered(run).child}`, error })
    expect(run.state.ended?.error).toMatchObject({ code: 'child_failed', details: { error } })
    expect(owed(run)).toEqual([])
  })

  it('whose output is no JSON value fails its node', () => {
    const run = started({ tasks: [child('a')] })
    end(run, { output: { $blob: 'x' } })
    expect(run.state.ended?.error).toMatchObject({
      code: 'child_failed',
      details: { error: { code: 'invalid_value' } },
    })
  })

  it('with an input that cannot be computed fails its node', () => {
    const run = started({ tasks: [child('a', { input: { cel: 'input.missing.x' } })] })
    expect([run.status, run.eventsOf('child_ordered')]).toEqual(['failed', []])
  })
})

describe('the time of a sub-workflow', () => {
  const late = (parts: Parts = {}) => started({ tasks: [child('a', { timeout: 5_000, ...parts })] })

  it('is over at its deadline: the node fails, and the child is cancelled', () => {
    const run = late()
    accept(run)
    expect(nextTimer(run.state)).toBe(6_000)
    run.time = 6_000
    run.send({ kind: 'wake' })
    expect(run.state.ended?.error).toMatchObject({ code: 'child_timeout', details: { timeout: 5_000 } })
    expect([owed(run), end(run).outcomes]).toEqual([['cancel/#0'], [{ status: 'gone' }]])
  })

  it('is over also for one that would go on without its parent', () => {
    const run = late({ close: 'continue', onError: 'continue' })
    run.time = 6_000
    run.send({ kind: 'wake' })
    expect([run.status, owed(run)]).toEqual(['completed', ['cancel/#0']])
  })

  it('does not bind one that nobody waits for', () => {
    expect(nextTimer(late({ detached: true }).state)).toBe(null)
  })
})

describe('a sub-workflow that nobody waits for any more', () => {
  it('is cancelled with the run, and owed until that is known', () => {
    const run = started({ tasks: [child('a')] })
    accept(run)
    run.send({ kind: 'cancel' })
    expect([run.status, owed(run)]).toEqual(['cancelled', ['cancel/#0']])
    expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'cancel_child', child: ordered(run).child })
    run.crash()
    run.time += 1
    run.send({ kind: 'recover' })
    expect(run.payments.at(-1)?.debt.kind).toBe('cancel_child')
    run.send({ kind: 'settle', debt: `cancel/${ordered(run).child}` })
    expect(owed(run)).toEqual([])
  })

  it('is not started any more when it has not begun', () => {
    const run = started({ tasks: [child('a')] })
    run.send({ kind: 'cancel' })
    expect(owed(run)).toEqual(['cancel/#0'])
    expect(accept(run).outcomes).toEqual([{ status: 'duplicate' }])
  })

  it('goes on where its node says so, and is started if it has not begun', () => {
    const run = started({ tasks: [child('a', { close: 'continue' })] })
    run.send({ kind: 'cancel' })
    expect([run.status, owed(run)]).toEqual(['cancelled', ['child/#0']])
    accept(run)
    expect(owed(run)).toEqual([])
  })

  it('is cancelled when its branch loses a race', () => {
    const run = started({
      tasks: [{ id: 'p', kind: 'parallel', strategy: 'race', do: [child('a'), { id: 'b', kind: 'task' }] }],
    })
    accept(run)
    run.complete('b')
    expect([run.status, owed(run)]).toEqual(['completed', ['cancel/#0']])
  })

  it('is cancelled when a branch beside it fails, in every branch', () => {
    const run = started({
      tasks: [
        { id: 'e', kind: 'each', strategy: 'fail_fast', in: { list: { lit: [0, 1, 2] } }, do: [child('a')] },
        { id: 'b', kind: 'task' },
      ],
    })
    end(run, { index: 1, status: 'failed' })
    expect([run.status, owed(run)]).toEqual(['failed', ['cancel/#0', 'cancel/#2']])
  })

  it('is cancelled before finally runs', () => {
    const run = started({ tasks: [child('a')], finally: [{ id: 'f', kind: 'task' }] })
    run.send({ kind: 'cancel' })
    expect([run.refsOut(), owed(run)]).toEqual([['f'], ['cancel/#0']])
  })
})

describe('a detached sub-workflow', () => {
  it('is not waited for: its id is the output once it has begun', () => {
    const run = started({ tasks: [child('a', { detached: true })], outputs: { path: ['tasks', 'a', 'output', 'run'] } })
    expect(run.status).toBe('waiting')
    accept(run)
    expect([run.status, run.output, owed(run)]).toEqual(['completed', ordered(run).child, []])
  })

  it('is never cancelled', () => {
    const run = started({ tasks: [child('a', { detached: true })] })
    run.send({ kind: 'cancel' })
    expect(owed(run)).toEqual(['child/#0'])
    expect(end(run).outcomes).toEqual([{ status: 'gone' }])
  })

  it('that cannot be started fails its node', () => {
    const run = started({ tasks: [child('a', { detached: true })] })
    const error = { code: 'invalid_input', message: 'no', retry: 'never' } as const
    run.send({ kind: 'settle', debt: `child/${ordered(run).child}`, error })
    expect(run.status).toBe('failed')
  })
})

describe('pausing', () => {
  it('pauses the children that are waited for, and resuming resumes them', () => {
    const run = started({
      tasks: [{ id: 'p', kind: 'parallel', do: [child('a'), child('b', { detached: true }), child('c')] }],
    })
    accept(run, 0)
    run.send({ kind: 'pause' })
    expect(owed(run)).toEqual(['child/#1', 'child/#2', 'steer/#0'])
    accept(run, 2)
    accept(run, 1)
    expect(owed(run)).toEqual(['steer/#0', 'steer/#2'])
    run.send({ kind: 'resume' })
    const steers = [...run.state.debts.values()].flatMap((debt) => (debt.kind === 'steer_child' ? [debt.to] : []))
    expect(steers).toEqual(['resume', 'resume'])
  })

  it('that was paid late does not settle what was asked for after it', () => {
    const run = started({ tasks: [child('a')] })
    accept(run)
    const orders = (['pause', 'resume', 'pause'] as const).map((kind) => {
      run.send({ kind })
      const { debt } = run.payments.at(-1) ?? {}
      return debt?.kind === 'steer_child' ? debt.order : 0
    })
    const debt = `steer/${ordered(run).child}`
    expect(run.send({ kind: 'settle', debt, order: orders[0] ?? 0 }).outcomes).toEqual([{ status: 'duplicate' }])
    expect(run.send({ kind: 'settle', debt, order: orders[2] ?? 0 }).outcomes).toEqual([{ status: 'applied' }])
  })

  it('lets a child end, and orders none', () => {
    const run = started({ tasks: [child('a'), child('b')] })
    run.send({ kind: 'pause' })
    end(run)
    expect([run.status, run.eventsOf('child_ordered').length, owed(run)]).toEqual(['paused', 1, []])
    run.send({ kind: 'resume' })
    expect(owed(run)).toEqual(['child/#1'])
  })

  it('of a run that is cancelled then does not hold a child that goes on', () => {
    const run = started({ tasks: [child('a', { close: 'continue' })] })
    accept(run)
    run.send({ kind: 'pause' })
    run.send({ kind: 'cancel' })
    expect([...run.state.debts.values()]).toMatchObject([{ kind: 'steer_child', to: 'resume' }])
  })
})

describe('limits of nesting', () => {
  const parent = { run: 'above', token: '1.1' }

  it('refuses a child that would be too deep', () => {
    const run = new SimulatedRun(
      workflow({ workflows: { sub: digest }, nesting: { depth: 2, children: 10 }, tasks: [child('a')] }),
    )
    run.send({ kind: 'start', definition: run.digest, input: {}, env: {}, seed: 1, parent, depth: 2 })
    expect(run.state.ended?.error).toMatchObject({ code: 'nesting_too_deep', details: { depth: 2 } })
  })

  it('refuses more children than the run may have, and onError decides', () => {
    const run = started({
      nesting: { depth: 2, children: 2 },
      tasks: [child('a'), child('b'), child('c', { onError: 'continue' }), { id: 'd', kind: 'task' }],
    })
    end(run, { index: 0 })
    end(run, { index: 1 })
    expect([run.refsOut(), run.valueOf('c')?.error?.code]).toEqual([['d'], 'too_many_children'])
  })

  it('is 10,000 children where nobody says it', () => {
    const list = Array.from({ length: 10_001 }, (_, i) => i)
    const each: Task = {
      id: 'e',
      kind: 'each',
      strategy: 'best_effort',
      in: { list: { lit: list } },
      do: [child('a', { detached: true })],
    }
    const run = new SimulatedRun(workflow({ workflows: { sub: digest }, tasks: [each] }), { checks: false })
    run.start()
    while (run.last?.more === true) run.send({ kind: 'wake' })
    expect(run.eventsOf('child_ordered')).toHaveLength(10_000)
    expect(run.eventsOf('node_failed').map(({ error }) => error.code)).toEqual(['too_many_children'])
  })
})

describe('a run that another one ordered', () => {
  const parent = { run: 'above', token: '3.1' }
  const below = (command: { readonly detached?: true } = {}) => {
    const run = new SimulatedRun(workflow({ tasks: [{ id: 'a', kind: 'task' }], outputs: { lit: { n: 1 } } }))
    run.send({
      kind: 'start',
      definition: run.digest,
      input: {},
      env: {},
      seed: 1,
      parent: { ...parent, ...command },
      depth: 1,
    })
    return run
  }

  it('tells it how it ended, until that is known', () => {
    const run = below()
    run.complete('a')
    const debt = { kind: 'tell_parent', run: 'above', token: '3.1', child: 'r', status: 'completed', output: { n: 1 } }
    expect(run.payments.map((payment) => payment.debt)).toMatchObject([debt])
    run.crash('snapshot')
    run.send({ kind: 'recover' })
    expect(run.payments).toHaveLength(2)
    run.send({ kind: 'settle', debt: 'parent' })
    expect(run.state.debts.size).toBe(0)
    run.send({ kind: 'recover' })
    expect(run.payments).toHaveLength(2)
  })

  it('tells its failure', () => {
    const run = below()
    run.fail('a', { message: 'no', retry: 'never' })
    expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'tell_parent', status: 'failed', error: { message: 'no' } })
  })

  it('says nothing when it is detached', () => {
    const run = below({ detached: true })
    run.complete('a')
    expect([run.status, run.state.debts.size]).toEqual(['completed', 0])
  })
})

describe('debts', () => {
  it('of many children are asked for again once they are old, and then not at every wake', () => {
    const list = Array.from({ length: 100 }, (_, i) => i)
    const run = started({ tasks: [{ id: 'e', kind: 'each', in: { list: { lit: list } }, do: [child('a')] }] })
    const asked = () => run.payments.length
    expect(asked()).toBe(100)
    run.time += 1_000
    run.send({ kind: 'wake' })
    expect(asked()).toBe(100)
    run.time += 4_000
    run.send({ kind: 'wake' })
    expect(asked()).toBe(200)
    for (let i = 0; i < 10; i++) {
      run.time += 400
      run.send({ kind: 'wake' })
    }
    expect(asked()).toBe(200)
    run.crash()
    run.send({ kind: 'recover' })
    expect(asked()).toBe(300)
  })
})
