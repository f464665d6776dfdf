import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedClock } from '@wonder/driver-memory'
import { expect, test } from 'vitest'
import { openSqliteStore } from './index.ts'

test('appends settle in order while the event loop is held up again and again, and while it is free', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'writer-channel-'))
  const store = await openSqliteStore({
    file: join(folder, 'wonder.db'),
    host: 'h',
    clock: new SimulatedClock(),
    early: 'thread',
  })
  const entity = { kind: 'run', id: 'r' } as const
  for (let number = 1; number <= 60; number++) {
    // Held up longer than polling takes for undisturbed: the channel goes over to waiting for events, and later back.
    const held = number % 3 === 0 ? setImmediate(() => hold(2)) : null
    const result = await store.runs.append({
      entity,
      expected: number - 1,
      records: [{ number, body: `${number}` }],
      wake: null,
    })
    expect(result).toEqual({ status: 'appended' })
    if (held !== null) clearImmediate(held)
  }
  expect(await store.runs.version(entity)).toBe(60)
  await store.close()
  rmSync(folder, { recursive: true })
})

function hold(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
