import { SimulatedClock } from '@wonder/driver-memory'
import { WonderError } from '@wonder/errors'
import type { Json, TaskMessage } from '@wonder/platform'
import { describe, expect, it } from 'vitest'
import { message, scenario } from '../test/scenario.ts'

/** Lets everything happen that waits for nothing outside of this process. */
const settled = () => new Promise(setImmediate)

describe('createExecutor()', () => {
  it('claims, runs and reports as the dispatch that was ordered', async () => {
    const task = scenario({})
    await task.output({ output: { a: 1 } })
    expect(task.reports).toEqual([
      { ...message, executor: 'x1', result: { status: 'completed', output: { a: 1 }, artifacts: [] } },
    ])
  })

  it('does nothing for a dispatch that is gone or that another holds', async () => {
    const task = scenario({
      claim: ({ dispatch }) => (dispatch === 1 ? { status: 'gone' } : { status: 'held', by: 'x2', until: 31_000 }),
    })
    task.queue.send([message, { ...message, dispatch: 2 }])
    await settled()
    expect(task.reports).toEqual([])
  })

  it('runs a dispatch once, however often it is delivered', async () => {
    const clock = new SimulatedClock()
    const task = scenario({ clock })
    void task.order({ output: 1, delay: 5 })
    task.queue.send([message, message])
    await settled()
    clock.advance(5)
    await settled()
    expect(task.reports).toHaveLength(1)
  })

  it('keeps up the leases of what it works on, and ends what it holds no more', async () => {
    const clock = new SimulatedClock()
    const beats: (readonly TaskMessage[])[] = []
    const task = scenario({
      clock,
      heartbeat: (messages) => {
        beats.push(messages)
        return beats.length < 3 ? [] : messages
      },
    })
    void task.order({ output: 1, delay: 45_000 })
    await settled()
    for (let i = 0; i < 4; i++) {
      clock.advance(10_000)
      await settled()
    }
    expect(beats).toEqual([[message], [message], [message]])
    clock.advance(10_000)
    await settled()
    expect(task.reports).toEqual([])
  })

  it('loads a definition once', async () => {
    const task = scenario({})
    await task.output({ output: 1 })
    await task.output({ output: 2 }, {}, { dispatch: 2 })
    expect(task.loads()).toBe(1)
  })

  it('runs no more tasks at a time than it may', async () => {
    const clock = new SimulatedClock()
    const claimed: number[] = []
    const task = scenario({
      clock,
      concurrency: 2,
      claim: ({ dispatch }) => {
        claimed.push(dispatch)
        return grant({ output: dispatch, delay: 100 })
      },
    })
    task.queue.send([1, 2, 3, 4, 5].map((dispatch) => ({ ...message, dispatch })))
    await settled()
    expect(claimed).toEqual([1, 2])
    clock.advance(100)
    await settled()
    expect(claimed).toEqual([1, 2, 3, 4])
    clock.advance(100)
    await settled()
    clock.advance(100)
    await settled()
    expect(task.reports.map(({ dispatch }) => dispatch)).toEqual([1, 2, 3, 4, 5])
  })

  it('goes on with the next tasks while results are written, up to four times as many', async () => {
    const answers: (() => void)[] = []
    const task = scenario({
      concurrency: 2,
      claim: ({ dispatch }) => grant({ output: dispatch }),
      onReport: () => new Promise((resolve) => answers.push(() => resolve({ status: 'accepted' }))),
    })
    const dispatches = Array.from({ length: 10 }, (_, place) => place + 1)
    task.queue.send(dispatches.map((dispatch) => ({ ...message, dispatch })))
    await settled()
    expect(task.reports).toHaveLength(8)

    for (const answer of answers.splice(0)) answer()
    await settled()
    expect(task.reports.map(({ dispatch }) => dispatch)).toEqual(dispatches)
    for (const answer of answers.splice(0)) answer()
  })

  it('fails a task whose definition cannot be loaded or has no such node', async () => {
    const task = scenario({})
    expect((await task.error({}, { node: 'nowhere' })).code).toBe('invariant_broken')
  })

  it('asks again for a claim and a report that failed', async () => {
    const clock = new SimulatedClock()
    let failures = 2
    const fail = () => {
      if (failures-- > 0) throw new WonderError('store_busy', 'busy')
    }
    const task = scenario({
      clock,
      claim: () => {
        fail()
        return grant({ output: 'done' })
      },
      onReport: () => {
        fail()
        return { status: 'accepted' }
      },
    })
    task.queue.send([message])
    for (let round = 0; round < 3; round++) {
      await settled()
      clock.advance(10_000)
      failures = round === 1 ? 1 : failures
    }
    await settled()
    expect(task.reports.at(-1)?.result).toEqual({ status: 'completed', output: 'done', artifacts: [] })
  })
})

describe('a claim that is refused for good', () => {
  it('lets go of the message and of its place', async () => {
    const task = scenario({
      concurrency: 1,
      claim: ({ dispatch }) => {
        if (dispatch === 1) throw new WonderError('invalid_value', 'no')
        return grant({ output: dispatch })
      },
    })
    task.queue.send([message, { ...message, dispatch: 2 }])
    await settled()
    expect(task.reports.map(({ dispatch }) => dispatch)).toEqual([2])
  })
})

describe('a result that the run refuses', () => {
  it('fails the task with the reason', async () => {
    const task = scenario({
      onReport: ({ result }) => {
        if (result.status === 'completed') throw new WonderError('invalid_value', 'Cannot take the value')
        return { status: 'accepted' }
      },
    })
    const outcome = task.order({ output: 1 })
    await settled()
    expect(task.reports.map(({ result }) => result.status)).toEqual(['completed', 'failed'])
    expect(await outcome).toMatchObject({ error: { code: 'invalid_value' } })
  })

  it('is never one that is nested too deeply to be told', async () => {
    const task = scenario({ steps: [{ action: 'shell' }], secrets: { T: 'secret value' } })
    const script = "printf '[%.0s' $(seq 100000); printf ']%.0s' $(seq 100000)"
    const env = { T: { $parts: [{ secret: 'T', escape: 'none' }] } }
    expect((await task.error({ script, env, parse: 'json' })).code).toBe('invalid_value')
  })
})

describe('the timeout of a task', () => {
  it('counts from the claim and ends the attempt with task_timeout', async () => {
    const clock = new SimulatedClock()
    const task = scenario({ clock, task: { timeout: 1_000 } })
    const error = task.error({ output: 1, delay: 5_000 })
    await settled()
    clock.advance(999)
    await settled()
    expect(task.reports).toEqual([])
    clock.advance(1)
    expect(await error).toMatchObject({ code: 'task_timeout', retry: 'safe', details: { timeout: 1_000 } })
  })

  it('holds for all steps together, and no step policy hides it', async () => {
    const clock = new SimulatedClock()
    const slow = { config: { lit: { delay: 600 } }, on_failure: 'continue' as const }
    const task = scenario({ clock, task: { timeout: 1_000 }, steps: [slow, slow, slow] })
    const error = task.error({})
    for (let round = 0; round < 2; round++) {
      await settled()
      clock.advance(600)
    }
    expect((await error).code).toBe('task_timeout')
    expect(task.steps()).toHaveLength(1)
  })

  it('counts while a step waits for the journal', async () => {
    const clock = new SimulatedClock()
    const quick = { config: { lit: { output: 1 } }, on_failure: 'continue' as const }
    const task = scenario({
      clock,
      task: { timeout: 1_000 },
      steps: [quick, quick],
      onReport: ({ result }) => {
        if (result.status === 'step') clock.advance(2_000)
        return { status: 'accepted' }
      },
    })
    expect((await task.error({})).code).toBe('task_timeout')
  })

  it('ends a program and all that it started', async () => {
    const task = scenario({ task: { timeout: 300 }, steps: [{ action: 'shell' }] })
    expect((await task.error({ script: 'sleep 60 & sleep 60' })).code).toBe('task_timeout')
  })
})

describe('an abort', () => {
  it('ends the program and reports nothing', async () => {
    const task = scenario({ steps: [{ action: 'shell' }] })
    const started = Promise.withResolvers<void>()
    task.events.subscribe('run:R1', () => started.resolve())
    void task.order({ script: 'echo started; sleep 60' })
    await started.promise
    task.coordinator.abort(message)
    await task.executor.stop()
    expect(task.reports).toEqual([])
  })

  it('of another dispatch changes nothing', async () => {
    const clock = new SimulatedClock()
    const task = scenario({ clock })
    const output = task.output({ output: 1, delay: 10 })
    await settled()
    task.coordinator.abort({ ...message, dispatch: 2 })
    clock.advance(10)
    expect(await output).toBe(1)
  })

  it('before the claim is answered keeps the task from running', async () => {
    const claim = Promise.withResolvers<ReturnType<typeof grant>>()
    const task = scenario({ claim: () => claim.promise })
    task.queue.send([message])
    await settled()
    task.coordinator.abort(message)
    claim.resolve(grant({ output: 1 }))
    await settled()
    expect(task.reports).toEqual([])
  })

  it('by stop() reports nothing of what runs, and the queue delivers it to the next executor', async () => {
    const clock = new SimulatedClock()
    const task = scenario({ clock, concurrency: 1 })
    void task.order({ output: 1, delay: 10 })
    void task.order({ output: 2, delay: 10 }, {}, { dispatch: 2 })
    await settled()
    await task.executor.stop()
    clock.advance(10)
    await settled()
    expect(task.reports).toEqual([])
    const taken: number[] = []
    task.queue.consume({ concurrency: 5, handler: ({ dispatch }) => taken.push(dispatch) })
    await settled()
    expect(taken).toEqual([2])
  })
})

describe('stop()', () => {
  it('does not wait for answers that never come, and leaves unclaimed messages to others', async () => {
    const never = new Promise<never>(() => {})
    const claiming = scenario({ claim: () => never })
    claiming.queue.send([message])
    const reporting = scenario({ onReport: () => never })
    void reporting.order({ output: 1 })
    await settled()
    await Promise.all([claiming.executor.stop(), reporting.executor.stop()])
    const taken: number[] = []
    claiming.queue.consume({ concurrency: 1, handler: ({ dispatch }) => taken.push(dispatch) })
    await settled()
    expect(taken).toEqual([1])
  })
})

describe('what a task prints', () => {
  it('is stored, and published as provisional while somebody watches', async () => {
    const task = scenario({ clock: new SimulatedClock(5_000), steps: [{ action: 'shell' }] })
    const seen: Json[] = []
    task.events.subscribe('run:R1', (event) => seen.push(event))
    await task.output({ script: 'echo out; echo err >&2' })
    const lines = await task.logs.query({ run: 'R1', node: 'work' })
    expect(lines).toContainEqual(
      expect.objectContaining({ token: '1.0', attempt: 1, level: 'info', stream: 'stdout', text: 'out', time: 5_000 }),
    )
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', stream: 'stderr', text: 'err' }))
    expect(seen).toContainEqual({
      type: 'log',
      provisional: true,
      node: 'work',
      token: '1.0',
      attempt: 1,
      level: 'info',
      stream: 'stdout',
      text: 'out',
      time: 5_000,
    })
  })

  it('is bounded', async () => {
    const task = scenario({ steps: [{ action: 'shell' }] })
    const xs = 'head -c 20000 /dev/zero | tr "\\0" x; echo;'
    await task.output({ script: `${xs} head -c 12000000 /dev/zero | tr "\\0" y | fold -w 15000` })
    const lines = await task.logs.query({ run: 'R1', limit: 10_000 })
    expect(lines[0]?.text).toHaveLength(16_385)
    expect(lines.reduce((sum, line) => sum + line.text.length, 0)).toBeLessThan(10_100_000)
    expect(lines.some((line) => line.text.includes('not kept'))).toBe(true)
  })
})

function grant(input: Json) {
  return {
    status: 'granted',
    definition: 'sha256:d',
    project: 'demo',
    workflow: 'flow',
    node: 'work',
    input,
    steps: {},
    startedAt: 0,
    seed: 7,
  } as const
}
