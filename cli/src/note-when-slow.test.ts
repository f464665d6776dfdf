import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { noteWhenSlow } from './note-when-slow.ts'
import { Output } from './output.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function terminal(isTTY: boolean) {
  const written: string[] = []
  const stream = new PassThrough().on('data', (chunk) => written.push(String(chunk)))
  const stderr = Object.assign(stream, { isTTY }) as PassThrough & NodeJS.WriteStream
  return { output: new Output({ json: false, quiet: false, stderr }), written }
}

test.each([
  [true, 60_000, 1],
  [true, 10, 0],
  [false, 60_000, 0],
])('noteWhenSlow() at a terminal: %s, after %d ms: %d notes', async (isTTY, time, notes) => {
  const { output, written } = terminal(isTTY)
  const work = Promise.withResolvers<string>()

  const waiting = noteWhenSlow(output, 'reading …', work.promise)
  await vi.advanceTimersByTimeAsync(time)
  work.resolve('read')

  expect(await waiting).toBe('read')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(written).toHaveLength(notes)
})
