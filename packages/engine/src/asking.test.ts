import { digestJson } from '@wonder/crypto'
import { describe, expect, it } from 'vitest'
import { outputsOf, type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import type { AskWork, Command, Json } from './index.ts'
import { nextTimer, RunView } from './index.ts'

type Answer = Extract<Command, { kind: 'answer' }>

const ask = (does: Partial<AskWork> = {}, parts: Partial<Extract<Task, { kind: 'work' }>> = {}): Task => ({
  id: 'owner',
  kind: 'work',
  does: { kind: 'ask', text: { lit: 'Publish?' }, ...does },
  ...parts,
})

function begin(tasks: readonly Task[], parts: Partial<Workflow> = {}): SimulatedRun {
  const run = new SimulatedRun(workflow({ tasks, outputs: outputsOf('owner'), ...parts }))
  run.start()
  return run
}

function answer(run: SimulatedRun, parts: Partial<Answer> = {}) {
  const decided = run.send({ kind: 'answer', decision: 'approve', roles: [], by: 'ada', ...parts })
  return decided.outcomes[0]
}

function codeOf(outcome: ReturnType<typeof answer>): string | undefined {
  return outcome?.status === 'refused' ? outcome.error.code : outcome?.status
}

const form = {
  type: 'object',
  properties: { publish: { type: 'boolean' }, note: { type: 'string', default: 'none' }, stars: { type: 'integer' } },
  required: ['publish', 'stars'],
  additionalProperties: false,
} as const

describe('a question', () => {
  it('blocks the run for a decision, and is answered with who and when', () => {
    const run = begin([ask({ role: { lit: 'maintainer' } }), { id: 'after', kind: 'task' }])
    expect([run.status, run.refsOut(), run.state.countingSince]).toEqual(['blocked_decision', [], null])
    run.time = 60_000
    expect(codeOf(answer(run, { roles: ['maintainer'] }))).toBe('applied')
    expect(run.refsOut()).toEqual(['after'])
    run.complete('after')
    const output = { decision: 'approved', answers: {}, by: 'ada', at: '1970-01-01T00:01:00.000Z' }
    expect(run.output).toEqual({ owner: output })
  })

  it('says what is asked, by digest of its text and what is shown', () => {
    const run = begin([ask({ shows: { path: ['input'] } })])
    const [asked] = run.eventsOf('question_asked')
    expect(asked?.digest).toBe(digestJson({ shows: {}, text: 'Publish?' }))
    expect(codeOf(answer(run, { digest: digestJson({ text: 'Publish?', shows: { changed: true } }) }))).toBe(
      'approval_void',
    )
    expect(codeOf(answer(run, { digest: asked?.digest ?? '' }))).toBe('applied')
  })

  it('is answered with data, and its defaults are filled in', () => {
    const run = begin([ask({ answers: form })])
    answer(run, { decision: 'answer', answers: { publish: true, stars: 3 } })
    expect(run.output).toMatchObject({
      owner: { decision: 'answered', answers: { publish: true, stars: 3, note: 'none' } },
    })
  })

  it('refuses answers that do not fit, and lists every problem', () => {
    const run = begin([ask({ answers: form })])
    const before = run.journal.length
    const outcome = answer(run, { decision: 'answer', answers: { publish: 'yes', colour: 'red' } })
    expect(codeOf(outcome)).toBe('invalid_answers')
    const problems = outcome?.status === 'refused' ? outcome.error.details?.problems : []
    expect((problems as readonly { path: string }[]).map(({ path }) => path).sort()).toHaveLength(3)
    expect(codeOf(answer(run))).toBe('invalid_answers')
    expect(run.journal).toHaveLength(before)
    expect(run.status).toBe('blocked_decision')
  })

  it('that has no fields takes no data', () => {
    const run = begin([ask()])
    expect(codeOf(answer(run, { decision: 'answer', answers: { publish: true } }))).toBe('invalid_answers')
    expect(codeOf(answer(run, { decision: 'answer' }))).toBe('invalid_answers')
  })

  it('that is rejected fails its task with the reason', () => {
    const run = begin([ask()])
    answer(run, { decision: 'reject', reason: 'too early' })
    expect(run.status).toBe('failed')
    expect(run.state.ended?.error).toMatchObject({ code: 'rejected', message: 'ada rejected it: too early' })
  })

  it('that is rejected may be caught', () => {
    const run = begin([ask({}, { onError: [{ id: 'caught', kind: 'collect', value: { path: ['error', 'code'] } }] })], {
      outputs: outputsOf('caught'),
    })
    answer(run, { decision: 'reject' })
    expect(run.output).toEqual({ caught: 'rejected' })
  })

  it('for a role is not answered by others', () => {
    const run = begin([ask({ role: { path: ['input', 'who'] } })].map((task) => task))
    expect(run.status).toBe('failed')
    const one = begin([ask({ role: { lit: 'maintainer' } })])
    for (const roles of [[], ['reader', 'writer']]) expect(codeOf(answer(one, { roles }))).toBe('wrong_role')
    expect(one.journal).toHaveLength(1)
    expect(codeOf(answer(one, { roles: ['reader', 'maintainer'] }))).toBe('applied')
  })

  it('that was answered takes a second answer as a duplicate, also after the end and a crash', () => {
    const run = begin([ask(), { id: 'after', kind: 'task' }])
    const question = '1.2'
    expect(run.eventsOf('question_asked')).toHaveLength(1)
    expect(codeOf(answer(run, { question }))).toBe('applied')
    for (const from of ['journal', 'snapshot'] as const) {
      run.crash(from)
      expect(codeOf(answer(run, { question, decision: 'reject' }))).toBe('duplicate')
      expect(codeOf(answer(run, { task: 'owner' }))).toBe('duplicate')
    }
    run.send({ kind: 'recover' })
    run.complete('after')
    expect([codeOf(answer(run, { question })), codeOf(answer(run, { question: '9.9' }))]).toEqual([
      'duplicate',
      'invalid_transition',
    ])
  })

  it('that nobody asks, or that is not the only one, is named in the refusal', () => {
    const three: readonly Task[] = [
      { ...ask(), id: 'one' },
      { ...ask(), id: 'two' },
      { id: 't', kind: 'task' },
    ]
    const run = begin([{ id: 'all', kind: 'parallel', do: three }], { outputs: { lit: {} } })
    expect(run.status).toBe('running')
    expect(codeOf(answer(run, { question: '7.7' }))).toBe('unknown_question')
    expect(codeOf(answer(run, { task: 'three' }))).toBe('unknown_question')
    const outcome = answer(run)
    expect(outcome?.status === 'refused' && outcome.error.message).toMatch(/1\.\d+ of "one", 1\.\d+ of "two"/)
    expect(codeOf(answer(run, { task: 'two' }))).toBe('applied')
    expect(codeOf(answer(run, { task: 'two' }))).toBe('duplicate')
    expect(codeOf(answer(run))).toBe('applied')
    run.complete('t')
    expect(run.status).toBe('completed')
  })

  it('is asked in each branch, and answered by its name', () => {
    const run = begin(
      [{ id: 'all', kind: 'each', in: { list: { lit: ['a', 'b', 'c'] } }, do: [ask({ text: { path: ['item'] } })] }],
      { outputs: outputsOf('all') },
    )
    const view = new RunView(run.definition)
    for (const record of run.records) view.apply(record)
    expect(view.questions().map(({ text, branch }) => [text, branch])).toEqual([
      ['a', [0]],
      ['b', [1]],
      ['c', [2]],
    ])
    expect(codeOf(answer(run, { task: 'owner' }))).toBe('ambiguous_question')
    for (const { id, text } of view.questions()) answer(run, { question: id, by: text })
    expect((run.output as { all: { by: Json }[] }).all.map(({ by }) => by)).toEqual(['a', 'b', 'c'])
  })

  it('ends with its branch', () => {
    const run = begin([
      { id: 'race', kind: 'parallel', strategy: 'race', do: [ask(), { id: 'quick', kind: 'task' }] },
      { id: 'after', kind: 'task' },
    ])
    const question = run.state.questions?.open.keys().next().value ?? ''
    run.complete('quick')
    expect(run.state.questions?.open.size).toBe(0)
    expect(codeOf(answer(run, { question }))).toBe('unknown_question')
  })

  it('is asked again in each round of a loop, as another question', () => {
    const definition = workflow({ tasks: [ask(), { id: 'again', kind: 'collect', value: { lit: 1 } }] })
    const loop = { ref: 'loop', from: 'again', to: 'owner', max_iterations: 2 }
    const run = new SimulatedRun({ ...definition, transitions: [...definition.transitions, loop] })
    run.start()
    const asked: string[] = []
    while (run.state.ended === null) {
      const [question = ''] = run.state.questions?.open.keys() ?? []
      asked.push(question)
      expect(codeOf(answer(run, { question }))).toBe('applied')
    }
    expect(new Set(asked).size).toBe(3)
    expect(codeOf(answer(run, { question: asked[0] ?? '' }))).toBe('duplicate')
  })

  it('of a text that is none fails its task', () => {
    const run = begin([ask({ text: { lit: '' } })])
    expect(run.state.ended?.error?.code).toBe('invalid_value')
  })

  it('may be answered while the run is paused', () => {
    const run = begin([ask(), { id: 'after', kind: 'task' }])
    run.send({ kind: 'pause' })
    expect(codeOf(answer(run))).toBe('applied')
    expect(run.refsOut()).toEqual([])
    run.send({ kind: 'resume' })
    expect(run.refsOut()).toEqual(['after'])
  })
})

describe('the time of a question', () => {
  const expires = { lit: '1m' } as const

  it('is up: the task fails, and an answer is too late', () => {
    const run = begin([ask({ expires }, { onError: 'continue' }), { id: 'after', kind: 'task' }])
    expect(nextTimer(run.state)).toBe(61_000)
    run.time = 61_000
    expect(codeOf(answer(run, { question: '1.2' }))).toBe('question_expired')
    run.send({ kind: 'wake' })
    expect(codeOf(answer(run, { question: '1.2' }))).toBe('question_expired')
    expect(run.refsOut()).toEqual(['after'])
    expect(run.valueOf('owner')?.error?.code).toBe('question_expired')
  })

  it('is up: it fails the run, goes on, or goes to a node, as it says', () => {
    const ends = (does: Partial<AskWork>): SimulatedRun => {
      const run = begin([ask({ expires, ...does }), { id: 'after', kind: 'collect', value: { lit: 1 } }])
      run.time = 61_000
      run.send({ kind: 'wake' })
      return run
    }
    expect(ends({}).state.ended?.error?.code).toBe('question_expired')
    expect(ends({ onExpiry: 'continue' }).output).toEqual({ owner: null })
    expect(ends({ onExpiry: { to: 'after' } }).status).toBe('completed')
  })

  it('is up: others are asked once more, and only they may answer', () => {
    const onExpiry = { role: { lit: 'boss' }, expires: { lit: '2m' } } as const
    const run = begin([ask({ expires, role: { lit: 'clerk' }, onExpiry })])
    run.time = 61_000
    run.send({ kind: 'wake' })
    expect([run.status, nextTimer(run.state)]).toEqual(['blocked_decision', 181_000])
    expect(codeOf(answer(run, { roles: ['clerk'] }))).toBe('wrong_role')
    run.crash('snapshot')
    run.time = 180_999
    const late = begin([ask({ expires, onExpiry })])
    expect(codeOf(answer(run, { roles: ['boss'], question: '1.2' }))).toBe('applied')
    late.time = 61_000
    late.send({ kind: 'wake' })
    late.time = 181_000
    late.send({ kind: 'wake' })
    expect(late.state.ended?.error?.code).toBe('question_expired')
  })

  it('stands still while the run is paused', () => {
    const run = begin([ask({ expires })])
    run.send({ kind: 'pause' })
    run.time = 100_000
    run.send({ kind: 'wake' })
    expect(run.eventsOf('question_expired')).toEqual([])
    run.send({ kind: 'resume' })
    expect(run.status).toBe('failed')
  })
})
