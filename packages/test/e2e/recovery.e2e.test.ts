import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newestRun, reading, testProject, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

const many = 1_000

/** What a crash cut off, by its `interrupted`. */
const cutOff = (interrupted: string) => ({
  'workflows/cut.yaml': `
id: cut
tasks:
  - id: before
    shell: [sh, -c, 'echo before >> notes']
    interrupted: rerun
  - id: work
    shell: [sh, -c, 'echo work >> notes; while [ ! -e go ]; do sleep 0.02; done']
    ${interrupted === '' ? '' : `interrupted: ${interrupted}`}
  - id: after
    shell: [sh, -c, 'echo after >> notes']
    interrupted: rerun
`,
})

test('a task with interrupted: ask waits for a decision after a crash; --rerun runs it again', async () => {
  await using project = await testProject(cutOff(''))
  const run = await killedIn(project.path, 'work')

  const blocked = await wonder(project.path, 'runs', 'resume', run)
  const shown = await wonderJson(project.path, 'runs', 'show', run)
  await writeFiles(project.path, { go: '' })
  const unknown = await wonder(project.path, 'runs', 'resume', run, '--rerun', 'other')
  const decided = await wonder(project.path, 'runs', 'resume', run, '--rerun', 'work')

  expect(blocked.code).toBe(4)
  expect(blocked.stdout).toContain(`wonder runs resume ${run} --rerun work`)
  expect(shown).toMatchObject({ status: 'blocked_decision' })
  expect(unknown).toMatchObject({ code: 6, stderr: expect.stringContaining('work') })
  expect(decided.code, decided.stderr).toBe(0)
  expect(await notes(project.path)).toEqual(['before', 'work', 'work', 'after'])
})

test('--fail counts the interrupted task as failed', async () => {
  await using project = await testProject(cutOff('ask'))
  const run = await killedIn(project.path, 'work')

  const decided = await wonder(project.path, 'runs', 'resume', run, '--fail', 'work')

  expect(decided.code).toBe(1)
  expect(await wonderJson(project.path, 'runs', 'show', run)).toMatchObject({
    status: 'failed',
    error: { code: 'task_interrupted' },
  })
  expect(await notes(project.path)).toEqual(['before', 'work'])
})

test('interrupted: fail fails the task by itself', async () => {
  await using project = await testProject(cutOff('fail'))
  const run = await killedIn(project.path, 'work')

  expect((await wonder(project.path, 'runs', 'resume', run)).code).toBe(1)
  expect(await notes(project.path)).toEqual(['before', 'work'])
})

test('a tool that a crash cut off runs again by itself', async () => {
  await using project = await testProject({
    'workflows/cut.yaml':
      'id: cut\ntasks:\n  - { id: work, tool: slow }\noutputs: { n: "{{ tasks.work.output.n }}" }\n',
    'tools/slow.ts': `
import { tool } from '@wonder/sdk/tool'
export default tool({
  description: 'Waits for a file.',
  input: {},
  output: { n: 'integer' },
  permissions: { read: ['.'], write: ['.'] },
  run: async () => {
    await Deno.writeTextFile('notes', 'work\\n', { append: true })
    for (;;) {
      if (await Deno.stat('go').then(() => true, () => false)) return { n: 7 }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  },
})
`,
  })
  const run = await killedIn(project.path, 'work')
  await writeFiles(project.path, { go: '' })

  const resumed = await wonderJson(project.path, 'runs', 'resume', run)

  expect(resumed).toMatchObject({ status: 'completed', output: { n: 7 } })
  expect(await notes(project.path)).toEqual(['work', 'work'])
})

test(`a start takes up ${many} unfinished runs; a run takes up none of them and mentions them in one line`, async () => {
  await using project = await testProject({
    'workflows/slow.yaml': `
id: slow
tasks:
  - { id: wait, shell: [sleep, '0.2'], interrupted: rerun }
  - { id: then, collect: { done: true } }
`,
    'workflows/other.yaml': 'id: other\ntasks: [{ id: one, collect: { x: 1 } }]\n',
  })
  await leaveManyRuns(project.path)
  const own = await wonder(project.path, 'run', 'other')
  const before = await states(project.path)
  const started = Date.now()
  await using start = new WonderCommand(project.path, ['start'])
  await start.untilPrinted(`${many} runs taken up again`)
  const all = Date.now() - started
  await until('a run to end', async () => ((await states(project.path)).completed ?? 0) > 1)
  await start.kill()

  console.log(
    `${many} runs: first record after ${await firstRecord(project.path, started)} ms, all taken up after ${all} ms`,
  )
  expect(own.code).toBe(0)
  expect(own.stderr.split('\n').filter((line) => line.includes('unfinished'))).toHaveLength(1)
  expect(before).toEqual({ running: many, completed: 1 })
})

/** Starts them in a process of its own, which then dies as by a crash. */
async function leaveManyRuns(folder: string): Promise<void> {
  const program = join(import.meta.dirname, 'many-runs.ts')
  const args = ['--disable-warning=ExperimentalWarning', program, folder, String(many)]
  await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'close')
}

async function killedIn(folder: string, task: string): Promise<string> {
  await using command = new WonderCommand(folder, ['run', 'cut'])
  await until(`${task} to begin`, async () => existsSync(join(folder, 'notes')) && (await notes(folder)).includes(task))
  const run = await newestRun(folder)
  await command.kill()
  return run
}

async function notes(folder: string): Promise<readonly string[]> {
  return (await readFile(join(folder, 'notes'), 'utf8')).trim().split('\n')
}

async function states(folder: string): Promise<{ readonly [status: string]: number }> {
  return await reading(folder, async ({ index }) => {
    const counts: { [status: string]: number } = {}
    for (let before: string | undefined; ; ) {
      const page = await index.list({ limit: 1000, ...(before === undefined ? {} : { before }) })
      for (const { status } of page) counts[status] = (counts[status] ?? 0) + 1
      before = page.at(-1)?.id
      if (before === undefined) return counts
    }
  })
}

/** Milliseconds from a moment to the first record after it, of any run. */
async function firstRecord(folder: string, since: number): Promise<number> {
  return await reading(folder, async (host) => {
    const runs = await host.index.list({ limit: 1000, workflow: 'slow' })
    const records = await Promise.all(runs.map(({ id }) => host.records(id, { after: 1 })))
    const times = records.flat().map(({ time }) => time)
    return Math.min(...times.filter((time) => time >= since)) - since
  })
}
