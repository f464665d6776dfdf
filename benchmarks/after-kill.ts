import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { sourceCommand, start, timeOf } from './command.ts'
import { type Figure, figureOf } from './figure.ts'
import { fillStore } from './large-store.ts'
import type { Workload } from './workload.ts'

const names = Array.from({ length: 10 }, (_, index) => `s${index + 1}`)
/** Each step notes when it begins, epoch nanoseconds. */
const slow = names.map((id) => `  - { id: ${id}, shell: "date +%s%N >> began; sleep 0.1", interrupted: rerun }\n`)
const quick = names.map((id) => `  - { id: ${id}, render: "${id} of {{ run.id }}" }\n`)
const patience = 60_000

/** A process is killed in the fourth step of ten; the next one goes on. */
export const afterKill: Workload = {
  name: 'after-kill',
  title: 'kill -9 in step 4 of 10 steps of 100 ms: when the run goes on',
  async run({ folder, rounds, quick: small, full, progress }) {
    const alone = join(folder, 'alone')
    await makeProject(alone)
    const large = join(folder, 'large')
    await makeProject(large)
    await timeOf(['run', 'quick'], { folder: large })
    const runs = small ? 2_000 : full ? 1_000_000 : 100_000
    const open = small ? 200 : 10_000
    const file = databaseOf(large)
    const bodies = read(file, (database) =>
      database
        .prepare('SELECT body FROM journal ORDER BY id')
        .all()
        .map(({ body }) => String(body)),
    )
    await fillStore({ file, bodies, runs, open, progress })
    for (const project of [alone, large]) await killInStepFour(project)

    const cases: readonly Case[] = [
      { project: alone, name: 'the only run', times: [] },
      { project: alone, name: 'the only run, the command from its sources', program: sourceCommand, times: [] },
      { project: large, name: `${open} open runs among ${runs}`, times: [] },
    ]
    for (let round = 1; round <= rounds; round++) {
      for (const one of cases) {
        progress(`round ${round} of ${rounds}: ${one.name}`)
        one.times.push(await resume(one, join(folder, 'copy')))
      }
    }
    return cases.flatMap(figuresOf)
  },
}

type Case = {
  readonly project: string
  readonly name: string
  /** Default: the command as it is published. */
  readonly program?: string
  readonly times: Resumed[]
}

function figuresOf({ name, program, times }: Case): readonly Figure[] {
  const about = { workload: 'after-kill', unit: 'ms' }
  const part = (key: keyof Resumed) => times.map((resumed) => ({ value: resumed[key] }))
  return [
    figureOf({
      ...about,
      metric: `${name}: from main() to the first record of a resumed run`,
      rounds: part('first'),
      ...(program === undefined ? { budget: { of: 'value', most: 100 } as const } : {}),
    }),
    figureOf({ ...about, metric: `${name}: … to the first record of the killed run`, rounds: part('own') }),
    figureOf({ ...about, metric: `${name}: … to its fourth step running again`, rounds: part('step') }),
  ]
}

async function makeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'workflows'), { recursive: true })
  await writeFile(join(folder, 'wonder.yaml'), 'wonder: 1\nname: bench\nversion: 0.1.0\n')
  await writeFile(join(folder, 'workflows/slow.yaml'), `id: slow\ntasks:\n${slow.join('')}`)
  await writeFile(join(folder, 'workflows/quick.yaml'), `id: quick\ntasks:\n${quick.join('')}`)
}

async function killInStepFour(project: string): Promise<void> {
  const command = start(['run', 'slow'], { folder: project })
  await begun(project, 4)
  await pause(30)
  await command.kill()
}

/** Resolves with the times at which steps began, epoch milliseconds, when there are so many. */
async function begun(project: string, count: number): Promise<readonly number[]> {
  for (const end = Date.now() + patience; Date.now() < end; await pause(5)) {
    const text = await readFile(join(project, 'began'), 'utf8').catch(() => '')
    const lines = text.split('\n').slice(0, -1)
    if (lines.length >= count) return lines.map((line) => Number(line) / 1e6)
  }
  throw new Error(`step ${count} did not begin within ${patience} ms`)
}

/** Milliseconds from the first line of main(). A record's time is that of its decision; its commit follows. */
type Resumed = { readonly first: number; readonly own: number; readonly step: number }

/** Starts the next process in a copy of the folder, as the kill has left it. */
async function resume({ project, program }: Case, copy: string): Promise<Resumed> {
  await cp(project, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  const before = read(databaseOf(project), (database) => Number(only(database, 'SELECT max(id) AS one FROM journal')))
  const started = join(copy, 'started')
  const command = start(['start'], {
    folder: copy,
    ...(program === undefined ? {} : { program }),
    env: { BENCH_STARTED: started, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'mark-start.ts')}` },
  })
  const steps = await begun(copy, 5)
  await command.kill()
  const main = Number(await readFile(started, 'utf8'))
  const times = read(databaseOf(copy), (database) => ({
    first: only(database, `SELECT body ->> 't' AS one FROM journal WHERE id > ${before} ORDER BY id LIMIT 1`),
    own: only(
      database,
      `SELECT body ->> 't' AS one FROM journal
       WHERE id > ${before} AND entity = (SELECT max(id) FROM entity) ORDER BY id LIMIT 1`,
    ),
  }))
  await rm(copy, { recursive: true })
  return { first: Number(times.first) - main, own: Number(times.own) - main, step: (steps[4] ?? Number.NaN) - main }
}

function databaseOf(project: string): string {
  return join(project, '.wonder/wonder.db')
}

function read<T>(file: string, question: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file)
  try {
    return question(database)
  } finally {
    database.close()
  }
}

function only(database: DatabaseSync, sql: string): unknown {
  return database.prepare(sql).get()?.one
}
