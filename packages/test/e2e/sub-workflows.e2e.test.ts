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
    each: { in: [${Array.from({ length: many }, (_, n) => n).join(', ')}], as: n, max_workers: 20 }
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
    const begun = left.get(`work ${n}`) ?? 0
    // What had a result before the crash has not run again; what was cut off has.
    if (begun > 0) expect(counts.get(`before ${n}`)).toBe(1)
    expect(counts.get(`work ${n}`)).toBe(begun + 1)
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
  for (let n = 0; n < many; n++) expect(counts.get(`after ${n}`)).toBe(1)
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

/** Resolves with the id of the parent when some of the runs below have got to their second task; there are all of them. */
async function atWork(folder: string): Promise<string> {
  const working = async () => [...(await countsOf(folder)).keys()].filter((line) => line.startsWith('work'))
  await until('some to work', async () => (await working()).length >= 4)
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

test('many runs are paused, resumed and cancelled at once, and each says what became of it', async () => {
  await using project = await testProject(files)
  await using first = new WonderCommand(project.path, ['run', 'parent'])
  await using second = new WonderCommand(project.path, ['run', 'part', 'n=100'])
  await until('both to work', async () => {
    const lines = [...(await countsOf(project.path)).keys()]
    return lines.includes('work 100') && lines.filter((line) => line.startsWith('work')).length >= 4
  })

  const paused = await wonderJson<Steered>(project.path, 'runs', 'pause', '--workflow', 'part')
  expect(paused.runs.map(({ error }) => error)).toEqual(Array.from({ length: many + 1 }, () => undefined))
  await writeFiles(project.path, { go: '' })
  expect((await first.finished).stdout).toContain('waits')
  await second.finished

  const refused = await wonder(project.path, 'runs', 'pause', 'last', '--all')
  const none = await wonder(project.path, 'runs', 'pause')
  expect([refused.code, none.code]).toEqual([6, 6])

  const resumed = await wonderJson<Steered>(project.path, 'runs', 'resume', '--all')
  expect(new Set(resumed.runs.map(({ before, status }) => `${before} ${status}`))).toEqual(
    new Set(['paused completed']),
  )
  expect(resumed.runs).toHaveLength(many + 1)
  // The parent ends a moment after the last of its runs.
  await until('no run to be open', async () => {
    const { runs } = await wonderJson<Steered>(project.path, 'runs', 'list', '--open')
    return runs.length === 0
  })
  expect((await wonder(project.path, 'runs', 'cancel', '--all')).stdout).toContain('There is no run')
})

type Steered = {
  readonly runs: readonly { readonly before: string; readonly status?: string; readonly error?: unknown }[]
}
