import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type Finished,
  reading,
  type TemporaryFolder,
  testProject,
  until,
  WonderCommand,
  wonder,
  wonderJson,
  writeFiles,
} from '../src/index.ts'

const files = {
  'workflows/big.yaml': `
id: big
tasks:
  - id: make
    shell: [sh, -c, 'head -c 300000 /dev/zero | tr "\\\\0" x; touch began; while [ ! -e go ]; do sleep 0.02; done']
    interrupted: rerun
    save: big.txt
  - id: count
    collect: { size: "{{= size(tasks.make.output.stdout) }}" }
outputs: { size: "{{ tasks.count.output.size }}" }
`,
  'workflows/small.yaml':
    'id: small\ntasks: [{ id: one, collect: { x: 1 } }]\noutputs: { x: "{{ tasks.one.output.x }}" }\n',
}

test('garbage instead of the store is store_corrupt or store_foreign, is not touched, and shows no stack', async () => {
  await using project = await testProject(files)
  await wonder(project.path, 'run', 'small')
  const database = join(project.path, '.wonder', 'wonder.db')
  await writeFile(database, 'garbage '.repeat(10_000))

  for (const words of [['run', 'small'], ['runs', 'list'], ['start']]) {
    const failed = await wonder(project.path, ...words)
    expect.soft(failed.code, words.join(' ')).toBe(1)
    expectClear(failed, 'wonder.db')
  }
  expect(await wonderJson(project.path, 'runs', 'list')).toMatchObject({ error: { code: 'store_corrupt' } })
  expect(await readFile(database, 'utf8')).toMatch(/^garbage /)
})

test('a damaged page of the store is told as such', async () => {
  await using project = await testProject(files)
  await writeFiles(project.path, { go: '' })
  for (let i = 0; i < 3; i++) await wonder(project.path, 'run', 'big')
  const database = join(project.path, '.wonder', 'wonder.db')
  const { size } = await stat(database)
  const handle = await open(database, 'r+')
  await handle.write(Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096)
  await handle.close()

  const failed = await wonder(project.path, 'runs', 'show', 'last')

  expect(failed.code).toBe(1)
  expectClear(failed, 'wonder.db')
})

test('a damaged value, artifact or definition is store_corrupt with its digest, and other runs go on', async () => {
  await using project = await testProject(files)
  const run = await killedInBig(project)
  const blobs = join(project.path, '.wonder', 'blobs')
  const definitions = (await filesIn(blobs)).filter((file) => file.includes('definitions'))
  await Promise.all(definitions.map((file) => rm(file)))

  const resumed = await wonder(project.path, 'runs', 'resume', run)
  const shown = await wonder(project.path, 'runs', 'show', run)
  await using start = new WonderCommand(project.path, ['start', '--idle-exit', '1s'])
  const started = await start.finished
  const other = await wonder(project.path, 'run', 'small')

  expect(resumed.code).toBe(1)
  expectClear(resumed, 'definition')
  expectClear(shown, 'definition')
  expect(started).toMatchObject({ code: 0, stderr: expect.stringContaining(`Run ${run} cannot go on`) })
  expect(other.code).toBe(0)
})

test('a damaged artifact is told when it is read, with what it should be', async () => {
  await using project = await testProject(files)
  await writeFiles(project.path, { go: '' })
  await wonder(project.path, 'run', 'big')
  const blobs = await filesIn(join(project.path, '.wonder', 'blobs', 'runs'))
  for (const file of blobs) await truncate(file, 100)

  const failed = await wonder(project.path, 'runs', 'artifacts', 'last', 'big.txt')

  expect(failed.code).toBe(1)
  expectClear(failed, 'sha256')
})

test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux' || !canMount())(
  'a full disk is store_full; after room is made the run goes on, and no committed record is lost (needs root to mount)',
  async () => {
    await using project = await testProject(files)
    const state = join(project.path, '.wonder')
    await mkdir(state)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', state])
    try {
      await using owner = new WonderCommand(project.path, ['run', 'big'])
      await until('the task to begin', () => existsSync(join(project.path, 'began')))
      const run = await reading(project.path, async ({ index }) => (await index.list({ limit: 1 }))[0]?.id ?? '')
      await fill(join(state, 'ballast'))
      await writeFiles(project.path, { go: '' })
      // Either the owner says so and ends, or it tries on until there is room.
      const ended = await Promise.race([
        owner.finished,
        new Promise<null>((resolve) => setTimeout(resolve, 4_000, null)),
      ])
      const records = await readFile(join(state, 'wonder.db')).then((bytes) => bytes.length)
      if (ended !== null) {
        expect(ended.code).toBe(1)
        expectClear(ended, 'store_full')
      }
      const second = await wonder(project.path, 'run', 'small')
      expect(second.code).toBe(1)
      expectClear(second, 'full')

      await rm(join(state, 'ballast'))
      const finished = ended === null ? await owner.finished : await wonder(project.path, 'runs', 'resume', run)

      expect(records).toBeGreaterThan(0)
      expect(finished.code, finished.stderr).toBe(0)
      expect(await wonderJson(project.path, 'runs', 'show', run)).toMatchObject({
        status: 'completed',
        output: { size: 300_000 },
      })
    } finally {
      execFileSync('umount', ['-l', state])
    }
  },
)

async function killedInBig(project: TemporaryFolder): Promise<string> {
  await using command = new WonderCommand(project.path, ['run', 'big'])
  await until('the task to begin', () => existsSync(join(project.path, 'began')))
  await command.kill()
  return await reading(project.path, async ({ index }) => (await index.list({ limit: 1 }))[0]?.id ?? '')
}

/** The error has a sentence and a way on, and no stack. */
function expectClear({ stderr }: Finished, word: string): void {
  expect.soft(stderr).toContain('error  ')
  expect.soft(stderr).toContain(word)
  expect.soft(stderr).not.toMatch(/^\s+at /m)
  expect.soft(stderr).not.toContain('This should not happen')
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Writes until nothing fits any more. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, 'a')
  try {
    for (const size of [65_536, 4_096, 512, 1]) {
      for (;;) await handle.appendFile(Buffer.alloc(size)).catch(() => Promise.reject(new Error('full')))
    }
  } catch {
    // Full.
  } finally {
    await handle.close()
  }
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'])
    return true
  } catch {
    return false
  }
}
