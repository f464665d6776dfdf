import type { Json } from '@wonder/engine'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { type FromOutside, type Play, type Played, runWorkflow } from '../fixtures/run-workflow.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'

async function run(
  workflow: string,
  outside: readonly FromOutside[],
  play: Play = {},
  input: Json = {},
): Promise<Played> {
  const files = { 'wonder.yaml': 'wonder: 1\nname: demo\n', 'workflows/w.yaml': `id: w\n${workflow}` }
  const loaded = await loadProject(memorySource(files))
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n'))
  const definition = loaded.project.workflows.get('w')?.definition
  if (definition === undefined) throw new Error('workflow "w" is missing')
  return runWorkflow(definition, input, play, outside)
}

const echoed = (input: Json): Json => ({
  exit_code: 0,
  stdout: (input as { command: readonly string[] }).command.slice(1).join(' '),
  stderr: '',
  value: null,
})

describe('A compiled workflow on the kernel', () => {
  test('sleeps so long', async () => {
    const workflow = 'tasks: [{ id: a, sleep: 5m }, { id: b, shell: [ls] }]'

    expect(await run(workflow, [299_999])).toMatchObject({ status: 'open', order: [] })
    expect(await run(workflow, [300_000])).toMatchObject({ status: 'completed', order: ['b'] })
  })

  test('waits for the signal that its condition wants, and reads its payload', async () => {
    const workflow = `tasks:
  - { id: a, wait: paid, until: signal.amount > 5 }
outputs: { amount: "{{ tasks.a.output.amount }}" }`
    const paid = (amount: number): FromOutside => ({ kind: 'signal', name: 'paid', payload: { amount } })

    expect(await run(workflow, [paid(3)])).toMatchObject({ status: 'open' })
    expect(await run(workflow, [paid(3), paid(12)])).toMatchObject({ status: 'completed', output: { amount: 12 } })
  })

  test('judges a signal by what its processor makes of it', async () => {
    const workflow = `tasks:
  - { id: a, wait: paid, processor: { shell: [check, "{{ signal.who }}"] }, until: processor.stdout == "Ada" }
outputs: { who: "{{ tasks.a.output.who }}" }`
    const from = (who: string): FromOutside => ({ kind: 'signal', name: 'paid', payload: { who } })

    const played = await run(workflow, [from('Bob'), from('Ada')], { a: echoed })

    expect(played).toMatchObject({ status: 'completed', output: { who: 'Ada' } })
  })

  test.each([
    ['fail', 'failed', []],
    ['continue', 'completed', ['b', 'c']],
    ['{ next: c }', 'completed', ['c']],
    ['[{ id: late, shell: [ls] }]', 'completed', ['late', 'b', 'c']],
  ])('goes on as on_timeout: %s says', async (answer, status, order) => {
    const workflow = `tasks:
  - { id: a, wait: paid, timeout: 1h, on_timeout: ${answer} }
  - { id: b, shell: [ls] }
  - { id: c, shell: [ls] }`

    expect(await run(workflow, [3_600_000])).toMatchObject({ status, order })
  })

  const asking = `tasks:
  - { id: owner, ask: "Publish {{ input.x }}?", answers: { ok: boolean, why: string = "so" }, role: boss, expires: 1d, on_expiry: { role: admin } }
  - { id: b, if: tasks.owner.output.answers.ok, shell: [ls] }
input: { x: integer = 1 }
outputs: { decision: "{{ tasks.owner.output.decision }}", why: "{{ tasks.owner.output.answers.why }}" }`
  const answer = (role: string, ok: boolean): FromOutside => ({
    kind: 'answer',
    task: 'owner',
    decision: 'answer',
    answers: { ok },
    roles: [role],
    by: 'ada',
  })

  test('asks the role, and then another one', async () => {
    const output = { decision: 'answered', why: 'so' }

    expect(await run(asking, [answer('boss', true)], {}, { x: 1 })).toMatchObject({
      status: 'completed',
      output,
      order: ['b'],
    })
    expect(await run(asking, [answer('admin', true)], {}, { x: 1 })).toMatchObject({ status: 'open' })
    expect(await run(asking, [86_400_000, answer('admin', false)], {}, { x: 1 })).toMatchObject({ output, order: [] })
  })

  test('fails where a question is rejected, and on_error catches that', async () => {
    const workflow = `tasks:
  - { id: a, ask: Go on?, on_error: [{ id: sorry, shell: [echo, "{{ error.code }}"] }] }
  - { id: b, checkpoint: { type: decision-needed, summary: Look }, shell: [ls] }
  - { id: c, shell: [ls] }`
    const say = (task: string, decision: 'approve' | 'reject'): FromOutside => ({
      kind: 'answer',
      task,
      decision,
      roles: [],
      by: 'ada',
    })

    const played = await run(workflow, [say('a', 'reject'), say('b', 'approve')])

    expect(played).toMatchObject({ status: 'completed', order: ['sorry', 'b', 'c'] })
    expect(played.inputs.get('sorry')).toEqual([{ command: ['echo', 'rejected'] }])
  })

  test('undoes what it did, the newest first, each with its item and output in sight', async () => {
    const workflow = `tasks:
  - id: all
    each: { in: [x, y], as: name, order: sequential }
    do:
      - { id: book, shell: [book, "{{ name }}"], compensate: [{ id: undo, shell: [undo, "{{ name }}", "{{ tasks.book.output.stdout }}"] }] }
  - { id: stop, fail: no }`

    const played = await run(workflow, [], { book: echoed })

    expect(played).toMatchObject({ status: 'failed', order: ['book', 'book', 'undo', 'undo'] })
    expect(played.inputs.get('undo')).toEqual([{ command: ['undo', 'y', 'y'] }, { command: ['undo', 'x', 'x'] }])
  })

  test('waits for a repair where the workflow says block, and goes on at the task', async () => {
    const workflow = 'on_error: block\ntasks: [{ id: a, shell: [ls] }, { id: b, shell: [ls] }]'
    let tries = 0
    const play: Play = { a: () => (++tries === 1 ? new Error('no') : {}) }

    const played = await run(workflow, [{ kind: 'repair', task: 'a', action: 'retry' }], play)

    expect(played).toMatchObject({ status: 'completed', order: ['a', 'a', 'b'] })
  })

  test('retries only the codes that it names', async () => {
    const workflow = (codes: string) =>
      `tasks: [{ id: a, shell: [ls], retry: { max_attempts: 2, backoff: none, ${codes} } }]`
    const play: Play = { a: () => Object.assign(new Error('no'), { retry: 'safe' }) }

    expect((await run(workflow('only: [tool_failed]'), [], play)).order).toEqual(['a', 'a'])
    expect((await run(workflow('only: [other]'), [], play)).order).toEqual(['a'])
    expect((await run(workflow('except: [tool_failed]'), [], play)).order).toEqual(['a'])
  })
})
