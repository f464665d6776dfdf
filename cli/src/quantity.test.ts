import { expect, test } from 'vitest'
import { formatAgo, formatDuration, formatSize, parseDuration, plural } from './quantity.ts'

test.each([
  [0, '0 ms'],
  [850, '850 ms'],
  [1234, '1.2 s'],
  [9999, '10 s'],
  [59_000, '59 s'],
  [185_000, '3 min 05 s'],
  [7_800_000, '2 h 10 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  [0, '0 B'],
  [312, '312 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [3_400_000, '3.4 MB'],
  [123_400_000, '123 MB'],
  [5e15, '5000 TB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})

test.each([
  [0, 'just now'],
  [42, '42 seconds ago'],
  [60, '1 minute ago'],
  [150, '2 minutes ago'],
  [7200, '2 hours ago'],
  [86_400, '1 day ago'],
  [86_400 * 70, '2 months ago'],
])('%d seconds in the past is %s', (seconds, text) => {
  expect(formatAgo(1_000_000_000_000 - seconds * 1000, 1_000_000_000_000)).toBe(text)
})

test.each([
  ['250ms', 250],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['3d', 259_200_000],
  ['5', undefined],
  ['5 m', undefined],
  ['-1s', undefined],
])('The duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test('plural() counts one and many', () => {
  expect([plural(0, 'run'), plural(1, 'run'), plural(2, 'run')]).toEqual(['0 runs', '1 run', '2 runs'])
})
