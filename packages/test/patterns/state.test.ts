import { describe, expect, test } from 'vitest'
import { type PatternRun, PatternWorld } from './pattern-world.ts'

const hour = 3_600_000

async function start(workflow: string, input = {}) {
  return (await PatternWorld.open()).start(workflow, input)
}

describe('patterns of state', () => {
  test.each<[string, (run: PatternRun) => Promise<void>, string]>([
    ['a payment', (run) => run.signal('paid'), 'thank'],
    ['an objection', (run) => run.signal('objection'), 'answer'],
    ['time', (run) => run.pass(hour), 'remind'],
  ])('WCP-16 Deferred Choice: %s decides, and the other ways are closed', async (_, happens, task) => {
    const run = await start('deferred_choice')
    await run.complete('send')
    expect(run.out).toEqual([])
    await happens(run)
    expect(run.out).toEqual([task])
    await run.signal('paid')
    await run.signal('objection')
    await run.pass(hour)
    expect(run.out).toEqual([task])
    await run.complete(task)
    expect(run.status).toBe('completed')
  })

  test('WCP-17 Interleaved Parallel Routing: one at a time, from either sequence, each in its order', async () => {
    const run = await start('interleaved_parallel_routing')
    while (run.out.length > 0 && run.out[0] !== 'bill') {
      expect(run.out).toHaveLength(1)
      await run.complete(run.out[0] ?? '')
    }
    expect(run.begun).toHaveLength(5)
    const at = (task: string) => run.begun.indexOf(task)
    expect(at('oil')).toBeLessThan(at('start_up'))
    expect(at('tyres')).toBeLessThan(at('balance'))
    // Not one sequence after the other.
    expect(Math.max(at('oil'), at('tyres'))).toBeLessThan(Math.min(at('start_up'), at('balance')))
    expect(run.out).toEqual(['bill'])
  })

  test('WCP-18 Milestone: the task can be done from when the point was reached until it is passed', async () => {
    const run = await start('milestone')
    await run.signal('change')
    expect(run.out).toEqual(['order', 'refuse'])
    await run.complete('refuse')
    await run.complete('order')
    await run.signal('change')
    expect(run.out).toEqual(['change', 'pack'])
    await run.complete('change')
    await run.signal('change')
    expect(run.out).toEqual(['change', 'pack'])
    await run.complete('pack')
    await run.signal('change')
    expect(run.out).toEqual(['change', 'refuse', 'ship'])
  })

  test('WCP-39 Critical Section: one task of the section at a time, over all runs', async () => {
    const world = await PatternWorld.open()
    const runs = [await world.start('critical_section'), await world.start('critical_section')]
    const out = () => runs.flatMap((run) => run.out.map((task) => ({ run, task })))
    const done: string[] = []
    for (let next = out(); next.length > 0; next = out()) {
      expect(next).toHaveLength(1)
      const [{ run, task } = { run: undefined, task: '' }] = next
      await run?.complete(task)
      done.push(task)
    }
    expect(done.toSorted()).toEqual(['read_meter', 'read_meter', 'set_valve', 'set_valve'])
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed'])
  })

  test('WCP-40 Interleaved Routing: one at a time, each once', async () => {
    const run = await start('interleaved_routing')
    for (let n = 0; n < 3; n++) {
      expect(run.out).toHaveLength(1)
      await run.complete(run.out[0] ?? '')
    }
    expect(run.begun.slice(0, 3).toSorted()).toEqual(['blood', 'eyes', 'heart'])
    expect(run.out).toEqual(['letter'])
  })
})

describe('cancellation', () => {
  test('WCP-19 Cancel Activity: the task is withdrawn, and the flow goes on', async () => {
    const run = await start('cancel_activity')
    await run.signal('withdraw')
    expect([run.withdrawn, run.out]).toEqual([['search'], ['close']])

    const undisturbed = await start('cancel_activity')
    await undisturbed.complete('search')
    expect([undisturbed.withdrawn, undisturbed.out]).toEqual([[], ['close']])
    await undisturbed.complete('close')
    expect(undisturbed.status).toBe('completed')
  })

  test('WCP-20 Cancel Case: everything is withdrawn, sub-workflows too', async () => {
    const world = await PatternWorld.open()
    const run = await world.start('cancel_case')
    const child = world.runs.find(({ id }) => id !== run.id)
    expect([run.out, child?.out]).toEqual([['search'], ['check']])
    await run.cancel()
    expect([run.withdrawn, child?.withdrawn, child?.status]).toEqual([['search'], ['check'], 'cancelled'])
    expect(run.out).toEqual(['tidy'])
    await run.complete('tidy')
    expect([run.status, run.times('close')]).toEqual(['cancelled', 0])
  })

  test('WCP-25 Cancel Region: what is in the region is withdrawn, and nothing else', async () => {
    const run = await start('cancel_region')
    expect(run.out).toEqual(['inform', 'police_file', 'witnesses'])
    await run.complete('police_file')
    await run.signal('withdrawn')
    expect([run.withdrawn, run.out]).toEqual([['witnesses'], ['inform']])
    await run.complete('inform')
    expect([run.out, run.times('compare')]).toEqual([['close'], 0])
  })
})

describe('iteration', () => {
  test.each([
    [false, 'write'],
    [true, 'review'],
  ])('WCP-10 Arbitrary Cycles: urgent %s enters the cycle at %s', async (urgent, task) => {
    const run = await start('arbitrary_cycles', { urgent })
    await run.complete('begin')
    expect(run.out).toEqual([task])
    if (!urgent) await run.complete('write')
    await run.complete('review', { value: 'again' })
    await run.complete('write')
    await run.complete('review', { value: 'again' })
    await run.complete('write')
    await run.complete('review', { value: 'fine' })
    expect([run.out, run.times('write')]).toEqual([['publish'], urgent ? 2 : 3])
  })

  test.each([0, 1, 3])('WCP-21 Structured Loop: %s rounds', async (rounds) => {
    const run = await start('structured_loop', { dirty: rounds > 0 })
    for (let round = 1; round <= rounds; round++) {
      await run.complete('wash')
      await run.complete('look', { value: round === rounds ? 'clean' : 'dirty' })
    }
    expect([run.out, run.times('wash')]).toEqual([['store'], rounds])
  })
})

describe('termination', () => {
  test('WCP-11 Implicit Termination: a run has completed when nothing is left to do', async () => {
    const run = await start('implicit_termination')
    await run.complete('begin')
    await run.complete('short')
    expect(run.status).toBe('running')
    await run.complete('long')
    expect(run.status).toBe('completed')
  })

  test('WCP-43 Explicit Termination: a run has completed at a point, and what is left is withdrawn', async () => {
    const run = await start('explicit_termination')
    await run.complete('begin')
    await run.complete('short')
    expect([run.status, run.withdrawn]).toEqual(['completed', ['long']])
  })
})

describe('triggers', () => {
  test('WCP-23 Transient Trigger: what comes when nothing waits for it is lost', async () => {
    const run = await start('transient_trigger')
    await run.signal('alarm')
    await run.complete('prepare')
    expect(run.out).toEqual([])
    await run.signal('alarm')
    expect(run.out).toEqual(['stop_belt'])
  })

  test('WCP-24 Persistent Trigger: what comes early is kept', async () => {
    const early = await start('persistent_trigger')
    await early.signal('page')
    expect(early.out).toEqual(['prepare'])
    await early.complete('prepare')
    expect(early.out).toEqual(['print'])

    const late = await start('persistent_trigger')
    await late.complete('prepare')
    expect(late.out).toEqual([])
    await late.signal('page')
    expect(late.out).toEqual(['print'])
  })
})
