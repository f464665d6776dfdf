import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLocalHost } from '@wonder/host-local'
import { expect, test } from 'vitest'
import { seededRandom, temporaryFolder, WonderCommand, wonder, writeFiles } from '../src/index.ts'

/** Kills in all; each goes on where the one before stopped. */
const kills = 24
const items = 40
const workers = 4

/**
 * Each task notes its idempotency key, waits a little, and notes that it is done.
 * A key that is there twice was run twice: only a task that a kill cut off may be.
 */
const project = {
  'wonder.yaml': 'wonder: 1\nname: crash\n',
  'workflows/count.yaml': `
id: count
tasks:
  - id: first
    shell: [sh, -c, 'echo "$0" >> keys.txt; echo 1', "{{ run.attempt_key }}"]
    interrupted: rerun
  - id: all
    each: { in: "1..${items}", as: n, max_workers: ${workers} }
    do:
      - id: one
        shell: [sh, -c, 'echo "$0" >> keys.txt; sleep 0.05; echo $(($1 * $1))', "{{ run.attempt_key }}", "{{ n }}"]
        parse: json
        interrupted: rerun
      - id: two
        shell: [sh, -c, 'echo "$0" >> keys.txt; echo $(($1 + 1))', "{{ run.attempt_key }}", "{{ tasks.one.output.value }}"]
        parse: json
        interrupted: rerun
  - id: sum
    render: "{{#each tasks.all.output}}{{ value }} {{/each}}"
    save: sum.txt
outputs:
  sum: "{{ tasks.sum.output.text }}"
`,
}

test('a run that is killed again and again ends as an undisturbed one, and no finished task runs twice', async () => {
  const seed = Number(process.env.WONDER_SEED ?? Math.floor(Date.now() % 1_000_000))
  console.log(`seed ${seed} (WONDER_SEED=${seed} repeats it)`)
  const random = seededRandom(seed)
  await using undisturbed = await temporaryFolder()
  await using disturbed = await temporaryFolder()
  await writeFiles(undisturbed.path, project)
  await writeFiles(disturbed.path, project)
  expect((await wonder(undisturbed.path, 'run', 'count')).code).toBe(0)

  const first = new WonderCommand(disturbed.path, ['run', 'count'])
  await sleepUntilRun(disturbed.path)
  let command = first
  let killed = 0
  for (; killed < kills; killed++) {
    const outcome = await Promise.race([command.finished, after(40 + random() * 500)])
    if (outcome !== null) break
    await command.kill()
    command = new WonderCommand(disturbed.path, ['runs', 'resume', 'last'])
  }
  const end = await command.finished
  // A kill may come when the run has ended and the process has not: then there is nothing to resume.
  const over = end.code === 0 || end.stderr.includes('it is completed')
  expect(over, `${end.stdout}${end.stderr}`).toBe(true)
  expect(await artifact(disturbed.path)).toEqual(await artifact(undisturbed.path))
  const { committed, dispatched } = await journal(disturbed.path)
  const counts = await keyCounts(join(disturbed.path, 'keys.txt'))
  for (const key of committed) expect.soft(counts.get(key) ?? 0, `entries of ${key}`).toBeGreaterThan(0)
  // What runs again is at most what was in flight: one entry for each worker at each kill.
  const repeated = [...counts.values()].reduce((sum, count) => sum + count - 1, 0)
  expect(repeated).toBeLessThanOrEqual(killed * workers)
  // An attempt is ordered again only while it has no result.
  expect(dispatched.afterResult).toEqual([])
  expect(counts.size).toBe(committed.length)
}, 180_000)

/** Resolves with null after so many milliseconds: the moments of the kills are what this test draws. */
function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms))
}

async function sleepUntilRun(folder: string): Promise<void> {
  const host = await openLocalHost({ project: folder, role: 'read' })
  try {
    while ((await host.index.list({ limit: 1 })).length === 0) await after(20)
  } finally {
    await host.close()
  }
}

async function artifact(folder: string): Promise<string> {
  return (await wonder(folder, 'runs', 'artifacts', 'last', 'sum.txt')).stdout
}

async function keyCounts(file: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const key of (await readFile(file, 'utf8')).trim().split('\n')) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Keys of the shell tasks whose result is in the journal, and attempts that were ordered after their result. */
async function journal(folder: string) {
  const host = await openLocalHost({ project: folder, role: 'read' })
  try {
    const [run] = await host.index.list({ limit: 1 })
    if (run === undefined) throw new Error('there is no run')
    const committed: string[] = []
    const afterResult: string[] = []
    const keyed = new Set<string>()
    for (const { events } of await host.records(run.id)) {
      for (const event of events) {
        if (event.type === 'task_dispatched') {
          const key = `${run.id}/${event.token}/${event.attempt}`
          if (committed.includes(key)) afterResult.push(key)
          if (JSON.stringify(event.input ?? null).includes('keys.txt')) keyed.add(key)
        }
        if (event.type === 'task_completed') {
          const key = `${run.id}/${event.token}/${event.attempt}`
          if (keyed.has(key)) committed.push(key)
        }
      }
    }
    return { committed, dispatched: { afterResult } }
  } finally {
    await host.close()
  }
}
