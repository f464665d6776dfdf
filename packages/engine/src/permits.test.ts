import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Task, workflow } from '../test/lists.ts'
import { PermitDesk } from '../test/permit-desk.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { ConcurrencyDef } from './index.ts'

const deploy = (more: Partial<ConcurrencyDef> = {}): ConcurrencyDef => ({
  key: { lit: 'deploy' },
  limit: 1,
  when_full: 'queue',
  ...more,
})

const task = (id: string, more: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({ id, kind: 'task', ...more })

const guarded = (more: Partial<Extract<Task, { kind: 'task' }>> = {}) =>
  workflow({ tasks: [task('a', { concurrency: deploy(), ...more }), task('b')] })

const onePerItem = (limit: number) =>
  workflow({
    tasks: [
      {
        id: 'all',
        kind: 'each',
        in: { list: { cel: 'input.items' } },
        do: [task('a', { concurrency: deploy({ limit }) })],
      },
    ],
  })

describe('a task with a concurrency key', () => {
  it('waits for its permit, and gives it back when it has completed', () => {
    const run = new SimulatedRun(guarded())
    run.start()
    expect([run.status, run.refsOut()]).toEqual(['waiting', []])
    expect(run.payments).toEqual([
      {
        type: 'pay',
        id: 'acquire/1.1:1.2',
        debt: { kind: 'acquire_permit', since: 1_000, request: '1.1:1.2', key: 'deploy', limit: 1, when_full: 'queue' },
      },
    ])

    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'granted' } })
    expect([run.refsOut(), run.state.debts.size]).toEqual([['a'], 0])
    run.complete('a')

    expect(run.refsOut()).toEqual(['b'])
    expect([...run.state.debts.keys()]).toEqual(['release/deploy/1.1:1.2'])
    expect(run.payments.at(-1)?.debt).toMatchObject({ kind: 'release_permit', request: '1.1:1.2', key: 'deploy' })
    run.send({ kind: 'settle', debt: 'release/deploy/1.1:1.2' })
    expect([run.state.debts.size, run.state.permits.size]).toEqual([0, 0])
  })

  it('is begun by grant_permit after it was queued, once', () => {
    const run = new SimulatedRun(guarded())
    run.start()
    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'queued' } })
    expect([run.status, run.state.debts.size]).toEqual(['waiting', 0])

    const { outcomes } = run.send({ kind: 'grant_permit', request: '1.1:1.2' })
    expect([outcomes, run.refsOut()]).toEqual([[{ status: 'applied' }], ['a']])
    expect(run.send({ kind: 'grant_permit', request: '1.1:1.2' }).outcomes).toEqual([{ status: 'duplicate' }])
    expect(run.send({ kind: 'grant_permit', request: '1.1:9.9' }).outcomes).toEqual([{ status: 'gone' }])
  })

  it('may be granted before it is known that it was queued', () => {
    const run = new SimulatedRun(guarded())
    run.start()
    run.send({ kind: 'grant_permit', request: '1.1:1.2' })

    const late = run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'queued' } })

    expect([late.outcomes, run.refsOut()]).toEqual([[{ status: 'duplicate' }], ['a']])
  })

  it('fails with limit_reached where it does not queue, and its on_error answers', () => {
    const run = new SimulatedRun(guarded({ concurrency: deploy({ when_full: 'reject' }), onError: 'continue' }))
    run.start()

    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'full', by: ['R1'] } })

    expect(run.valueOf('a')).toMatchObject({
      status: 'failed',
      error: { code: 'limit_reached', details: { key: 'deploy', limit: 1, by: ['R1'] } },
    })
    expect(run.refsOut()).toEqual(['b'])
  })

  it('keeps its permit over retries', () => {
    const run = new SimulatedRun(guarded({ retry: { max_attempts: 3 } }))
    run.start()
    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'granted' } })
    run.fail('a')
    run.fail('a')
    expect([run.refsOut(), run.eventsOf('permit_requested')]).toMatchObject([['a'], [{ key: 'deploy' }]])

    run.fail('a')

    expect(run.status).toBe('failed')
    expect([...run.state.debts.keys()]).toEqual(['release/deploy/1.1:1.2'])
  })

  it('asks again for another permit when it comes by again', () => {
    const run = new SimulatedRun(
      workflow({ tasks: [task('a', { concurrency: deploy() }), task('b', { concurrency: deploy() })] }),
    )
    const desk = new PermitDesk(1)
    run.start()
    desk.settleAll(run)
    run.complete('a')
    desk.settleAll(run)

    expect(run.refsOut()).toEqual(['b'])
    expect(desk.holders).toEqual(['1.1:3.2'])
  })

  it('is not begun by a permit while the run is paused', () => {
    const run = new SimulatedRun(guarded())
    run.start()
    run.send({ kind: 'pause' })
    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'granted' } })
    expect(run.refsOut()).toEqual([])

    run.send({ kind: 'resume' })

    expect(run.refsOut()).toEqual(['a'])
  })

  it.each([
    ['', 'invalid_value'],
    [null, 'invalid_value'],
    [{ a: 1 }, 'invalid_value'],
  ])('fails where its key is %j', (key, code) => {
    const run = new SimulatedRun(guarded({ concurrency: deploy({ key: { lit: key } }) }))
    run.start()

    expect([run.status, run.state.ended?.error?.code, run.payments]).toEqual(['failed', code, []])
  })

  it('gives its permit back when the run is cancelled while it holds, and while it waits', () => {
    const run = new SimulatedRun(onePerItem(1))
    const desk = new PermitDesk(1)
    run.start({ items: [1, 2, 3] })
    desk.settleAll(run)
    expect([desk.holders.length, desk.line.length]).toEqual([1, 2])

    run.send({ kind: 'cancel' })
    expect([run.status, run.state.debts.size, run.aborted.length]).toEqual(['cancelled', 3, 1])
    desk.settleAll(run)

    expect([desk.holders, desk.line, run.state.debts.size]).toEqual([[], [], 0])
  })

  it('is asked for again after a crash, and its release too, by name', () => {
    const run = new SimulatedRun(guarded())
    run.start()
    run.crash('snapshot')
    const before = run.payments.length
    run.send({ kind: 'recover' })
    expect(run.payments.slice(before).map(({ id }) => id)).toEqual(['acquire/1.1:1.2'])
    run.send({ kind: 'cancel' })
    run.crash()
    run.send({ kind: 'recover' })

    expect(run.payments.at(-1)?.id).toBe('release/deploy/1.1:1.2')
  })
})

describe('a sub-workflow with a concurrency key', () => {
  const ordering = workflow({
    workflows: { sub: 'sha256:child' },
    tasks: [
      {
        id: 'a',
        kind: 'work',
        concurrency: deploy(),
        does: { kind: 'workflow', workflow: 'sub', input: { lit: {} }, close: 'cancel' },
        onError: 'continue',
      },
      task('b'),
    ],
  })

  it('is ordered once it has its permit, which it gives back at its end', () => {
    const run = new SimulatedRun(ordering)
    run.start()
    expect(run.eventsOf('child_ordered')).toEqual([])

    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'granted' } })
    const [{ token, child } = { token: '', child: '' }] = run.eventsOf('child_ordered')
    expect([...run.state.debts.keys()]).toEqual([`child/${child}`])
    run.send({ kind: 'settle', debt: `child/${child}` })
    run.send({ kind: 'complete_child', token, child, status: 'completed', output: {} })

    expect([run.refsOut(), ...run.state.debts.keys()]).toEqual([['b'], 'release/deploy/1.1:1.2'])
  })

  it('is cancelled when a younger one takes its place', () => {
    const run = new SimulatedRun(ordering)
    run.start()
    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'granted' } })
    const [{ child } = { child: '' }] = run.eventsOf('child_ordered')
    run.send({ kind: 'settle', debt: `child/${child}` })

    run.send({ kind: 'cancel_task', request: '1.1:1.2' })

    expect(run.valueOf('a')).toMatchObject({ status: 'failed', error: { code: 'superseded' } })
    expect([...run.state.debts.keys()].sort()).toEqual([`cancel/${child}`, 'release/deploy/1.1:1.2'])
  })
})

describe('cancel_task', () => {
  it('ends a task that holds its permit, and tells its executor', () => {
    const run = new SimulatedRun(guarded({ onError: 'continue', retry: { max_attempts: 5 } }))
    run.start()
    run.send({ kind: 'settle', debt: 'acquire/1.1:1.2', permit: { status: 'granted' } })

    run.send({ kind: 'cancel_task', request: '1.1:1.2' })

    expect(run.aborted).toHaveLength(1)
    expect(run.valueOf('a')).toMatchObject({ status: 'failed', error: { code: 'superseded', retry: 'never' } })
    expect(run.refsOut()).toEqual(['b'])
    expect([...run.state.debts.keys()]).toEqual(['release/deploy/1.1:1.2'])
  })

  it('ends a task that waits for its permit, and knows no other request', () => {
    const run = new SimulatedRun(guarded())
    run.start()
    expect(run.send({ kind: 'cancel_task', request: '1.1:0.0' }).outcomes).toEqual([{ status: 'gone' }])

    run.send({ kind: 'cancel_task', request: '1.1:1.2' })

    expect([run.status, run.state.ended?.error?.code]).toEqual(['failed', 'superseded'])
  })
})

describe('a run with a concurrency key', () => {
  const whole = workflow({
    concurrency: deploy({ key: { cel: 'input.branch' } }),
    tasks: [task('a')],
    finally: [task('tidy')],
  })

  it('begins once it has its permit, and gives it back at its end', () => {
    const run = new SimulatedRun(whole)
    run.start({ branch: 'main' })
    expect([run.status, run.refsOut()]).toEqual(['waiting', []])
    expect(run.payments[0]?.debt).toMatchObject({ kind: 'acquire_permit', key: 'main', request: '' })

    run.send({ kind: 'settle', debt: 'acquire/', permit: { status: 'queued' } })
    run.crash('snapshot')
    run.send({ kind: 'recover' })
    expect(run.refsOut()).toEqual([])
    run.send({ kind: 'grant_permit', request: '' })
    expect(run.refsOut()).toEqual(['a'])
    run.complete('a')
    expect([run.refsOut(), run.state.debts.size]).toEqual([['tidy'], 0])
    run.complete('tidy')

    expect([run.status, ...run.state.debts.keys()]).toEqual(['completed', 'release/main/'])
  })

  it('fails at once where it does not queue', () => {
    const run = new SimulatedRun(whole)
    run.start({ branch: 'main' })

    run.send({ kind: 'settle', debt: 'acquire/', permit: { status: 'full', by: ['R1'] } })

    expect([run.status, run.state.ended?.error?.code, run.refsOut()]).toEqual(['failed', 'limit_reached', []])
  })

  it('is cancelled without its finally while nothing of it has begun', () => {
    const run = new SimulatedRun(whole)
    run.start({ branch: 'main' })

    run.send({ kind: 'cancel' })

    expect([run.status, run.refsOut(), ...run.state.debts.keys()]).toEqual(['cancelled', [], 'release/main/'])
  })
})

test('whatever comes when, no more tasks are out than permits are held, and in the end none is', () => {
  const step = fc.record({
    what: fc.constantFrom('pay', 'pay', 'tell', 'complete', 'complete', 'fail', 'crash', 'pause', 'resume', 'cancel'),
    pick: fc.nat(20),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
      const run = new SimulatedRun(onePerItem(limit))
      const desk = new PermitDesk(limit)
      run.start({ items: [1, 2, 3, 4, 5, 6] })
      const check = () => {
        expect(run.out.length).toBeLessThanOrEqual(limit)
        for (const { token } of run.out) expect(run.state.permits.get(token)?.granted).toBe(true)
      }
      for (const { what, pick } of steps) {
        const some = run.out[pick % Math.max(1, run.out.length)]
        if (what === 'pay') desk.payNext(run)
        if (what === 'tell') desk.tellNext(run)
        if (what === 'complete' && some !== undefined) run.complete(some)
        if (what === 'fail' && some !== undefined) run.fail(some, { retry: 'never' })
        if (what === 'crash') {
          run.crash(pick % 2 === 0 ? 'journal' : 'snapshot')
          run.send({ kind: 'recover' })
        }
        if (what === 'pause' || what === 'resume') run.send({ kind: what })
        if (what === 'cancel' && pick === 0) run.send({ kind: 'cancel' })
        check()
      }
      run.send({ kind: 'resume' })
      for (let round = 0; round < 100 && (run.state.ended === null || run.state.debts.size > 0); round++) {
        desk.settleAll(run)
        const [next] = run.out
        if (next !== undefined) run.complete(next)
        check()
      }
      expect([run.state.ended === null, desk.holders, desk.line, run.state.debts.size]).toEqual([false, [], [], 0])
    }),
    { numRuns: Number(process.env.FC_RUNS ?? 300) },
  )
})
