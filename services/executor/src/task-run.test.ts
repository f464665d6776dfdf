import { SimulatedClock } from '@wonder/driver-memory'
import { describe, expect, it } from 'vitest'
import { scenario } from '../test/scenario.ts'

const settled = () => new Promise(setImmediate)
const lit = <const Value>(value: Value) => ({ lit: value })
const mock = (output: string) => ({ action: 'mock' as const, config: lit({ output }) })

describe('steps', () => {
  it('run in order, each sees what came before, and the last output is the result', async () => {
    const task = scenario({
      steps: [
        { ref: 'a', config: { map: { output: { path: ['input', 'n'] } } } },
        { ref: 'b', config: { map: { output: { cel: 'steps.a.output + 1' } } } },
        { ref: 'c', config: { map: { output: { cel: '[steps.a.output, steps.b.output]' } } } },
      ],
    })
    expect(await task.output({ n: 1 })).toEqual([1, 2])
    expect(task.steps()).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })

  it('wait for the journal before the next one begins', async () => {
    const journal = Promise.withResolvers<{ readonly status: 'accepted' }>()
    const began: string[] = []
    const task = scenario({
      steps: [mock('a'), mock('b')],
      onReport: ({ result }) => {
        began.push(result.status)
        return result.status === 'step' ? journal.promise : { status: 'accepted' }
      },
    })
    const output = task.output({})
    await new Promise(setImmediate)
    expect(began).toEqual(['step'])
    journal.resolve({ status: 'accepted' })
    expect(await output).toBe('b')
  })

  it('are skipped when their condition is false', async () => {
    const task = scenario({
      steps: [
        { ref: 'a', ...mock('a') },
        { ref: 'b', ...mock('b'), if: 'input.n > 1' },
      ],
      task: { result: { cel: '[steps.a.status, steps.b.status]' } },
    })
    expect(await task.output({ n: 1 })).toEqual(['completed', 'skipped'])
    expect(await task.output({ n: 2 }, {}, { dispatch: 2 })).toEqual(['completed', 'completed'])
  })

  it('see env, run, workflow and project', async () => {
    const task = scenario({
      env: { REGION: 'eu' },
      steps: [
        {
          config: {
            map: {
              output: {
                text: '{{env.REGION}} {{run.id}} {{run.started_at}} {{run.attempt_key}} {{workflow}} {{project}}',
                sink: 'none',
              },
            },
          },
        },
      ],
    })
    expect(await task.output({})).toBe('eu R1 1970-01-01T00:00:00.000Z R1/1.0/1 flow demo')
  })

  it('share a state that `set` changes and that the result can read', async () => {
    const task = scenario({
      steps: [
        { action: 'set', config: lit({ values: { 'count.now': 1, name: 'x' } }) },
        { action: 'set', config: { map: { values: { map: { 'count.next': { cel: 'state.count.now + 1' } } } } } },
      ],
      task: { result: { path: ['state'] } },
    })
    expect(await task.output({})).toEqual({ count: { now: 1, next: 2 }, name: 'x' })
  })

  it('cannot set what all objects inherit', async () => {
    const task = scenario({ steps: [{ action: 'set', config: lit({ values: { '__proto__.polluted': true } }) }] })
    expect((await task.error({})).code).toBe('invalid_value')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('on_failure', () => {
  const fail = (retry: string) => ({
    ref: 'f',
    action: 'mock' as const,
    config: lit({ fail: { code: 'boom', retry } }),
  })

  it('abort fails the task with the error and the step', async () => {
    const task = scenario({ steps: [fail('never'), mock('b')] })
    expect(await task.error({})).toMatchObject({ code: 'boom', retry: 'never', details: { step: 'f' } })
    expect(task.reports).toHaveLength(1)
  })

  it('retry makes an error that says never one that may be retried', async () => {
    const several = scenario({ steps: [{ ...fail('never'), on_failure: 'retry' }, mock('b')] })
    expect(await several.error({})).toMatchObject({ code: 'boom', retry: 'safe' })
    const one = scenario({ steps: [{ action: 'mock', on_failure: 'retry' }] })
    expect(await one.error({ fail: { retry: 'never' } })).toMatchObject({ code: 'mock_failed', retry: 'safe' })
  })

  it('continue goes on and shows the error to later steps', async () => {
    const task = scenario({
      steps: [
        { ...fail('never'), on_failure: 'continue' },
        { ref: 'b', config: { map: { output: { cel: '[steps.f.status, steps.f.error.code]' } } } },
      ],
    })
    expect(await task.output({})).toEqual(['failed', 'boom'])
    expect(task.steps()).toEqual([
      ['f', { $step: { status: 'failed', error: expect.objectContaining({ code: 'boom' }) } }],
    ])
  })

  it('holds for errors of conditions and configs too', async () => {
    const task = scenario({
      steps: [
        { ref: 'a', if: 'input.nothing', ...mock('a'), on_failure: 'continue' },
        { ref: 'b', config: { map: { output: { path: ['input', 'nothing'] } } } },
      ],
    })
    expect(await task.error({})).toMatchObject({ code: 'missing_reference', details: { step: 'b' } })
  })
})

describe('the timeout of a step', () => {
  it('aborts its action, and the task fails for it', async () => {
    const clock = new SimulatedClock()
    const task = scenario({ clock, steps: [{ ref: 'slow', timeout: 50, config: lit({ delay: 1_000 }) }, mock('b')] })
    const error = task.error({})
    await settled()
    clock.advance(50)
    expect(await error).toMatchObject({ code: 'step_timeout', retry: 'safe', details: { step: 'slow', timeout: 50 } })
  })

  it('ends a program with all that it has started', async () => {
    const config = lit({ command: ['sh', '-c', 'sleep 30 & sleep 30; echo never'] })
    const task = scenario({ steps: [{ ref: 'slow', action: 'shell', timeout: 80, config }, mock('b')] })
    expect(await task.error({})).toMatchObject({ code: 'step_timeout' })
  })

  it('lets the task go on where a failure of the step does', async () => {
    const clock = new SimulatedClock()
    const steps = [
      { ref: 'slow', timeout: 50, on_failure: 'continue' as const, config: lit({ delay: 1_000 }) },
      { ref: 'b', config: { map: { output: { cel: 'steps.slow.error.code' } } } },
    ]
    const task = scenario({ clock, steps })
    const output = task.output({})
    await settled()
    clock.advance(50)
    expect(await output).toBe('step_timeout')
  })

  it('is no limit for a step that is quick', async () => {
    const task = scenario({ steps: [{ ref: 'a', timeout: 60_000, ...mock('a') }] })
    expect(await task.output({})).toBe('a')
  })
})

describe('an attempt that goes on after a crash', () => {
  const steps = [
    { ref: 'a', action: 'mock' as const, config: lit({ fail: { message: 'ran again' } }) },
    {
      ref: 'b',
      action: 'set' as const,
      config: { map: { values: { map: { seen: { path: ['steps', 'a', 'output'] } } } } },
    },
    { ref: 'c', config: { map: { output: { path: ['state', 'seen'] } } } },
  ]

  it('does not run journalled steps again, keeps their outputs and builds the state anew', async () => {
    const task = scenario({ steps })
    expect(await task.output({}, { steps: { a: 'kept', b: {} } })).toBe('kept')
    expect(task.steps()).toEqual([])
  })

  it('remembers which steps failed or were skipped', async () => {
    const task = scenario({
      steps: [
        { ref: 'a', config: lit({ output: 'ran again' }), on_failure: 'continue' },
        { ref: 'b', config: lit({ output: 'ran again' }), if: 'true' },
        { ref: 'c', config: { map: { output: { cel: '[steps.a.status, steps.a.error.code, steps.b.status]' } } } },
      ],
    })
    const journalled = {
      a: { $step: { status: 'failed', error: { code: 'boom' } } },
      b: { $step: { status: 'skipped', error: null } },
    }
    expect(await task.output({}, { steps: journalled })).toEqual(['failed', 'boom', 'skipped'])
  })

  it('stops when the run does not want the step any more', async () => {
    const task = scenario({ steps: [mock('a'), mock('b')], onReport: () => ({ status: 'gone' }) })
    void task.order({})
    await new Promise(setImmediate)
    await task.executor.stop()
    expect(task.reports.map(({ result }) => result.status)).toEqual(['step'])
  })
})

describe('values', () => {
  it('are checked against the input schema before anything runs, defaults put in', async () => {
    const input = {
      type: 'object',
      required: ['n'],
      properties: { n: { type: 'integer' }, m: { default: 5 } },
    } as const
    const task = scenario({
      task: { input },
      steps: [{ ref: 'a', config: { map: { output: { path: ['input', 'm'] } } } }],
    })
    const error = await task.error({ n: 'x' })
    expect(error).toMatchObject({
      code: 'invalid_value',
      details: { problems: [{ path: '/n', code: 'TYPE_MISMATCH' }] },
    })
    expect(await task.output({ n: 1 }, {}, { dispatch: 2 })).toBe(5)
  })

  it('are checked against the output schema', async () => {
    const task = scenario({ task: { output: { type: 'string' } } })
    expect(await task.error({ output: 3 })).toMatchObject({ code: 'invalid_value' })
  })

  it('that are large are loaded from the run’s blobs, in inputs and in steps', async () => {
    const task = scenario({
      steps: [mock('a'), { config: { map: { output: { cel: 'input.big + steps.s1.output' } } } }],
    })
    const digest = `sha256:${'a'.repeat(64)}`
    await task.blobs.put(`runs/R1/${digest}`, JSON.stringify('large'))
    const marker = { $blob: digest, size: 7 }
    expect(await task.output({ big: marker }, { steps: { s1: marker } })).toBe('largelarge')
    const lost = { $blob: `sha256:${'b'.repeat(64)}`, size: 1 }
    expect((await task.error({ big: lost }, {}, { dispatch: 2 })).code).toBe('value_missing')
  })

  it('that a single step answers become the named artifact', async () => {
    const task = scenario({ steps: [{ action: 'render' }] })
    const outcome = await task.order({ text: '# {{title}}', data: { title: 'Hot' } }, { save: 'report.md' })
    if (outcome.status !== 'completed') throw new Error(JSON.stringify(outcome))
    const [artifact] = outcome.artifacts
    expect(artifact).toMatchObject({ name: 'report.md', size: 5, mediaType: 'text/markdown' })
    expect(await task.artifact(artifact?.digest ?? '')).toBe('# Hot')
  })

  it('that are not texts are saved as JSON', async () => {
    const task = scenario({})
    const outcome = await task.order({ output: { a: 1 } }, { save: 'out.json' })
    if (outcome.status !== 'completed') throw new Error(JSON.stringify(outcome))
    expect(await task.artifact(outcome.artifacts[0]?.digest ?? '')).toBe('{\n  "a": 1\n}')
  })
})
