import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type TemporaryFolder, testProject, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

const files = {
  'workflows/greet.yaml': `
id: greet
input:
  name: string
  times: integer = 1 # how often
  text: string = "none"
tasks:
  - id: say
    shell: [sh, -c, 'echo "$0 $1"', "{{ input.name }}", "{{ input.times }}"]
    interrupted: rerun
outputs:
  said: "{{ tasks.say.output.stdout }}"
  length: "{{= size(input.text) }}"
`,
  'workflows/broken.yaml': "id: broken\ntasks:\n  - { id: one, shell: ['false'], interrupted: rerun }\n",
}

let project: TemporaryFolder

beforeAll(async () => {
  project = await testProject(files)
  return () => project[Symbol.asyncDispose]()
})

test('name=value and name=@file are typed inputs, and --json is one object with the outputs', async () => {
  await writeFiles(project.path, { 'draft.md': 'x'.repeat(100_000) })
  const { code, stdout, stderr } = await wonder(
    project.path,
    'run',
    'greet',
    'name=a=b',
    'times=2',
    'text=@draft.md',
    '--json',
  )

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', output: { said: 'a=b 2\n', length: 100_000 } })
})

test('all that is wrong with the input is told at once, with exit code 6, and nothing is started', async () => {
  const before = await runs(project.path)
  const { code, stdout, stderr } = await wonder(project.path, 'run', 'greet', 'times=many', 'colour=red')

  expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
  expect(stderr).toContain('name')
  expect(stderr).toContain('times')
  expect(stderr).toContain('colour')
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(await runs(project.path)).toEqual(before)
})

test('an unknown workflow is answered with the nearest one', async () => {
  const { code, stderr } = await wonder(project.path, 'run', 'gret')
  expect(code).toBe(6)
  expect(stderr).toContain('Did you mean "greet"?')
})

test('without a terminal progress is lines on stderr, without colours when NO_COLOR is set', async () => {
  const { code, stdout, stderr } = await wonder(project.path, 'run', 'greet', 'name=Ada')
  expect(code).toBe(0)
  expect(stderr).toMatch(/ms {2}✓ say/)
  expect(stdout).toContain('greet completed')
  expect(stdout + stderr).not.toContain('\u001b')
})

test('--quiet leaves the result alone', async () => {
  const { code, stdout, stderr } = await wonder(project.path, 'run', 'greet', 'name=Ada', '--quiet')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('Ada 1')
})

test('colours come when they are forced and go when NO_COLOR is set', async () => {
  const { stdout } = await new WonderCommand(project.path, ['run', 'greet', 'name=Ada'], {
    NO_COLOR: '',
    FORCE_COLOR: '1',
  }).finished
  expect(stdout).toContain('\u001b[')
})

test('--dry-run shows tasks and input, and stores no run', async () => {
  await using fresh = await testProject(files)
  const { code, stdout } = await wonder(fresh.path, 'run', 'greet', 'name=Ada', '--dry-run')

  expect(code).toBe(0)
  expect(stdout).toContain('say  (shell)')
  expect(stdout).toContain('name: Ada')
  expect(await runs(fresh.path)).toEqual([])
  expect(existsSync(join(fresh.path, '.wonder', 'blobs', 'definitions'))).toBe(false)
})

test('a run that fails exits with 1 and says which task and why', async () => {
  const { code, stdout, stderr } = await wonder(project.path, 'run', 'broken')
  expect(code).toBe(1)
  expect(stdout + stderr).toMatch(/broken failed[\s\S]*one[\s\S]*wonder runs logs/)
})

async function runs(folder: string): Promise<readonly string[]> {
  const { runs } = await wonderJson<{ runs: { id: string }[] }>(folder, 'runs', 'list')
  return runs.map(({ id }) => id)
}
