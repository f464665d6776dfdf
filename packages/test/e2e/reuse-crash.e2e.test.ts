import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLocalHost } from '@wonder/host-local'
import { expect, test } from 'vitest'
import { seededRandom, testProject, until, WonderCommand, wonder, wonderJson } from '../src/index.ts'

const items = 120
const kills = 2

const workflow = `
id: many
tasks:
  - id: all
    each: { in: "1..${items}", as: n, max_workers: 1 }
    do:
      - id: one
        shell: [sh, -c, 'echo "$0" >> effects.txt; echo "$0"', "{{ n }}"]
`

type Shown = { readonly run: string; readonly status: string; readonly tasks_completed: object }

test('kill -9 of a run that reuses another one: resumed, it has all results and nothing ran', async () => {
  const seed = Number(process.env.WONDER_SEED ?? Math.floor(Date.now() % 1_000_000))
  console.log(`seed ${seed} (WONDER_SEED=${seed} repeats it)`)
  const random = seededRandom(seed)
  await using project = await testProject({ 'workflows/many.yaml': workflow })
  const { path } = project
  const first = await wonderJson<Shown>(path, 'run', 'many')
  const host = await openLocalHost({ project: path, role: 'read' })
  await using _closed = { [Symbol.asyncDispose]: () => host.close() }
  let last = first.run
  let cut = 0

  for (let round = 0; round < kills; round++) {
    const command = new WonderCommand(path, ['run', 'many', '--reuse', first.run])
    await until('the run to begin', async () => (await host.index.list({ limit: 1 }))[0]?.id !== last)
    // The moment of the kill is what this test draws.
    await new Promise((resolve) => setTimeout(resolve, random() * 60))
    await command.kill()
    const killed = await wonderJson<Shown>(path, 'runs', 'show', 'last')
    last = killed.run
    if (killed.status !== 'completed') cut += 1
    await wonder(path, 'runs', 'resume', killed.run)
    expect(await wonderJson(path, 'runs', 'show', killed.run)).toMatchObject({
      status: 'completed',
      tasks_completed: { ran: 0, reused: items },
    })
  }

  expect(cut).toBeGreaterThan(0)
  console.log(`${cut} of ${kills} were cut off`)
  expect((await readFile(join(path, 'effects.txt'), 'utf8')).trim().split('\n')).toHaveLength(items)
}, 120_000)
