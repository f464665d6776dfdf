import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outputsOf, type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { Definition, Json, SignalWork, WaitWork } from './index.ts'
import { nextTimer, RunView } from './index.ts'
import { mostSignals } from './mailbox.ts'

const wait = (does: Partial<WaitWork> = {}, id = 'go'): Task => ({
  id,
  kind: 'work',
  does: { kind: 'wait', signal: { lit: 'go' }, ...does },
})
const signal = (does: Partial<SignalWork> = {}): Task => ({
  id: 'tell',
  kind: 'work',
  does: { kind: 'signal', name: { lit: 'go' }, payload: { lit: { n: 1 } }, ...does },
})

function begin(tasks: readonly Task[], parts: Partial<Workflow> = {}): SimulatedRun {
  const run = new SimulatedRun(workflow({ tasks, outputs: outputsOf('go'), ...parts }))
  run.start()
  return run
}

/** A wait whose signals go through the task `look` first. */
function withProcessor(does: Partial<WaitWork> = {}): Definition {
  const processor = { task: 'look', input: { map: { n: { path: ['signal', 'n'] } } } } as const
  const waits = wait({ processor, until: 'processor.good', ...does })
  const definition = workflow({ tasks: [waits, { id: 'after', kind: 'task' }], outputs: outputsOf('go') })
  const look = { ...definition.tasks.after, retry: { ...definition.tasks.after?.retry, max_attempts: 2 } }
  return { ...definition, tasks: { ...definition.tasks, look: look as Definition['tasks'][string] } }
}

function send(run: SimulatedRun, payload: Json, parts: { readonly name?: string; readonly key?: string } = {}) {
  const decided = run.send({ kind: 'signal', name: 'go', payload, ...parts })
  return decided.outcomes[0]
}

describe('a wait', () => {
  it('goes on with the payload of the signal', () => {
    const run = begin([wait()])
    expect([run.status, nextTimer(run.state)]).toEqual(['waiting', null])
    expect(send(run, { n: 1 }, { name: 'other' })).toEqual({ status: 'applied' })
    expect(run.status).toBe('waiting')
    send(run, { n: 2 })
    expect(run.output).toEqual({ go: { n: 2 } })
  })

  it('takes what came before it, the oldest first', () => {
    const run = begin([{ id: 'first', kind: 'task' }, wait()])
    for (const n of [1, 2]) send(run, n)
    run.crash('snapshot')
    run.send({ kind: 'recover' })
    run.complete('first')
    expect(run.output).toEqual({ go: 1 })
  })

  it('with kept: false takes nothing that came before it, and leaves that to others', () => {
    const run = begin([{ id: 'first', kind: 'task' }, wait({ kept: false }), wait({}, 'next')], {
      outputs: outputsOf('go', 'next'),
    })
    send(run, 'before')
    run.complete('first')
    run.crash('snapshot')
    expect(run.status).toBe('waiting')
    send(run, 'after')

    expect(run.output).toEqual({ go: 'after', next: 'before' })
  })

  it('with kept: false takes what came while the run was paused', () => {
    const run = new SimulatedRun(withProcessor({ kept: false }))
    run.start()
    run.send({ kind: 'pause' })
    send(run, { n: 1 })
    run.send({ kind: 'resume' })

    expect(run.refsOut()).toEqual(['go'])
  })

  it('takes only what its condition holds for, and leaves the rest', () => {
    const run = begin([{ id: 'first', kind: 'task' }, wait({ until: 'signal.n > 1' }), wait({}, 'next')], {
      outputs: outputsOf('go', 'next'),
    })
    for (const n of [1, 2, 3]) send(run, { n })
    run.complete('first')
    expect(run.output).toEqual({ go: { n: 2 }, next: { n: 1 } })
  })

  it('refuses a signal that its condition cannot be computed for, and nothing changes', () => {
    const run = begin([wait({ until: 'signal.n > 1' })])
    const outcome = send(run, { m: 1 })
    expect(outcome?.status).toBe('refused')
    expect([run.journal.length, run.status]).toEqual([1, 'waiting'])
    send(run, { n: 2 })
    expect(run.status).toBe('completed')
  })

  it('gets one signal each, the one that waits longest first', () => {
    const run = begin([{ id: 'all', kind: 'each', in: { list: { lit: [1, 2, 3] } }, do: [wait()] }], {
      outputs: outputsOf('all'),
    })
    for (const n of ['a', 'b', 'c']) send(run, n)
    expect(run.output).toEqual({ all: ['a', 'b', 'c'] })
  })

  it('is told apart by its condition in branches', () => {
    const until = 'signal.id == item'
    const run = begin([{ id: 'all', kind: 'each', in: { list: { lit: ['x', 'y'] } }, do: [wait({ until })] }], {
      outputs: outputsOf('all'),
    })
    send(run, { id: 'y', n: 1 })
    send(run, { id: 'x', n: 2 })
    expect(run.output).toEqual({
      all: [
        { id: 'x', n: 2 },
        { id: 'y', n: 1 },
      ],
    })
  })

  it('that has ended with its branch takes nothing', () => {
    const run = begin([
      { id: 'race', kind: 'parallel', strategy: 'race', do: [wait(), { id: 'quick', kind: 'task' }] },
      { id: 'after', kind: 'task' },
    ])
    run.complete('quick')
    send(run, 1)
    expect(run.state.mailbox?.kept.size).toBe(1)
    expect(run.refsOut()).toEqual(['after'])
  })

  it('fails, goes on or goes elsewhere when its time is up', () => {
    const ends = (does: Partial<WaitWork>): SimulatedRun => {
      const run = begin([
        wait({ timeout: { lit: '1m' }, ...does }),
        { id: 'after', kind: 'collect', value: { lit: 1 } },
      ])
      expect(nextTimer(run.state)).toBe(61_000)
      run.time = 61_000
      run.send({ kind: 'wake' })
      return run
    }
    expect(ends({}).state.ended?.error).toMatchObject({ code: 'wait_timeout', details: { signal: 'go' } })
    expect(ends({ onTimeout: 'continue' }).output).toEqual({ go: null })
    expect(ends({ onTimeout: { to: 'after' } }).status).toBe('completed')
  })

  it('whose time is up takes nothing, although nobody has looked', () => {
    const run = begin([wait({ timeout: { lit: '1m' } })])
    run.time = 61_000
    send(run, 1)
    run.send({ kind: 'wake' })
    expect(run.state.ended?.error?.code).toBe('wait_timeout')
  })

  it('goes on while the run is paused, and what follows waits', () => {
    const run = begin([wait(), { id: 'after', kind: 'task' }])
    run.send({ kind: 'pause' })
    send(run, 1)
    expect(run.refsOut()).toEqual([])
    run.send({ kind: 'resume' })
    expect(run.refsOut()).toEqual(['after'])
  })
})

describe('the processor of a wait', () => {
  it('works on each signal before it is judged', () => {
    const run = new SimulatedRun(withProcessor())
    run.start()
    send(run, { n: 1 })
    send(run, { n: 2 })
    expect([run.refsOut(), run.inputOf('go')]).toEqual([['go'], { n: 1 }])
    run.complete('go', { good: false })
    expect(run.inputOf('go')).toEqual({ n: 2 })
    run.complete('go', { good: true })
    expect(run.refsOut()).toEqual(['after'])
    run.complete('after')
    expect(run.output).toEqual({ go: { n: 2 } })
  })

  it('is tried again with the same signal, and survives a crash', () => {
    const run = new SimulatedRun(withProcessor())
    run.start()
    send(run, { n: 1 })
    run.fail('go', { retry: 'safe' })
    run.send({ kind: 'wake' })
    for (const from of ['journal', 'snapshot'] as const) {
      run.crash(from)
      run.send({ kind: 'recover' })
    }
    expect(run.inputOf('go')).toEqual({ n: 1 })
    run.complete('go', { good: true })
    expect(run.valueOf('go')?.output).toEqual({ n: 1 })
  })

  it('that fails for good fails the wait', () => {
    const run = new SimulatedRun(withProcessor())
    run.start()
    send(run, { n: 1 })
    run.fail('go', { retry: 'never' })
    expect(run.status).toBe('failed')
  })

  it('keeps the deadline of the wait', () => {
    const run = new SimulatedRun(withProcessor({ timeout: { lit: '1m' } }))
    run.start()
    send(run, { n: 1 })
    run.time = 70_000
    run.send({ kind: 'wake' })
    expect(run.status).toBe('running')
    run.complete('go', { good: false })
    expect(nextTimer(run.state)).toBe(61_000)
    run.send({ kind: 'wake' })
    expect(run.state.ended?.error?.code).toBe('wait_timeout')
  })

  it('begins when a paused run goes on', () => {
    const run = new SimulatedRun(withProcessor())
    run.start()
    run.send({ kind: 'pause' })
    send(run, { n: 1 })
    expect(run.refsOut()).toEqual([])
    run.send({ kind: 'resume' })
    expect(run.refsOut()).toEqual(['go'])
  })
})

describe('a signal', () => {
  it('with a known key is a duplicate, also after the end', () => {
    const run = begin([wait(), { id: 'after', kind: 'task' }])
    send(run, 1, { key: 'k' })
    expect(send(run, 2, { key: 'k' })).toEqual({ status: 'duplicate' })
    run.crash('snapshot')
    run.send({ kind: 'recover' })
    expect(send(run, 2, { key: 'k' })).toEqual({ status: 'duplicate' })
    run.complete('after')
    expect(send(run, 2, { key: 'k' })).toEqual({ status: 'duplicate' })
    expect(send(run, 2, { key: 'l' })?.status).toBe('refused')
  })

  it('without a name, or that is no JSON of ours, is refused', () => {
    const run = begin([wait()])
    expect(run.send({ kind: 'signal', name: '', payload: 1 }).outcomes[0]?.status).toBe('refused')
    expect(send(run, { $blob: 'sha256:0', size: 1 })?.status).toBe('refused')
    expect(run.journal).toHaveLength(1)
  })

  it('is refused when the mailbox is full, unless a wait takes it', () => {
    const run = new SimulatedRun(workflow({ tasks: [wait({ until: 'signal < 0' })] }), { checks: false })
    run.start()
    for (let n = 0; n < mostSignals; n += 100) {
      run.send(...Array.from({ length: 100 }, (_, i) => ({ kind: 'signal', name: 'go', payload: n + i }) as const))
    }
    const outcome = send(run, mostSignals)
    expect(outcome?.status === 'refused' && outcome.error.code).toBe('mailbox_full')
    expect(send(run, -1)).toEqual({ status: 'applied' })
    expect(run.status).toBe('completed')
  })

  it('of the run to itself is kept for its waits', () => {
    expect(begin([signal(), wait()]).output).toEqual({ go: { n: 1 } })
    const run = begin([{ id: 'both', kind: 'parallel', do: [wait(), { id: 's', kind: 'sequence', do: [signal()] }] }], {
      outputs: outputsOf('both'),
    })
    expect(run.output).toEqual({ both: { go: { n: 1 }, s: {} } })
  })

  it('to another run is owed until it has arrived', () => {
    const run = begin([signal({ run: { lit: 'other' } }), { id: 'after', kind: 'task' }])
    expect([run.status, run.payments.length]).toEqual(['waiting', 1])
    const [payment] = run.payments
    expect(payment?.debt).toMatchObject({ run: 'other', name: 'go', payload: { n: 1 }, key: 'r/1.1/1' })
    run.crash('snapshot')
    run.send({ kind: 'recover' })
    expect(run.payments).toHaveLength(2)
    const settle = { kind: 'settle', debt: payment?.id ?? '' } as const
    expect(run.send(settle).outcomes).toEqual([{ status: 'applied' }])
    expect(run.send(settle).outcomes).toEqual([{ status: 'duplicate' }])
    expect(run.refsOut()).toEqual(['after'])
  })

  it('that cannot arrive fails its task with the error', () => {
    const run = begin([signal({ run: { lit: 'other' } })])
    const error = { code: 'run_not_found', message: 'no such run', retry: 'never' } as const
    run.send({ kind: 'settle', debt: run.payments[0]?.id ?? '', error })
    expect(run.state.ended?.error?.code).toBe('run_not_found')
  })

  it('with the start of a run is in its first record, and is kept for its waits', () => {
    const run = new SimulatedRun(workflow({ tasks: [wait({ until: 'signal > 6' })], outputs: outputsOf('go') }))
    const signals = [
      { name: 'go', payload: 'no number' },
      { name: 'go', payload: 7, key: 'k' },
      { name: 'go', payload: 8, key: 'k' },
    ]
    run.send({ kind: 'start', definition: run.digest, input: {}, env: {}, seed: 1, signals })
    expect([run.journal.length, run.eventsOf('signal_received').length, run.output]).toEqual([1, 2, { go: 7 }])
  })

  it('that is wrong keeps a run from starting', () => {
    const run = new SimulatedRun(workflow({ tasks: [wait()] }))
    const signals = [{ name: '', payload: 7 }]
    const start = { kind: 'start', definition: run.digest, input: {}, env: {}, seed: 1, signals } as const
    expect(run.send(start).outcomes[0]?.status).toBe('refused')
    expect(run.journal).toEqual([])
  })
})

describe('signals of random runs', () => {
  it('reach the waits that a naive mailbox gives them to', () => {
    const move = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('send' as const), n: fc.nat(5), key: fc.nat(12) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), branch: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), by: fc.nat(40) }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('crash' as const), from: fc.constantFrom('journal', 'snapshot') }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const) }) },
    )
    const runs = Number(process.env.FC_RUNS ?? 200)
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const items = [0, 1, 2, 3, 4, 5]
        const does: Task[] = [
          { id: 'first', kind: 'task' },
          // Branch n takes what is at least n; the odd ones have a deadline.
          {
            ...wait({ until: 'signal >= item', timeout: { cel: 'item % 2 == 1 ? 100 : 1000000' } }),
            onError: 'continue',
          } as Task,
        ]
        const run = begin([{ id: 'all', kind: 'each', in: { list: { lit: items } }, do: does }], {
          outputs: outputsOf('all'),
        })
        const model = new NaiveMailbox()
        const view = new RunView(run.definition)
        for (const one of moves) {
          if (run.state.ended !== null) break
          if (one.do === 'send') {
            const known = send(run, one.n, { key: String(one.key) })?.status === 'duplicate'
            expect(known).toBe(!model.send(one.n, String(one.key), run.time))
          } else if (one.do === 'begin') {
            const due = run.time + (one.branch % 2 === 1 ? 100 : 1_000_000)
            if (!run.refsOut().includes('first') || run.state.paused || !isOut(run, one.branch)) continue
            run.complete('first', {}, { branch: one.branch })
            model.begin(one.branch, due)
          } else if (one.do === 'time') {
            run.time += one.by
            run.send({ kind: 'wake' })
            if (!run.state.paused) model.wake(run.time)
          } else if (one.do === 'crash') {
            run.crash(one.from as 'journal' | 'snapshot')
            run.send({ kind: 'recover' })
            if (!run.state.paused) model.wake(run.time)
          } else {
            run.send({ kind: run.state.paused ? 'resume' : 'pause' })
            if (!run.state.paused) model.wake(run.time)
          }
          expect([...(run.state.mailbox?.kept.values() ?? [])].map(({ payload }) => payload)).toEqual(model.kept)
          expect(run.eventsOf('wait_expired')).toHaveLength(model.expired.length)
          for (const record of run.records) view.apply(record)
          expect([view.status, view.waits().length]).toEqual([run.status, run.state.waiting.signal])
        }
        const taken = new Map<number, Json>()
        for (const event of run.eventsOf('signal_taken'))
          taken.set(branchOf(run, event.token), payloadOf(run, event.id))
        expect(taken).toEqual(model.taken)
      }),
      { numRuns: runs, ...(process.env.FC_SEED === undefined ? {} : { seed: Number(process.env.FC_SEED) }) },
    )
  })
})

/** Obviously right: two lists. */
class NaiveMailbox {
  kept: number[] = []
  readonly taken = new Map<number, Json>()
  readonly expired: number[] = []
  #waits: { branch: number; due: number }[] = []
  readonly #keys = new Set<string>()

  send(n: number, key: string, time: number): boolean {
    if (this.#keys.has(key)) return false
    this.#keys.add(key)
    const wait = this.#waits.find(({ branch, due }) => n >= branch && due > time)
    if (wait === undefined) this.kept.push(n)
    else this.#take(wait.branch, n)
    return true
  }

  begin(branch: number, due: number): void {
    this.#waits.push({ branch, due })
    const at = this.kept.findIndex((n) => n >= branch)
    if (at === -1) return
    this.#take(branch, this.kept[at] as number)
    this.kept.splice(at, 1)
  }

  wake(time: number): void {
    for (const { branch, due } of this.#waits) if (due <= time) this.expired.push(branch)
    this.#waits = this.#waits.filter(({ due }) => due > time)
  }

  #take(branch: number, n: number): void {
    this.taken.set(branch, n)
    this.#waits = this.#waits.filter((wait) => wait.branch !== branch)
  }
}

function isOut(run: SimulatedRun, branch: number): boolean {
  return run.out.some(({ token }) => run.refOf(token) === 'first' && run.pathOf(token)[0] === branch)
}

function branchOf(run: SimulatedRun, token: string): number {
  const [record = 0, index = 0] = token.split('.').map(Number)
  const event = run.records[record - 1]?.events[index]
  return event?.type === 'branch_started' ? event.index : -1
}

function payloadOf(run: SimulatedRun, id: string): Json {
  const [record = 0, index = 0] = id.split('.').map(Number)
  const event = run.records[record - 1]?.events[index]
  return event?.type === 'signal_received' ? event.payload : null
}
