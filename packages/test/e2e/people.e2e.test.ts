import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  eventsOf,
  newestRun,
  reading,
  Terminal,
  testProject,
  until,
  WonderCommand,
  wonder,
  wonderJson,
  writeFiles,
} from '../src/index.ts'

const bin = join(import.meta.dirname, '..', '..', '..', 'cli', 'bin', 'wonder')

const files = {
  'workflows/publish.yaml': `
id: publish
input: { score: integer = 40 }
tasks:
  - id: owner
    ask: "It scored {{ input.score }}. Publish it?"
    answers: { publish: boolean, stars: integer = 3 }
    role: maintainer
  - id: sure
    ask: "Really?"
  - id: done
    shell: [sh, -c, 'echo done >> done.txt']
    interrupted: rerun
outputs: { owner: "{{ tasks.owner.output }}" }
`,
  'workflows/listen.yaml': `
id: listen
tasks:
  - { id: paid, wait: paid, until: signal.amount > 3 }
  - id: done
    shell: [sh, -c, 'echo done >> done.txt']
    interrupted: rerun
outputs: { amount: "{{ tasks.paid.output.amount }}" }
`,
  'workflows/tell.yaml': `
id: tell
input: { to: string }
tasks:
  - { id: tell, signal: { name: paid, run: "{{ input.to }}", payload: { amount: 9 } } }
`,
  'workflows/nap.yaml': `
id: nap
tasks:
  - { id: nap, sleep: 1500ms }
  - id: done
    shell: [sh, -c, 'echo done >> done.txt']
    interrupted: rerun
`,
}

async function project(): Promise<string> {
  const folder = await testProject(files)
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

type Shown = {
  readonly run: string
  readonly status: string
  readonly next: readonly string[]
  readonly output: unknown
}

test('without a terminal a question ends the command with 4, and the command that it prints goes on', async () => {
  const path = await project()
  const asked = await wonder(path, 'run', 'publish')
  const run = await newestRun(path)
  expect([asked.code, asked.stdout]).toEqual([4, expect.stringContaining('It scored 40. Publish it?')])
  expect(asked.stdout).toContain(`wonder runs answer ${run} owner --set publish=… --role maintainer`)
  const listed = await wonder(path, 'runs', 'list', '--status', 'blocked_decision')
  expect(listed.stdout).toContain(run)

  const refused = [
    await wonder(path, 'runs', 'answer', run, '--set', 'publish=true'),
    await wonder(path, 'runs', 'answer', run, '--role', 'maintainer'),
    await wonder(path, 'runs', 'answer', run, '--set', 'publish=maybe', '--role', 'maintainer'),
    await wonder(path, 'runs', 'approve', run, 'nobody'),
    await wonder(path, 'runs', 'answer', run, '--set', 'publish=true', '--role', 'maintainer', '--digest', 'sha256:0'),
  ]
  expect(refused.map(({ code, stderr }) => [code, /explain (\w+)/.exec(stderr)?.[1]])).toEqual([
    [6, 'wrong_role'],
    [6, 'invalid_answers'],
    [6, 'invalid_answers'],
    [6, 'unknown_question'],
    [8, 'approval_void'],
  ])

  const answered = ['runs', 'answer', run, 'owner', '--set', 'publish=true', '--as', 'ada', '--role', 'maintainer']
  const next = await wonder(path, ...answered)
  expect([next.code, next.stdout]).toEqual([4, expect.stringContaining(`wonder runs approve ${run} sure`)])
  const end = await wonderJson<Shown>(path, 'runs', 'approve', run)
  expect(end).toMatchObject({
    status: 'completed',
    output: { owner: { decision: 'answered', answers: { publish: true, stars: 3 }, by: 'ada' } },
  })
  expect(await readFile(join(path, 'done.txt'), 'utf8')).toBe('done\n')
  const first = (await eventsOf(path, run)).findIndex(({ type }) => type === 'question_asked')
  expect(first).toBeGreaterThan(0)
  expect((await wonder(path, 'runs', 'approve', run)).code).toBe(6)
}, 60_000)

test('a rejected question fails its run with the reason', async () => {
  const path = await project()
  await wonder(path, 'run', 'publish')
  const end = await wonder(
    path,
    'runs',
    'reject',
    'last',
    '--reason',
    'too early',
    '--role',
    'maintainer',
    '--as',
    'bob',
  )
  expect([end.code, end.stdout]).toEqual([1, expect.stringContaining('bob rejected it: too early')])
}, 60_000)

test('signals reach a run from another process, once for a key, and from another run', async () => {
  const path = await project()
  const command = new WonderCommand(path, ['run', 'listen', '--json'])
  onTestFinished(() => command.kill())
  const run = await newestRun(path)
  await until('the wait', async () => (await eventsOf(path, run)).some(({ type }) => type === 'signal_awaited'))
  for (const _ of [1, 2])
    expect((await wonder(path, 'runs', 'signal', run, 'paid', '--set', 'amount=1', '--key', 'k')).code).toBe(0)
  expect((await wonder(path, 'run', 'tell', `to=${run}`)).code).toBe(0)

  expect(JSON.parse((await command.finished).stdout)).toMatchObject({ status: 'completed', output: { amount: 9 } })
  const received = (await eventsOf(path, run)).filter(({ type }) => type === 'signal_received')
  expect(received).toHaveLength(2)
  expect((await wonder(path, 'runs', 'signal', run, 'paid')).code).toBe(6)
  expect((await wonder(path, 'run', 'tell', 'to=nowhere')).code).toBe(1)
}, 60_000)

test('a signal may be there from the start', async () => {
  const path = await project()
  const end = await wonderJson<Shown>(path, 'run', 'listen', '--signal', 'paid={"amount": 7}')
  expect([end.status, end.output]).toEqual(['completed', { amount: 7 }])
}, 60_000)

test('a wait survives kill -9, and a signal to a run that nobody drives lets it go on', async () => {
  const path = await project()
  const command = new WonderCommand(path, ['run', 'listen'])
  const run = await newestRun(path)
  await until('the wait', async () => (await eventsOf(path, run)).some(({ type }) => type === 'signal_awaited'))
  await command.kill()

  const end = await wonderJson<Shown>(path, 'runs', 'signal', run, 'paid', '{"amount": 5}')
  expect([end.status, end.output]).toEqual(['completed', { amount: 5 }])
  expect(await readFile(join(path, 'done.txt'), 'utf8')).toBe('done\n')
}, 60_000)

test('a timer that was due while the process was down fires once, at the next start', async () => {
  const path = await project()
  const command = new WonderCommand(path, ['run', 'nap'])
  const run = await newestRun(path)
  await until('the sleep', async () => (await eventsOf(path, run)).some(({ type }) => type === 'token_slept'))
  await command.kill()
  await new Promise((resolve) => setTimeout(resolve, 1_600))

  const start = new WonderCommand(path, ['start', '--idle-exit', '1s'])
  onTestFinished(() => start.kill())
  await until('the end', () => reading(path, async (host) => (await host.status(run))?.status === 'completed'))
  expect((await start.finished).code).toBe(0)
  expect((await eventsOf(path, run)).filter(({ type }) => type === 'task_dispatched')).toHaveLength(1)
  expect(await readFile(join(path, 'done.txt'), 'utf8')).toBe('done\n')
}, 60_000)

test('a question is asked in place at a terminal, a field at a time, and the run goes on', async () => {
  const path = await project()
  await symlink(bin, join(path, 'wonder'))
  await writeFiles(path, {})
  const terminal = await Terminal.open(path)
  onTestFinished(() => terminal[Symbol.asyncDispose]())
  await terminal.enter('./wonder run publish --as ada; echo "exit $?"')
  await terminal.untilShown('What does ada say as maintainer?')
  await terminal.press('Enter')
  await terminal.untilShown('publish (boolean)')
  await terminal.press('Enter')
  await terminal.untilShown('stars (integer)')
  await terminal.press('x')
  await terminal.press('Enter')
  await terminal.untilShown('It must be an integer')
  await terminal.press('BSpace')
  await terminal.press('Enter')
  await terminal.untilShown('Really?')
  await terminal.untilShown('What does ada say?')
  await terminal.press('C-c')
  const open = await terminal.untilShown('exit 4')
  expect(open).toMatch(/wonder runs approve \w+ sure/)

  await terminal.enter('clear; ./wonder runs watch last --as bob; echo "exit $?"')
  await terminal.untilShown('What does bob say?')
  await terminal.press('Enter')
  const end = await terminal.untilShown('exit 0')
  expect(end).toContain('publish completed')
}, 90_000)
