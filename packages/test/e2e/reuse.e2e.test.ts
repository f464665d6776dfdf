import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testProject, until, wonder, wonderJson, writeFiles } from '../src/index.ts'

const tool = (factor: number) => `
import { tool } from '@wonder/sdk/tool'
export default tool({
  description: 'Multiplies.',
  input: { n: 'integer' },
  output: { n: 'integer' },
  run: ({ n }) => ({ n: n * ${factor} }),
})
`

/** Each task with an effect leaves a line in effects.txt. */
const files = {
  'wonder.yaml': 'wonder: 1\nname: test\nsecrets: [TOKEN]\nenv_file: .env\n',
  'tools/double.ts': tool(2),
  'tools/triple.ts': tool(3),
  'workflows/numbers.yaml': `
id: numbers
input:
  n: integer = 5
tasks:
  - id: note
    shell: [sh, -c, 'echo note >> effects.txt; echo "the report" > report.md; echo "$0"', "{{ input.n }}"]
    artifacts: [report.md]
  - id: secret
    shell: [sh, -c, 'echo secret >> effects.txt; test -n "$TOKEN"']
    env: { TOKEN: "{{ secrets.TOKEN }}" }
  - id: doubled
    tool: double
    with: { n: "{{ input.n }}" }
  - id: all
    each: { in: "1..3", as: i }
    do:
      - id: tripled
        tool: triple
        with: { n: "{{ i }}" }
  - id: last
    shell: [sh, -c, 'echo last >> effects.txt; echo "$0"', "{{ tasks.doubled.output.n }}"]
outputs:
  doubled: "{{ tasks.doubled.output.n }}"
  tripled: "{{ tasks.all.output }}"
`,
  'workflows/kept.yaml': `
id: kept
input:
  n: integer = 5
tasks:
  - id: slow
    shell: [sh, -c, 'echo slow >> effects.txt; test -n "$TOKEN"; echo "$0" | tee out.txt', "{{ input.n }}"]
    env: { TOKEN: "{{ secrets.TOKEN }}" }
    artifacts: [out.txt]
    cache: true
  - id: keyed
    tool: double
    with: { n: "{{ input.n }}" }
    cache: { key: fixed, for: 1h }
outputs:
  slow: "{{ tasks.slow.output.stdout }}"
  keyed: "{{ tasks.keyed.output.n }}"
`,
  'workflows/brief.yaml': `
id: brief
tasks:
  - { id: one, shell: [sh, -c, 'echo brief >> effects.txt'], cache: { for: 300ms } }
`,
  'workflows/other.yaml': 'id: other\ntasks:\n  - { id: one, shell: [pwd] }\n',
  'workflows/broken.yaml': "id: broken\ntasks:\n  - { id: one, shell: ['false'], interrupted: rerun }\n",
  '.env': 'TOKEN=the-secret-token\n',
}

type Item = { readonly id: string; readonly reused?: number; readonly children: readonly Item[] }
type Shown = {
  readonly run: string
  readonly status: string
  readonly output: unknown
  readonly tasks: readonly Item[]
  readonly tasks_completed: { readonly ran: number; readonly reused: number }
}

function reusedOf(items: readonly Item[]): { readonly [id: string]: number } {
  return Object.fromEntries(
    items.flatMap((item) => [
      ...(item.reused === undefined ? [] : [[item.id, item.reused] as const]),
      ...Object.entries(reusedOf(item.children)),
    ]),
  )
}

async function effects(folder: string): Promise<readonly string[]> {
  return (await readFile(join(folder, 'effects.txt'), 'utf8')).trim().split('\n')
}

test('--reuse last runs what has changed and what depends on it, and says so', async () => {
  await using project = await testProject(files)
  const { path } = project
  const first = await wonderJson<Shown>(path, 'run', 'numbers')
  expect(first).toMatchObject({ status: 'completed', tasks_completed: { ran: 7, reused: 0 } })
  expect(await effects(path)).toEqual(['note', 'secret', 'last'])

  const same = await wonderJson<Shown>(path, 'run', 'numbers', '--reuse', 'last')
  expect(same).toMatchObject({ output: first.output, tasks_completed: { ran: 0, reused: 7 } })
  expect(await effects(path)).toEqual(['note', 'secret', 'last'])

  await writeFiles(path, { 'tools/triple.ts': tool(4) })
  const tripled = await wonder(path, 'run', 'numbers', '--reuse', 'last')
  expect(tripled.stdout).toContain('numbers completed')
  expect(tripled.stdout).toContain('4 of 7 tasks reused')
  expect(tripled.stderr).toMatch(/✓ note.* reused/)
  expect(await effects(path)).toEqual(['note', 'secret', 'last'])
  const shown = await wonderJson<Shown>(path, 'runs', 'show', 'last')
  expect(reusedOf(shown.tasks)).toEqual({ note: 1, secret: 1, doubled: 1, last: 1 })
  expect((await wonder(path, 'runs', 'show', 'last')).stdout).toMatch(/✓ doubled.* reused/)

  await writeFiles(path, { 'tools/double.ts': tool(20) })
  const doubled = await wonderJson<Shown>(path, 'run', 'numbers', '--reuse', shown.run)
  expect(doubled).toMatchObject({ output: { doubled: 100 }, tasks_completed: { ran: 2, reused: 5 } })
  expect(await effects(path)).toEqual(['note', 'secret', 'last', 'last'])

  const detached = await wonderJson<Shown>(path, 'run', 'numbers', '--reuse', 'last', '--detach')
  await wonder(path, 'runs', 'watch', detached.run)
  expect(await wonderJson(path, 'runs', 'show', detached.run)).toMatchObject({ tasks_completed: { ran: 0, reused: 7 } })
  expect(await effects(path)).toHaveLength(4)
  const report = await wonder(path, 'runs', 'artifacts', detached.run, 'report.md')
  expect(report.stdout).toBe('the report\n')
}, 120_000)

test.each([
  [['--reuse', '01ZZZ'], 'run_not_found'],
  [['--reuse', 'last'], 'nothing_to_reuse'],
  [['--reuse', 'OTHER'], 'reuse_other_workflow'],
])('%j of a run that cannot be reused is %s, and nothing is started', async (words, code) => {
  await using project = await testProject(files)
  const other = await wonderJson<Shown>(project.path, 'run', 'other')
  await wonder(project.path, 'run', 'broken')
  const before = await wonderJson<{ readonly runs: readonly unknown[] }>(project.path, 'runs', 'list')

  const args = words.map((word) => (word === 'OTHER' ? other.run : word))
  const refused = await wonder(project.path, 'run', 'broken', ...args, '--json')

  expect(refused.code).toBe(6)
  expect(refused.stdout + refused.stderr).toContain(code)
  expect(await wonderJson(project.path, 'runs', 'list')).toEqual(before)
})

test('a task with cache is not run again by another run with the same input, until it is cleared or expires', async () => {
  await using project = await testProject(files)
  const { path } = project
  expect(await wonderJson(path, 'run', 'kept')).toMatchObject({ output: { slow: '5\n', keyed: 10 } })
  expect(await wonderJson(path, 'run', 'kept')).toMatchObject({
    output: { slow: '5\n', keyed: 10 },
    tasks_completed: { ran: 0, reused: 2 },
  })
  expect((await wonder(path, 'runs', 'artifacts', 'last', 'out.txt')).stdout).toBe('5\n')
  // The key of the second task stays, whatever its input.
  expect(await wonderJson(path, 'run', 'kept', 'n=6')).toMatchObject({ output: { slow: '6\n', keyed: 10 } })
  expect(await effects(path)).toEqual(['slow', 'slow'])

  const { results } = await wonderJson<{ results: readonly { task: string }[] }>(path, 'cache', 'list')
  expect(results.map(({ task }) => task).sort()).toEqual(['keyed', 'slow', 'slow'])
  expect((await wonder(path, 'cache')).stdout).toMatch(/kept\.keyed .* expires in /)
  expect(await wonderJson(path, 'cache', 'clear', '--older-than', '1d')).toEqual({ removed: 0 })
  expect(await wonder(path, 'cache', 'clear', '--older-than', 'long')).toMatchObject({ code: 6 })
  expect(await wonderJson(path, 'cache', 'clear')).toEqual({ removed: 3 })
  await wonder(path, 'run', 'kept')
  expect(await effects(path)).toEqual(['slow', 'slow', 'slow'])

  await wonder(path, 'run', 'brief')
  const before = (await effects(path)).length
  await until('the result to expire', async () => {
    await wonder(path, 'run', 'brief')
    return (await effects(path)).length > before
  })
}, 120_000)

test('no secret stands in what is kept', async () => {
  await using project = await testProject(files)
  expect((await wonder(project.path, 'run', 'kept')).code).toBe(0)
  expect((await wonder(project.path, 'run', 'numbers')).code).toBe(0)
  await wonder(project.path, 'run', 'numbers', '--reuse', 'last')

  const names = await readdir(join(project.path, '.wonder'), { recursive: true, withFileTypes: true })
  const stored = names.filter((entry) => entry.isFile())
  expect(stored.length).toBeGreaterThan(5)
  for (const { parentPath, name } of stored) {
    expect((await readFile(join(parentPath, name))).includes('the-secret-token'), name).toBe(false)
  }
}, 60_000)
