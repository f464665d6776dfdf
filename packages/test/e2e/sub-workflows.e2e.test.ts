import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventsOf, testProject, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

const many = 20

const files = {
  'workflows/parent.yaml': `
id: parent
tasks:
  - id: all
    each: { in: "{{ range(0, ${many}) }}", as: n }
    do:
      - { id: one, workflow: part, with: { n: "{{ n }}" } }
  - { id: end, shell: [sh, -c, 'echo end >> notes'], interrupted: rerun }
outputs: { all: "{{ tasks.all.output }}" }
`,
  'workflows/part.yaml': `
id: part
input: { n: integer }
tasks:
  - { id: before, shell: [sh, -c, 'echo "before $0" >> notes', "{{ input.n }}"], interrupted: rerun }
  - id: work
    shell: [sh, -c, 'echo "work $0" >> notes; while [ ! -e go ]; do sleep 0.1; done', "{{ input.n }}"]
    interrupted: rerun
  - { id: after, shell: [sh, -c, 'echo "after $0" >> notes', "{{ input.n }}"], interrupted: rerun }
outputs: { n: "{{ input.n }}" }
`,
}

test(`a parent of ${many} runs that kill -9 cuts off goes on with all of them, and starts none twice`, async () => {
  await using project = await testProject(files)
  const run = await killedAtWork(project.path)
  const left = await countsOf(project.path)
  await writeFiles(project.path, { go: '' })

  const resumed = await wonderJson(project.path, 'runs', 'resume', run)

  expect(resumed).toMatchObject({
    status: 'completed',
    output: { all: Array.from({ length: many }, (_, n) => ({ n })) },
  })
  const counts = await countsOf(project.path)
  for (let n = 0; n < many; n++) {
    // What had a result before the crash has not run again; what was cut off has.
    expect(counts.get(`before ${n}`)).toBe(1)
    expect(counts.get(`work ${n}`)).toBe((left.get(`work ${n}`) ?? 0) + 1)
    expect(counts.get(`after ${n}`)).toBe(1)
  }
  expect(counts.get('end')).toBe(1)
  const { runs } = await wonderJson<{ runs: readonly { id: string; status: string; parent: string }[] }>(
    project.path,
    ...['runs', 'list', '--parent', run, '--limit', '1000'],
  )
  expect(runs.map(({ status, parent }) => [status, parent])).toEqual(
    Array.from({ length: many }, () => ['completed', run]),
  )
  for (const { id } of runs) {
    const began = (await eventsOf(project.path, id)).filter(({ type }) => type === 'run_started')
    expect(began).toHaveLength(1)
  }
})

test(`a start takes up a parent of ${many} and its runs after kill -9, whichever comes first`, async () => {
  await using project = await testProject(files)
  const run = await killedAtWork(project.path)
  await writeFiles(project.path, { go: '' })

  await using start = new WonderCommand(project.path, ['start'])
  await start.untilPrinted('taken up again')
  const status = async () => (await wonderJson<{ status: string }>(project.path, 'runs', 'show', run)).status
  await until('the parent to complete', async () => (await status()) === 'completed')

  const counts = await countsOf(project.path)
  for (let n = 0; n < many; n++) expect([counts.get(`before ${n}`), counts.get(`after ${n}`)]).toEqual([1, 1])
  expect(counts.get('end')).toBe(1)
})

test('a cancel from another process reaches the runs below, and what they do is stopped', async () => {
  await using project = await testProject(files)
  await using command = new WonderCommand(project.path, ['run', 'parent'])
  const run = await atWork(project.path)

  expect((await wonder(project.path, 'runs', 'cancel', run)).code).toBe(0)
  await command.finished

  const { runs } = await wonderJson<{ runs: readonly { status: string }[] }>(
    project.path,
    ...['runs', 'list', '--children', '--limit', '1000'],
  )
  expect(runs.map(({ status }) => status)).toEqual(Array.from({ length: many + 1 }, () => 'cancelled'))
})

async function killedAtWork(folder: string): Promise<string> {
  await using command = new WonderCommand(folder, ['run', 'parent'])
  const run = await atWork(folder)
  await command.kill()
  return run
}

/** Resolves with the id of the parent when every run below has got to its second task. */
async function atWork(folder: string): Promise<string> {
  await until(
    'all to work',
    async () => [...(await countsOf(folder)).keys()].filter((line) => line.startsWith('work')).length === many,
  )
  const { runs } = await wonderJson<{ runs: readonly { id: string }[] }>(folder, 'runs', 'list')
  expect(runs).toHaveLength(1)
  return runs[0]?.id ?? ''
}

/** How often each line was written. */
async function countsOf(folder: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(join(folder, 'notes'), 'utf8').catch(() => '')
  const counts = new Map<string, number>()
  for (const line of text.trim().split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
