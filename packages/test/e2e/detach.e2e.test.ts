import { readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLocalHost } from '@wonder/host-local'
import { expect, onTestFinished, test } from 'vitest'
import {
  isAlive,
  processesWith,
  reading,
  type TemporaryFolder,
  testProject,
  until,
  WonderCommand,
  wonder,
  wonderJson,
  wonderProgram,
  writeFiles,
} from '../src/index.ts'

const files = {
  'workflows/note.yaml': `
id: note
input: { n: integer }
tasks:
  - id: write
    shell: [sh, -c, 'echo "$0" >> notes', "{{ input.n }}"]
    interrupted: rerun
`,
}

test('a detached run is driven by a start that is there already', async () => {
  await using project = await openProject(files)
  await using start = new WonderCommand(project.path, ['start'])
  await start.untilPrinted('drives the runs')

  const { run, status } = await wonderJson<{ run: string; status: string }>(
    project.path,
    ...['run', 'note', 'n=1', '--detach'],
  )
  const watched = await wonder(project.path, 'runs', 'watch', run)

  expect(status).toBe('queued')
  expect(watched.code).toBe(0)
  expect(await notes(project.path)).toEqual(['1'])
  expect(starts(project)).toEqual([start.pid])
})

test('a start leaves when it has been idle, after the runs that were handed to it', async () => {
  await using project = await openProject(files)
  const host = await openLocalHost({ project: project.path, role: 'read' })
  await using start = new WonderCommand(project.path, ['start', '--idle-exit', '3s'])
  await start.untilPrinted('drives the runs')

  await Promise.all([1, 2].map((n) => host.handOver({ workflow: 'note', input: { n }, by: 'test' })))
  const ended = await start.finished
  await host.close()

  expect(ended.code).toBe(0)
  expect((await notes(project.path)).toSorted()).toEqual(['1', '2'])
  expect(await openRuns(project.path)).toEqual([])
})

test('a start that waits to be idle ends at once when a signal tells it to', async () => {
  await using project = await openProject(files)
  await using start = new WonderCommand(project.path, ['start', '--idle-exit', '1h'])
  await start.untilPrinted('drives the runs')

  start.child.kill('SIGTERM')
  const ended = await start.finished

  expect(ended.code).toBe(0)
})

test('of several detached runs at once one spawns a start, and each runs once', async () => {
  await using project = await openProject(files)
  const handed = await Promise.all(
    [1, 2, 3].map((n) => wonderJson<{ run: string }>(project.path, 'run', 'note', `n=${n}`, '--detach')),
  )
  for (const { run } of handed) expect((await wonder(project.path, 'runs', 'watch', run)).code).toBe(0)

  expect((await notes(project.path)).toSorted()).toEqual(['1', '2', '3'])
  expect(starts(project)).toHaveLength(1)
})

test('a run that is handed over in another environment gets a start of that environment', async () => {
  await using project = await openProject({
    ...files,
    'wonder.yaml':
      'wonder: 1\nname: test\nenv: { WHERE: here }\nenvironments: { production: { env: { WHERE: there } } }\n',
    'workflows/where.yaml': `
id: where
tasks:
  - { id: write, shell: [sh, -c, 'echo "$WHERE" >> notes'], env: { WHERE: "{{ env.WHERE }}" }, interrupted: rerun }
`,
  })
  await using start = new WonderCommand(project.path, ['start'])
  await start.untilPrinted('drives the runs')
  const host = await openLocalHost({
    project: project.path,
    role: 'read',
    startCommand: [...wonderProgram, 'start', '--project', project.path, '--env', 'production', '--idle-exit', '1s'],
  })
  try {
    const run = await host.handOver({ workflow: 'where', input: {}, environment: 'production', by: 'test' })
    expect((await wonder(project.path, 'runs', 'watch', run)).code).toBe(0)
    expect(await notes(project.path)).toEqual(['there'])
    await until('the second start to leave', () => starts(project).length === 1)
  } finally {
    await host.close()
  }
})

test('a mistake in the project is told by the one who hands over, and nothing is spawned', async () => {
  await using project = await openProject(files)
  await writeFiles(project.path, { 'workflows/note.yaml': 'id: note\ntasks:\n  - { id: one, shel: [true] }\n' })

  const refused = await wonder(project.path, 'run', 'note', '--detach')

  expect(refused.code).toBe(6)
  expect(refused.stderr).toContain('workflows/note.yaml:3')
  expect(starts(project)).toEqual([])
})

/** A project; every command in it, and what it has spawned, ends with the test, even when the test is given up. */
async function openProject(files: { readonly [path: string]: string }): Promise<TemporaryFolder> {
  const project = await testProject(files)
  onTestFinished(() =>
    until('the commands to end', () => {
      const left = commands(project, '').filter(isAlive)
      for (const pid of left) process.kill(pid, 'SIGKILL')
      return left.length === 0
    }).then(() => undefined),
  )
  return project
}

function starts(project: TemporaryFolder): readonly number[] {
  return commands(project, ' start')
}

/** Pids of the wonder commands of a project. */
function commands({ path }: TemporaryFolder, words: string): readonly number[] {
  const named = processesWith(path)
  return processesWith(`main.ts${words}`).filter((pid) => named.includes(pid) || workingFolder(pid) === path)
}

function workingFolder(pid: number): string | null {
  try {
    // A folder that is gone is still named, with a remark.
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '')
  } catch {
    return null
  }
}

async function notes(folder: string): Promise<readonly string[]> {
  return (await readFile(join(folder, 'notes'), 'utf8')).trim().split('\n')
}

function openRuns(folder: string): Promise<readonly string[]> {
  return reading(folder, async ({ index }) =>
    (await index.list({ limit: 100 })).filter(({ ended }) => ended === null).map(({ id }) => id),
  )
}
