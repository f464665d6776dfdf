import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { SimulatedClock } from '@wonder/driver-memory'
import { expect, test } from 'vitest'
import { journalLayout } from './journal-layout.ts'
import type { JournalRequest } from './journal-request.ts'
import { JournalWriter } from './journal-writer.ts'
import { openDatabase } from './open-database.ts'
import { SqliteOwners } from './sqlite-owners.ts'
import { SqliteReader } from './sqlite-reader.ts'
import { SqliteRunIndex } from './sqlite-run-index.ts'
import { SqliteRunRetention } from './sqlite-run-retention.ts'
import { WakeWatch } from './wake-watch.ts'

/** Remembers what was asked. */
class RecordingReader extends SqliteReader {
  readonly asked = new Set<string>()

  override all<Row>(sql: string, ...values: readonly (string | number | null)[]): readonly Row[] {
    this.asked.add(sql)
    return super.all(sql, ...values)
  }

  override get<Row>(sql: string, ...values: readonly (string | number | null)[]): Row | undefined {
    this.asked.add(sql)
    return super.get(sql, ...values)
  }
}

test('no question grows with the history: every one is a search of an index, and none sorts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'query-plans-'))
  const file = join(folder, 'wonder.db')
  const clock = new SimulatedClock()
  const writer = new JournalWriter({ file, host: 'A', patience: 1_000 })
  const requests = ['r1', 'r2'].map((id): JournalRequest => ['append', 1, id, 0, ['x'], 1, null, 0])
  writer.execute([...requests, ['append', 1, 'r3', 0, ['x'], null, null, 0]])
  writer.close()
  const reader = new RecordingReader(file)

  const woken = Promise.withResolvers<void>()
  const watch = new WakeWatch({ reader, clock, host: 'B' })
  watch.listen(() => woken.resolve())
  await woken.promise
  watch.stop()
  const index = new SqliteRunIndex(reader)
  await index.get('r1')
  await index.find('r')
  for (const filter of [
    {},
    { status: ['running'] as const },
    { workflow: 'w' },
    { status: ['failed'] as const, workflow: 'w' },
  ]) {
    await index.list({ ...filter, before: 'r9' })
  }
  await readOwners(reader, clock)
  await readRetention(reader)

  const database = openDatabase(file, journalLayout)
  const plans = [...reader.asked].map((sql) => ({ sql, plan: planOf(database, sql) }))
  database.close()
  reader.close()
  rmSync(folder, { recursive: true })
  expect(plans.length).toBeGreaterThan(10)
  expect(plans.filter(({ plan }) => /SCAN (?!host)(?!CONSTANT)|TEMP B-TREE/.test(plan))).toEqual([])
})

/** Questions about owners are asked of the reader alone; the writer is not needed for them. */
async function readOwners(reader: SqliteReader, clock: SimulatedClock): Promise<void> {
  const owners = new SqliteOwners({ reader, clock, writer: { send: async () => null } })
  await owners.ownerOf('r1')
  await owners.orphans(10)
}

async function readRetention(reader: SqliteReader): Promise<void> {
  const retention = new SqliteRunRetention({ reader, writer: { send: async () => null } })
  await retention.ended({ before: 1, keep: 0 })
  await retention.leftovers(10)
}

function planOf(database: DatabaseSync, sql: string): string {
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
  return rows.map(({ detail }) => String(detail)).join('; ')
}
