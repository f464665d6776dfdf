import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLocalHost } from '@wonder/host-local'
import { beforeAll, expect, test } from 'vitest'
import { type TemporaryFolder, testProject, wonder, wonderJson } from '../src/index.ts'

const count = 300
let project: TemporaryFolder
let ids: readonly string[]

beforeAll(async () => {
  project = await testProject({
    'workflows/note.yaml': `
id: note
input: { n: integer }
tasks:
  - { id: text, render: "number {{ input.n }}", save: note.txt }
outputs: { text: "{{ tasks.text.output.text }}" }
`,
  })
  const host = await openLocalHost({ project: project.path, role: 'run' })
  try {
    const loaded = await host.loadProject()
    const workflow = loaded.ok ? loaded.project.workflows.get('note') : undefined
    if (!loaded.ok || workflow === undefined) throw new Error('the workflow does not compile')
    ids = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        host.startRun({ workflow, project: loaded.project, input: { n }, by: 'test' }),
      ),
    )
    await Promise.all(ids.map((id) => host.whenResting(id)))
  } finally {
    await host.close()
  }
  return () => project[Symbol.asyncDispose]()
})

test('runs list gives the newest first, page by page, all of them once', async () => {
  const found: string[] = []
  for (let before: readonly string[] = []; ; ) {
    const { runs } = await wonderJson<{ runs: { id: string; status: string }[] }>(
      project.path,
      ...['runs', 'list', '--limit', '120', '--status', 'completed', ...before],
    )
    found.push(...runs.map(({ id }) => id))
    const last = runs.at(-1)
    if (last === undefined) break
    before = ['--before', last.id]
  }
  expect(found).toEqual([...ids].sort().reverse())
})

test('runs show knows a run by its whole id, a beginning that is unique in any case, and last', async () => {
  const id = ids[count - 1] ?? ''
  const beginning = shortestBeginning(id)
  for (const word of [id, beginning.toLowerCase()]) {
    expect(await wonderJson(project.path, 'runs', 'show', word)).toMatchObject({ run: id, input: { n: count - 1 } })
  }
  const newest = [...ids].sort().at(-1)
  expect(await wonderJson(project.path, 'runs', 'show', 'last')).toMatchObject({ run: newest, status: 'completed' })
})

test('a beginning of several runs, and one of none, are errors of their own', async () => {
  const many = await wonderJson(project.path, 'runs', 'show', (ids[0] ?? '').slice(0, 6))
  const none = await wonderJson(project.path, 'runs', 'show', 'zzz')
  expect(many).toMatchObject({ error: { code: 'run_ambiguous' } })
  expect(none).toMatchObject({ error: { code: 'run_not_found' } })
  expect((await wonder(project.path, 'runs', 'show', 'zzz')).code).toBe(6)
})

test('runs artifacts lists them, prints one, and writes it to a file', async () => {
  const id = ids[7] ?? ''
  const listed = await wonderJson(project.path, 'runs', 'artifacts', id)
  const printed = await wonder(project.path, 'runs', 'artifacts', id, 'note.txt')
  const out = join(project.path, 'out.txt')
  const written = await wonder(project.path, 'runs', 'artifacts', id, 'note.txt', '--out', out)

  expect(listed).toMatchObject({ run: id, artifacts: [{ name: 'note.txt', size: 8 }] })
  expect(printed.stdout).toBe('number 7')
  expect(written.code).toBe(0)
  expect(await readFile(out, 'utf8')).toBe('number 7')
})

test('an ended run cannot be resumed, paused or cancelled, and its watch shows it and ends', async () => {
  const id = ids[3] ?? ''
  for (const word of ['resume', 'pause', 'cancel']) {
    const refused = await wonder(project.path, 'runs', word, id)
    expect.soft(refused.code, word).toBe(6)
    expect.soft(refused.stderr, word).toContain('it is completed')
  }
  const watched = await wonder(project.path, 'runs', 'watch', id)
  expect(watched.code).toBe(0)
  expect(watched.stdout).toContain('text: number 3')
})

function shortestBeginning(id: string): string {
  for (let length = 1; length < id.length; length++) {
    const beginning = id.slice(0, length)
    if (ids.filter((other) => other.startsWith(beginning)).length === 1) return beginning
  }
  return id
}
