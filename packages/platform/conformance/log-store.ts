import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogLine, LogStore } from '../src/index.ts'

export type LogStoreHarness = {
  readonly name: string
  /** `reopen` gives the same logs as a later process sees them. */
  readonly open: () => Promise<{ readonly logs: LogStore; reopen(): Promise<LogStore>; end(): Promise<void> }>
}

function line(number: number, more: Partial<LogLine> = {}): LogLine {
  const text = `line ${number}`
  return {
    run: 'r1',
    node: 'scan',
    token: 't1',
    attempt: 1,
    time: number,
    level: 'info',
    stream: 'stdout',
    text,
    ...more,
  }
}

export function logStoreConformance(harness: LogStoreHarness): void {
  describe(`LogStore of ${harness.name}`, () => {
    let fixture: Awaited<ReturnType<LogStoreHarness['open']>>
    let logs: LogStore
    const texts = (lines: readonly LogLine[]) => lines.map(({ text }) => text)

    beforeEach(async () => {
      fixture = await harness.open()
      logs = fixture.logs
    })
    afterEach(() => fixture.end())

    test('query() of logs that nobody wrote is empty', async () => {
      await logs.flush()

      expect(await logs.query({ run: 'r1' })).toEqual([])
    })

    test('G1 write() returns at once, without a promise', () => {
      expect(logs.write([line(1)])).toBeUndefined()
      expect(logs.write([])).toBeUndefined()
    })

    test('G2 after flush() all lines are there, in order, with every field and rising positions', async () => {
      const lines = [
        line(3),
        line(1, { node: null, token: null, level: 'error', stream: 'stderr', text: '' }),
        line(2, { level: 'debug', stream: 'log', text: 'ä\u0000\n👩‍👩‍👧', attempt: 4 }),
      ]
      logs.write(lines.slice(0, 2))
      logs.write(lines.slice(2))

      await logs.flush()

      const stored = await logs.query({ run: 'r1' })
      expect(stored.map(({ position: _, ...rest }) => rest)).toEqual(lines)
      const positions = stored.map(({ position }) => position)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      expect(new Set(positions).size).toBe(3)
    })

    test('G2 query() keeps runs and nodes apart', async () => {
      logs.write([line(1), line(2, { run: 'r2' }), line(3, { node: 'report' }), line(4, { node: null })])
      await logs.flush()

      expect(texts(await logs.query({ run: 'r1' }))).toEqual(['line 1', 'line 3', 'line 4'])
      expect(texts(await logs.query({ run: 'r2' }))).toEqual(['line 2'])
      expect(texts(await logs.query({ run: 'r1', node: 'report' }))).toEqual(['line 3'])
    })

    test('G2 query() by level gives that level and those above it', async () => {
      const levels = ['debug', 'info', 'warn', 'error'] as const
      logs.write(levels.map((level, number) => line(number, { level })))
      await logs.flush()

      expect(texts(await logs.query({ run: 'r1', level: 'warn' }))).toEqual(['line 2', 'line 3'])
      expect(await logs.query({ run: 'r1', level: 'debug' })).toHaveLength(4)
    })

    test('G2 query() goes on after a position, 1,000 lines at a time unless told otherwise', async () => {
      logs.write(Array.from({ length: 1_500 }, (_, number) => line(number)))
      await logs.flush()

      const first = await logs.query({ run: 'r1' })
      const second = await logs.query({ run: 'r1', after: first.at(-1)?.position ?? 0 })

      expect(first).toHaveLength(1_000)
      expect(texts([...first, ...second])).toEqual(Array.from({ length: 1_500 }, (_, number) => `line ${number}`))
      expect(texts(await logs.query({ run: 'r1', limit: 2 }))).toEqual(['line 0', 'line 1'])
    })

    test('G3 remove() takes away the lines of these runs alone', async () => {
      logs.write([line(1), line(2, { run: 'r2' }), line(3, { run: 'r3' })])
      await logs.flush()

      await logs.remove(['r1', 'r3', 'none'])

      expect(await logs.query({ run: 'r1' })).toEqual([])
      expect(texts(await logs.query({ run: 'r2' }))).toEqual(['line 2'])
      logs.write([line(4)])
      await logs.flush()
      expect(texts(await logs.query({ run: 'r1' }))).toEqual(['line 4'])
    })

    test('remove() where nobody has written is no error', async () => {
      await logs.remove(['r1'])
    })

    test('lines are there after closing, and positions go on', async () => {
      logs.write([line(1)])
      await logs.close()

      const reopened = await fixture.reopen()
      reopened.write([line(2)])
      await reopened.flush()

      const stored = await reopened.query({ run: 'r1' })
      expect(texts(stored)).toEqual(['line 1', 'line 2'])
      expect(stored[1]?.position).toBeGreaterThan(stored[0]?.position ?? 0)
    })
  })
}
