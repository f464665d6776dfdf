// Run by node itself: `node drivers/sqlite/src/append.bench.ts [folder]`. Rounds are interleaved; compare within one run only.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock, RunIndexEntry } from '@wonder/platform'
import { openSqliteStore, type SqliteStore } from './index.ts'
import { journalLayout } from './journal-layout.ts'
import { openDatabase } from './open-database.ts'

const clock: Clock = {
  now: () => Date.now(),
  at: (time, callback) => {
    const timer = setTimeout(callback, Math.max(0, time - Date.now()))
    return () => clearTimeout(timer)
  },
}
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'append-bench-'))
const body = JSON.stringify({ events: 'x'.repeat(312) })
const commits = 11
/** Of the second measure: runs at a time, and records of each. */
const parallel = 100
const steps = 10
let made = 0

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function name(): string {
  made += 1
  return `01J${String(made).padStart(23, '0')}`
}

function entry(id: string, status: RunIndexEntry['status']): RunIndexEntry {
  const time = clock.now()
  const ended = status === 'completed' ? time : null
  return {
    id,
    workflow: 'bench',
    project: 'bench',
    status,
    parent: null,
    created: time,
    updated: time,
    ended,
    tags: [],
  }
}

function openBare(file: string): DatabaseSync {
  const bare = openDatabase(join(folder, file), journalLayout)
  prewarm(bare)
  return bare
}

function prewarm(database: DatabaseSync): void {
  database.exec(
    'INSERT INTO filler (body) VALUES (zeroblob(16777216)); DELETE FROM filler; PRAGMA wal_checkpoint(RESTART)',
  )
}

async function sequential(store: SqliteStore): Promise<number> {
  const id = name()
  const start = performance.now()
  for (let number = 1; number <= commits; number++) {
    const records = [{ number, body }]
    await store.runs.append({
      entity: { kind: 'run', id },
      expected: number - 1,
      records,
      wake: number === commits ? null : start + 30_000,
    })
  }
  return performance.now() - start
}

async function inFlight(store: SqliteStore, runs: number): Promise<number> {
  let left = runs
  const start = performance.now()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) {
        const id = name()
        for (let number = 1; number <= steps; number++) {
          const request = { entity: { kind: 'run', id } as const, expected: number - 1, records: [{ number, body }] }
          const index = number === 1 ? entry(id, 'running') : number === steps ? entry(id, 'completed') : null
          const wake = number === steps ? null : clock.now() + 30_000
          await store.runs.append(index === null ? { ...request, wake } : { ...request, wake, index })
        }
      }
    }),
  )
  return performance.now() - start
}

const opening: number[] = []
for (let round = 0; round < 7; round++) {
  const start = performance.now()
  const store = await openSqliteStore({ file: join(folder, 'opening.db'), host: `H${round}`, clock })
  await store.runs.append({
    entity: { kind: 'run', id: name() },
    expected: 0,
    records: [{ number: 1, body }],
    wake: null,
  })
  opening.push(performance.now() - start)
  await store.close()
}
console.log(
  `opening an existing file to the first append accepted: ${median(opening.slice(1)).toFixed(1)} ms (median of 6)`,
)

const bare = openBare('bare.db')
const insert = bare.prepare('INSERT INTO journal (entity, seq, body) VALUES (?, ?, ?)')
const store = await openSqliteStore({ file: join(folder, 'store.db'), host: 'H', clock })
await store.prewarm()
await sequential(store)

const ratios: number[] = []
const ours: number[] = []
const floors: number[] = []
for (let round = 0; round < 40; round++) {
  const start = performance.now()
  for (let seq = 1; seq <= commits; seq++) insert.run(100_000_000 + round, seq, body)
  const floor = performance.now() - start
  const mine = await sequential(store)
  floors.push(floor)
  ours.push(mine)
  ratios.push(mine / floor)
}
console.log(
  `${commits} appends one after another: ${median(ours).toFixed(2)} ms; bare commits on this thread ${median(floors).toFixed(2)} ms; ` +
    `ratio of medians ${(median(ours) / median(floors)).toFixed(2)}, median of ratios ${median(ratios).toFixed(2)}, best ${Math.min(...ratios).toFixed(2)}`,
)

/** The same rows of 1,000 runs by one connection on this thread: 100 runs at a time, one record of each a commit. */
function alone(database: DatabaseSync, runs: number): number {
  const addEntity = database.prepare('INSERT INTO entity (kind, key, owner, wake) VALUES (1, ?, ?, ?)')
  const endEntity = database.prepare('UPDATE entity SET wake = NULL, owner = NULL, done = ? WHERE id = ?')
  const addRun = database.prepare(
    `INSERT INTO run (entity, id, workflow, project, status, created, updated, tags) VALUES (?, ?, 'bench', 'bench', 1, ?, ?, '[]')`,
  )
  const endRun = database.prepare('UPDATE run SET status = 8, updated = ?, ended = ? WHERE entity = ?')
  const start = performance.now()
  for (let first = 0; first < runs; first += parallel) {
    const entities: number[] = []
    for (let seq = 1; seq <= steps; seq++) {
      database.exec('BEGIN IMMEDIATE')
      for (let place = 0; place < parallel; place++) {
        const now = clock.now()
        if (seq === 1) {
          const id = name()
          const entity = Number(addEntity.run(id, 'H', now + 30_000).lastInsertRowid)
          entities.push(entity)
          addRun.run(entity, id, now, now)
        }
        const entity = entities[place] ?? 0
        insert.run(entity, seq, body)
        if (seq === steps) {
          endEntity.run(now, entity)
          endRun.run(now, now, entity)
        }
      }
      database.exec('COMMIT')
    }
  }
  return performance.now() - start
}

const rates: number[] = []
const records = 1_000 * steps
for (let round = 0; round < 9; round++) {
  const floor = (records / alone(bare, 1_000)) * 1_000
  const rate = (records / (await inFlight(store, 1_000))) * 1_000
  rates.push(rate / floor)
  console.log(
    `${records} records of 1,000 runs, ${parallel} in flight: ${rate.toFixed(0)}/s; the same rows by SQLite alone, ${parallel} a commit: ` +
      `${floor.toFixed(0)}/s; ratio ${(rate / floor).toFixed(2)}`,
  )
}
console.log(`ratio: median ${median(rates).toFixed(2)}, best ${Math.max(...rates).toFixed(2)}`)

await store.close()
bare.close()
rmSync(folder, { recursive: true })
