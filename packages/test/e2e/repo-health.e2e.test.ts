import { execFile } from 'node:child_process'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import {
  makeGitRepository,
  reading,
  seededRandom,
  temporaryFolder,
  until,
  WonderCommand,
  wonder,
  wonderJson,
  writeFiles,
} from '../src/index.ts'

const example = join(import.meta.dirname, '..', '..', '..', 'examples', 'repo-health')
const execute = promisify(execFile)
/** Over all runs. */
const kills = 20

test(`a run over 300 files that is killed at random moments, ${kills} kills in all, reports what an undisturbed one does`, async () => {
  const seed = Number(process.env.WONDER_SEED ?? Date.now() % 1_000_000)
  console.log(`seed ${seed} (WONDER_SEED=${seed} repeats it)`)
  const random = seededRandom(seed)
  await using folder = await temporaryFolder()
  const repository = join(folder.path, 'repository')
  await mkdir(repository)
  await makeGitRepository(repository, 300)
  const calm = await exampleIn(folder.path, 'calm')
  const stormy = await exampleIn(folder.path, 'stormy')
  expect((await wonder(calm, 'run', 'health', `repository=${repository}`)).code).toBe(0)

  let killed = 0
  let runs = 0
  while (killed < kills) {
    let command = new WonderCommand(stormy, ['run', 'health', `repository=${repository}`])
    runs += 1
    await until('the run to begin', async () => (await count(stormy)) === runs)
    for (let tries = 0; tries < 8; tries++) {
      const ended = await Promise.race([command.finished, after(30 + random() * 700)])
      if (ended !== null) break
      await command.kill()
      killed += 1
      command = new WonderCommand(stormy, ['runs', 'resume', 'last'])
    }
    const end = await command.finished
    // A kill may come when the run has ended and the process has not: then there is nothing to resume.
    const over = end.code === 0 || end.stderr.includes('it is completed')
    expect(over, end.stdout + end.stderr).toBe(true)
    for (const name of ['report.md', 'report.json']) {
      expect.soft(await artifact(stormy, name), `${name}, seed ${seed}`).toBe(await artifact(calm, name))
    }
  }
  console.log(`${killed} kills in ${runs} runs`)
}, 150_000)

test('a repository with odd names is looked at file by file', async () => {
  await using folder = await temporaryFolder()
  const repository = join(folder.path, 'odd')
  const project = await exampleIn(folder.path, 'project')
  await mkdir(repository)
  const git = gitIn(repository)
  await git('init', '--quiet', '--initial-branch=main')
  const names = [
    'with space.ts',
    `quotes'and".ts`,
    'ünïcödé/日本語.ts',
    'new\nline.md',
    '-dash.ts',
    '{{braces}}.md',
    'tab\there.ts',
  ]
  await writeFiles(repository, Object.fromEntries(names.map((name) => [name, 'export const one = 1\n'])))
  await writeFiles(repository, { 'gone.ts': 'x\n', 'README.md': '[a](with%20space.ts) [b](nowhere.md)\n' })
  await symlink('loop', join(repository, 'loop'))
  await symlink('.', join(repository, 'here'))
  await git('add', '.')
  await git('commit', '--quiet', '-m', 'All of it')
  await execute('git', ['-C', folder.path, 'init', '--quiet', 'inner'])
  await gitIn(join(folder.path, 'inner'))('commit', '--quiet', '--allow-empty', '-m', 'Nothing')
  await git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', join(folder.path, 'inner'), 'module')
  await git('commit', '--quiet', '-m', 'A submodule')
  await rm(join(repository, 'gone.ts'))

  const run = await wonderJson<{ status: string; output: { files: number } }>(
    project,
    ...['run', 'health', `repository=${repository}`],
  )

  expect(run.status, JSON.stringify(run)).toBe('completed')
  const report = JSON.parse(await artifact(project, 'report.json')) as object
  const text = JSON.stringify(report)
  for (const name of ['nowhere.md']) expect.soft(text).toContain(name)
  expect(run.output.files).toBeGreaterThanOrEqual(names.length + 2)
})

test('an empty repository has a report, too', async () => {
  await using folder = await temporaryFolder()
  const repository = join(folder.path, 'empty')
  const project = await exampleIn(folder.path, 'project')
  await mkdir(repository)
  await gitIn(repository)('init', '--quiet', '--initial-branch=main')

  const run = await wonderJson<{ status: string; output: { files: number } }>(
    project,
    ...['run', 'health', `repository=${repository}`],
  )

  expect(run, JSON.stringify(run)).toMatchObject({ status: 'completed', output: { files: 0 } })
  expect(await artifact(project, 'report.md')).toContain('0 files')
})

test('a folder that is no repository fails with what git says', async () => {
  await using folder = await temporaryFolder()
  const project = await exampleIn(folder.path, 'project')
  await mkdir(join(folder.path, 'plain'))

  const { code, stdout, stderr } = await wonder(project, 'run', 'health', `repository=${join(folder.path, 'plain')}`)

  expect(code).toBe(1)
  expect(stdout + stderr).toContain('not a git repository')
})

async function exampleIn(folder: string, name: string): Promise<string> {
  const to = join(folder, name)
  await cp(example, to, { recursive: true, filter: (path) => !path.includes('.wonder') })
  await writeFile(join(to, '.gitignore'), '.wonder\n')
  return to
}

function gitIn(folder: string) {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  return (...args: readonly string[]) => execute('git', ['-C', folder, ...who, ...args])
}

async function artifact(project: string, name: string): Promise<string> {
  return (await wonder(project, 'runs', 'artifacts', 'last', name)).stdout
}

async function count(project: string): Promise<number> {
  return await reading(project, async ({ index }) => (await index.list({ limit: 100 })).length)
}

/** Resolves with null after so many milliseconds: the moments of the kills are what this test draws. */
function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null))
}
