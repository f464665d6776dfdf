import { describe, expect, expectTypeOf, test } from 'vitest'
import { ask, cel, child, type OutputOf, render, shell, signal, sleep, text, wait, workflow } from './index.ts'

const greet = workflow({ id: 'greet', input: { name: 'string', mood: 'string = "glad"' } }, ({ input }) => {
  const say = render('say', text`Hello ${input.name}`)
  return { tasks: [say], outputs: { text: say.output.text, long: cel<boolean>`size(${say.output.text}) > 5` } }
})

describe('What waits is written in the words of YAML:', () => {
  test('sleep', () => {
    const document = workflow({ id: 'w', input: { pause: 'duration', at: 'string' } }, ({ input }) => ({
      tasks: [sleep('a', '5m'), sleep('b', input.pause), sleep('c', { until: input.at })],
    }))

    expect(document.tasks).toEqual([
      { id: 'a', sleep: '5m' },
      { id: 'b', sleep: '{{ input.pause }}' },
      { id: 'c', sleep: { until: '{{ input.at }}' } },
    ])
    // @ts-expect-error 5 what?
    sleep('a', '5')
  })

  test('wait, whose condition and processor read the signal', () => {
    const late = shell('late', ['ls'])
    const document = workflow(
      { id: 'w' },
      {
        tasks: [
          wait('a', 'paid', {
            until: ({ signal, processor }) => cel`${signal.amount} > 0 && ${processor.text} == "yes"`,
            processor: ({ signal }) => ({ render: text`${signal.answer}` }),
            timeout: '3d',
            on_timeout: { next: late },
          }),
          wait('b', 'paid', { until: 'signal.ok', timeout: '1h', on_timeout: [shell('inner', ['ls'])] }),
          late,
        ],
      },
    )

    expect(document.tasks).toEqual([
      {
        id: 'a',
        wait: 'paid',
        until: 'signal.amount > 0 && processor.text == "yes"',
        processor: { render: '{{ signal.answer }}' },
        timeout: '3d',
        on_timeout: { next: 'late' },
      },
      { id: 'b', wait: 'paid', until: 'signal.ok', timeout: '1h', on_timeout: [{ id: 'inner', shell: ['ls'] }] },
      { id: 'late', shell: ['ls'] },
    ])
  })

  test('signal', () => {
    const document = workflow({ id: 'w', input: { run: 'string' } }, ({ input }) => ({
      tasks: [signal('a', { name: 'paid', payload: { amount: 12 }, run: input.run })],
    }))

    expect(document.tasks).toEqual([
      { id: 'a', signal: { name: 'paid', payload: { amount: 12 }, run: '{{ input.run }}' } },
    ])
  })

  test('ask, whose answers have the types of their fields', () => {
    const owner = ask('owner', 'Publish?', {
      answers: { publish: 'boolean', note: 'string?' },
      role: 'maintainer',
      expires: '2d',
      on_expiry: { role: 'admin', expires: '1d' },
    })
    const document = workflow({ id: 'w' }, { tasks: [owner, shell('a', ['ls'], { if: owner.output.answers.publish })] })

    expect(document.tasks).toEqual([
      {
        id: 'owner',
        ask: 'Publish?',
        answers: { publish: 'boolean', note: 'string?' },
        role: 'maintainer',
        expires: '2d',
        on_expiry: { role: 'admin', expires: '1d' },
      },
      { id: 'a', shell: ['ls'], if: 'tasks.owner.output.answers.publish' },
    ])
    expectTypeOf<OutputOf<typeof owner>['answers']>().toEqualTypeOf<{ publish: boolean; note?: string }>()
    // @ts-expect-error there is no such answer
    owner.output.answers.publsh
  })

  test('child, typed by what the other file exports', () => {
    const one = child('one', greet, { with: { name: 'Ada' }, timeout: '1m' })
    const free = child('free', greet, { with: { name: one.output.text, mood: 'calm' }, detached: true })
    const named = child('named', 'greet', { with: { anything: 1 }, on_parent_end: 'continue' })

    expect(workflow({ id: 'w' }, { tasks: [one, free, named] }).tasks).toEqual([
      { id: 'one', workflow: 'greet', with: { name: 'Ada' }, timeout: '1m' },
      { id: 'free', workflow: 'greet', with: { name: '{{ tasks.one.output.text }}', mood: 'calm' }, detached: true },
      { id: 'named', workflow: 'greet', with: { anything: 1 }, on_parent_end: 'continue' },
    ])
    expectTypeOf<OutputOf<typeof one>>().toEqualTypeOf<{ text: string; long: boolean }>()
    expectTypeOf<OutputOf<typeof free>>().toEqualTypeOf<{ run: string }>()
    // @ts-expect-error the name is missing
    child('x', greet, { with: {} })
    // @ts-expect-error the name is missing
    child('x', greet)
    // @ts-expect-error a name is a text
    child('x', greet, { with: { name: 5 } })
  })
})

test('Limits, checkpoints and what undoes a task are fields of tasks and workflows', () => {
  const document = workflow(
    {
      id: 'w',
      budget: { wall_time: '5m', warn_at: 0.5 },
      timeout: '1h',
      on_timeout: 'block',
      concurrency: { key: 'k', limit: 1, when_full: 'reject' },
      checkpoints: { on: ['plan'], every_steps: 3 },
      nesting: { depth: 2 },
      on_error: 'block',
    },
    {
      tasks: [
        shell('a', ['ls'], {
          compensate: [shell('undo', ['ls'])],
          checkpoint: { type: 'decision-needed', role: 'boss' },
          cache: { key: 'k', for: '1h' },
          budget: { tokens: 5 },
          retry: { except: ['timeout'] },
        }),
      ],
    },
  )

  expect(document).toEqual({
    id: 'w',
    budget: { wall_time: '5m', warn_at: 0.5 },
    timeout: '1h',
    on_timeout: 'block',
    concurrency: { key: 'k', limit: 1, when_full: 'reject' },
    checkpoints: { on: ['plan'], every_steps: 3 },
    nesting: { depth: 2 },
    on_error: 'block',
    tasks: [
      {
        id: 'a',
        shell: ['ls'],
        compensate: [{ id: 'undo', shell: ['ls'] }],
        checkpoint: { type: 'decision-needed', role: 'boss' },
        cache: { key: 'k', for: '1h' },
        budget: { tokens: 5 },
        retry: { except: ['timeout'] },
      },
    ],
  })
})
