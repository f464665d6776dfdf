import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { SimulatedClock } from '@wonder/driver-memory'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStore } from './index.ts'

const child = fileURLToPath(new URL('../test/append-until-killed.ts', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-crash-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the child until it has acknowledged `lines` appends, kills it, and gives the last acknowledged record of each run. */
async function acknowledgedBeforeKill(options: { file: string; host: string; early: string; lines: number }) {
  const { file, host, early, lines } = options
  const writer = spawn(execPath, [child, file, host, '8', early], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(writer, 'exit')
  const acknowledged = new Map<string, number>()
  let seen = 0
  for await (const line of createInterface({ input: writer.stdout })) {
    const [id = '', number] = line.split(' ')
    acknowledged.set(id, Number(number))
    seen += 1
    if (seen === lines) writer.kill('SIGKILL')
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  return acknowledged
}

async function expectAllThere(file: string, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const store = await openSqliteStore({ file, host: 'reader', clock: new SimulatedClock() })
  try {
    for (const [id, last] of acknowledged) {
      const records = await store.runs.read({ kind: 'run', id }, { after: 0, limit: 1_000_000 })
      // What was written but not acknowledged is real, so there may be more than was acknowledged.
      expect(records.length).toBeGreaterThanOrEqual(last)
      expect(records).toEqual(records.map((_, place) => ({ number: place + 1, body: `${id}:${place + 1}` })))
      const snapshot = await store.runs.snapshot({ kind: 'run', id })
      if (snapshot !== null) expect(snapshot.chunks).toEqual([id, `${snapshot.number}`])
      const next = { number: records.length + 1, body: 'after' }
      const request = { entity: { kind: 'run', id } as const, expected: records.length, records: [next], wake: null }
      expect(await store.runs.append(request)).toEqual({ status: 'appended' })
    }
  } finally {
    await store.close()
  }
  const database = new DatabaseSync(file)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  database.close()
}

test('G2 every acknowledged append is there after kill -9, at random moments', async () => {
  const seed = Number(env.KILL_SEED ?? Math.floor(Math.random() * 2 ** 32))
  console.log(`kill -9 rounds: KILL_SEED=${seed}`)
  const file = join(folder, 'wonder.db')
  let state = seed

  for (let round = 0; round < 6; round++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const early = round % 2 === 0 ? 'here' : 'thread'
    const acknowledged = await acknowledgedBeforeKill({ file, host: `H${round}`, early, lines: 1 + (state % 4_000) })

    expect(acknowledged.size).toBeGreaterThan(0)
    await expectAllThere(file, acknowledged)
  }
})

test('G2 every acknowledged append is there when one of two processes is killed and the other goes on', async () => {
  const file = join(folder, 'wonder.db')

  const [a, b] = await Promise.all([
    acknowledgedBeforeKill({ file, host: 'A', early: 'here', lines: 300 }),
    acknowledgedBeforeKill({ file, host: 'B', early: 'thread', lines: 900 }),
  ])

  await expectAllThere(file, new Map([...a, ...b]))
})
