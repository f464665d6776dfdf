import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  eventsOf,
  isAlive,
  newestRun,
  processesWith,
  testProject,
  until,
  WonderCommand,
  wonder,
  wonderJson,
  writeFiles,
} from '../src/index.ts'

/** Each task notes that it began, and ends when the file `go` is there. */
const files = {
  'workflows/gated.yaml': `
id: gated
tasks:
  - id: first
    shell: [sh, -c, 'echo first >> began; echo "first speaks"; while [ ! -e go ]; do sleep 0.02; done']
    interrupted: rerun
  - id: second
    shell: [sh, -c, 'echo second >> began']
    interrupted: rerun
outputs: { ok: "{{ tasks.second.status }}" }
finally:
  - { id: tidy, shell: [sh, -c, 'echo tidy >> began'], interrupted: rerun }
`,
}

test('what one process runs is shown, listed, told and followed by others', async () => {
  await using project = await testProject(files)
  await using owner = new WonderCommand(project.path, ['run', 'gated'])
  const run = await begun(project.path)

  const shown = await wonderJson(project.path, 'runs', 'show', run)
  const listed = await wonderJson(project.path, 'runs', 'list', '--open')
  const events = await wonder(project.path, 'runs', 'events', run, '--json')
  await using watching = new WonderCommand(project.path, ['runs', 'watch', run])
  await watching.untilPrinted('first')
  await using logs = new WonderCommand(project.path, ['runs', 'logs', run, '--follow'])
  await logs.untilPrinted('first speaks')
  await writeFiles(project.path, { go: '' })

  expect(shown).toMatchObject({ run, status: 'running', tasks: [{ id: 'first', status: 'running' }, {}, {}] })
  expect(listed).toMatchObject({ runs: [{ id: run, status: 'running' }] })
  expect(events.stdout).toContain('"type":"task_dispatched"')
  expect(await watching.finished).toMatchObject({ code: 0, stdout: expect.stringContaining('gated completed') })
  expect((await logs.finished).code).toBe(0)
  expect((await owner.finished).code).toBe(0)
})

test('another process pauses a run after what is in flight; its owner says how to go on, and resume does', async () => {
  await using project = await testProject(files)
  await using owner = new WonderCommand(project.path, ['run', 'gated'])
  const run = await begun(project.path)

  const paused = await wonder(project.path, 'runs', 'pause', run)
  await writeFiles(project.path, { go: '' })
  const ended = await owner.finished

  expect(paused.code).toBe(0)
  expect(ended.code).toBe(130)
  expect(ended.stdout).toContain(`wonder runs resume ${run}`)
  expect(await notes(project.path)).toEqual(['first'])
  const resumed = await wonder(project.path, 'runs', 'resume', run)
  expect(resumed.code).toBe(0)
  expect(await notes(project.path)).toEqual(['first', 'second', 'tidy'])
})

test('another process cancels a run: what is in flight ends, finally runs, the owner exits with 1', async () => {
  await using project = await testProject(files)
  await using owner = new WonderCommand(project.path, ['run', 'gated'])
  const run = await begun(project.path)

  const cancelled = await wonder(project.path, 'runs', 'cancel', run)
  const ended = await owner.finished

  expect(cancelled.code).toBe(0)
  expect(ended.code).toBe(1)
  expect(await notes(project.path)).toEqual(['first', 'tidy'])
  expect(await wonderJson(project.path, 'runs', 'show', run)).toMatchObject({ status: 'cancelled' })
  expect(processesWith(`${project.path}/`)).toEqual([])
})

test('resume of a run that another process drives shows it, and drives it on when that process dies', async () => {
  await using project = await testProject(files)
  await using owner = new WonderCommand(project.path, ['run', 'gated'])
  const run = await begun(project.path)

  await using second = new WonderCommand(project.path, ['runs', 'resume', run])
  await second.untilPrinted('Another process drives this run')
  expect(await notes(project.path)).toEqual(['first'])
  await owner.kill()
  await until('the task to be ordered again', async () => (await notes(project.path)).length === 2)
  await writeFiles(project.path, { go: '' })

  expect(await second.finished).toMatchObject({ code: 0 })
  expect(await notes(project.path)).toEqual(['first', 'first', 'second', 'tidy'])
})

test('a stopped owner keeps its run: others are told so within seconds, and nobody drives it beside it', async () => {
  await using project = await testProject(files)
  await using owner = new WonderCommand(project.path, ['run', 'gated'])
  const run = await begun(project.path)
  process.kill(owner.pid, 'SIGSTOP')

  const [paused, resumed, watched] = await Promise.all([
    wonderJson<{ error: { code: string; message: string } }>(project.path, 'runs', 'pause', run),
    wonder(project.path, 'runs', 'resume', run),
    wonder(project.path, 'runs', 'watch', run),
  ])
  await using start = new WonderCommand(project.path, ['start'])
  await start.untilPrinted('drives the runs')
  process.kill(owner.pid, 'SIGCONT')
  await writeFiles(project.path, { go: '' })

  expect(paused.error).toMatchObject({
    code: 'host_not_responding',
    message: expect.stringContaining(`process ${owner.pid}`),
  })
  expect(resumed).toMatchObject({ code: 1, stderr: expect.stringContaining(`kill -CONT ${owner.pid}`) })
  expect(watched).toMatchObject({ code: 1, stderr: expect.stringContaining(`kill -CONT ${owner.pid}`) })
  expect((await owner.finished).code).toBe(0)
  expect(await notes(project.path)).toEqual(['first', 'second', 'tidy'])
})

test.each(['auto', 'none'])(
  'with isolation %s, a running start takes up what a killed owner left, after it has ended its processes',
  async (isolation) => {
    await using project = await testProject({
      'workflows/sleepy.yaml': `
id: sleepy
tasks:
  - id: nap
    shell: [sh, -c, 'echo began >> began; [ -e go ] || sleep 1234.5']
    interrupted: rerun
`,
    })
    const env = { WONDER_ISOLATION: isolation }
    await using start = new WonderCommand(project.path, ['start'], env)
    await start.untilPrinted('drives the runs')
    await using owner = new WonderCommand(project.path, ['run', 'sleepy'], env)
    const run = await begun(project.path)
    const left = await until('the sleep', () => children(owner.pid).length > 0 && children(owner.pid))
    await writeFiles(project.path, { go: '' })

    await owner.kill()
    const killed = Date.now()
    const watched = await wonder(project.path, 'runs', 'watch', run)

    console.log(`isolation ${isolation}: the run had ended ${Date.now() - killed} ms after the kill`)
    expect(watched.code).toBe(0)
    expect(left.filter(isAlive)).toEqual([])
    expect(await notes(project.path)).toEqual(['began', 'began'])
    expect(await sockets(project.path)).toHaveLength(1)
  },
)

test('commands to a run whose owner was killed work without it: pause at once, cancel with finally', async () => {
  await using project = await testProject(files)
  await using owner = new WonderCommand(project.path, ['run', 'gated'])
  const run = await begun(project.path)
  await owner.kill()

  const paused = await wonder(project.path, 'runs', 'pause', run)
  const afterPause = await notes(project.path)
  const cancelled = await wonder(project.path, 'runs', 'cancel', run)

  expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('is paused') })
  expect(afterPause).toEqual(['first'])
  expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('was cancelled') })
  expect(await notes(project.path)).toEqual(['first', 'tidy'])
  expect(await sockets(project.path)).toEqual([])
  const kinds = (await eventsOf(project.path, run)).map(({ type }) => type)
  expect(kinds.filter((type) => type === 'run_paused')).toHaveLength(1)
})

async function begun(folder: string): Promise<string> {
  await until('the first task to begin', () => existsSync(join(folder, 'began')))
  return await newestRun(folder)
}

async function notes(folder: string): Promise<readonly string[]> {
  return (await readFile(join(folder, 'began'), 'utf8')).trim().split('\n')
}

async function sockets(folder: string): Promise<readonly string[]> {
  return await readdir(join(folder, '.wonder', 'hosts'))
}

/** Processes below this one, whatever their group. */
function children(pid: number): readonly number[] {
  return processesWith('sleep 1234.5').filter((child) => child !== pid)
}
