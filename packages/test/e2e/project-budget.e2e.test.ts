import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testProject, until, WonderCommand, wonder, wonderJson } from '../src/index.ts'

const project = (steps: number) => ({
  'wonder.yaml': `
wonder: 1
name: shared
settings:
  budget: { steps: ${steps}, wall_time: 1h, warn_at: 0.5 }
`,
  'workflows/note.yaml': `
id: note
input:
  n: integer
tasks:
  - { id: work, shell: [sh, -c, 'echo "$0" >> notes.txt', "{{ input.n }}"] }
`,
})

type Budget = {
  readonly used: { readonly steps?: number; readonly wall_time?: number }
  readonly reserved: { readonly steps?: number }
  readonly waiting: readonly unknown[]
}

async function statuses(path: string): Promise<readonly string[]> {
  const { runs } = await wonderJson<{ runs: readonly { status: string }[] }>(path, 'runs', 'list')
  return runs.map(({ status }) => status).sort()
}

async function budgetOf(path: string): Promise<Budget | undefined> {
  return (await wonderJson<{ budgets: readonly Budget[] }>(path, 'limits')).budgets[0]
}

test('two processes share the budget of their project, and a raise lets go on what waits', async () => {
  await using folder = await testProject(project(3))
  const { path } = folder
  const starts = [new WonderCommand(path, ['start']), new WonderCommand(path, ['start'])]
  try {
    await Promise.all(starts.map((one) => one.untilPrinted(/\S/)))
    await Promise.all([1, 2, 3, 4, 5].map((n) => wonder(path, 'run', 'note', `n=${n}`, '--detach', '--quiet')))
    const some = ['blocked_budget', 'blocked_budget', 'completed', 'completed', 'completed']
    await until('three runs to complete', async () => String(await statuses(path)) === String(some), 60_000)
    expect((await readFile(join(path, 'notes.txt'), 'utf8')).trim().split('\n')).toHaveLength(3)
    expect(await budgetOf(path)).toMatchObject({ used: { steps: 3 }, reserved: { steps: 0 }, waiting: [{}, {}] })

    const refused = await wonder(path, 'limits', '--raise', 'steps=2')
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('less than what is used')])
    expect((await wonder(path, 'limits', '--raise', 'steps=5')).stderr).toBe('')

    await until('all runs to complete', async () => (await statuses(path)).every((one) => one === 'completed'), 60_000)
    await until('all to be settled', async () => (await budgetOf(path))?.used.steps === 5)
    expect((await readFile(join(path, 'notes.txt'), 'utf8')).trim().split('\n').sort()).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ])
  } finally {
    await Promise.all(starts.map((one) => one.kill()))
  }
}, 180_000)

test('what no process drives any more goes on with the one who raises the budget', async () => {
  await using folder = await testProject(project(1))
  const { path } = folder
  expect((await wonder(path, 'run', 'note', 'n=1')).code).toBe(0)
  const blocked = await wonder(path, 'run', 'note', 'n=2')
  expect(blocked.stdout + blocked.stderr).toContain('wonder limits --raise steps=MORE')
  const checkpoints = await wonder(path, 'runs', 'checkpoints', 'last', '--json')
  expect(checkpoints.stdout).toContain('project_budget_exceeded')

  const raised = await wonder(path, 'limits', '--raise', 'steps=2')

  expect(raised.stderr).toContain('goes on here')
  expect(await statuses(path)).toEqual(['completed', 'completed'])
  expect((await budgetOf(path))?.used.steps).toBe(2)
  expect((await budgetOf(path))?.used.wall_time ?? 0).toBeGreaterThan(0)
}, 60_000)

test('a queued run whose process was killed goes on in the one that gave the permit back', async () => {
  await using folder = await testProject({
    'workflows/slow.yaml': `
id: slow
input:
  n: integer
tasks:
  - id: work
    shell: [sh, -c, 'until [ -e go ]; do sleep 0.05; done; echo "end $0" >> notes.txt', "{{ input.n }}"]
    concurrency: { key: slow, limit: 1 }
`,
  })
  const { path } = folder
  const first = new WonderCommand(path, ['run', 'slow', 'n=1'])
  type Keys = {
    readonly keys: readonly { readonly holders: readonly unknown[]; readonly waiting: readonly unknown[] }[]
  }
  const count = async () => {
    const [key] = (await wonderJson<Keys>(path, 'limits')).keys
    return (key?.holders.length ?? 0) + (key?.waiting.length ?? 0)
  }
  await until('the first to hold', async () => (await count()) === 1)
  const second = new WonderCommand(path, ['run', 'slow', 'n=2'])
  try {
    await until('the second to wait', async () => (await count()) === 2)
    await second.kill()
    await writeFile(join(path, 'go'), '')

    const { code, stderr } = await first.finished

    expect([code, stderr]).toEqual([0, expect.stringContaining('goes on here')])
    expect(await readFile(join(path, 'notes.txt'), 'utf8')).toBe('end 1\nend 2\n')
    expect(await statuses(path)).toEqual(['completed', 'completed'])
    expect(await count()).toBe(0)
  } finally {
    await Promise.all([first.kill(), second.kill()])
  }
}, 60_000)
