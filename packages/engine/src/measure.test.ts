import { expect, test } from 'vitest'
import { measure, remaining } from './measure.ts'

test.each([
  ['NaN', Number.NaN],
  ['Infinity', [Number.POSITIVE_INFINITY]],
  ['an undefined member', { a: undefined }],
  ['a hole', [undefined]],
  ['a BigInt', { a: 1n }],
  ['a function', { a: () => 1 }],
  ['a date', { a: new Date(0) }],
  ['a map', new Map()],
  ['a reserved key', { a: { $blob: 'sha256:x' } }],
  ['another reserved key', { $parts: [] }],
])('measure() refuses %s', (_, value) => {
  expect(() => measure(value)).toThrow(expect.objectContaining({ code: 'invalid_value' }))
})

test('measure() refuses what is nested too deeply instead of overflowing', () => {
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(() => measure(deep)).toThrow(expect.objectContaining({ code: 'invalid_value' }))
})

test('measure() takes objects without a prototype, and is never below half of the encoding', () => {
  const bare = Object.assign(Object.create(null), { a: 'x'.repeat(100), b: [1, true, null] })
  expect(measure(bare)).toBeGreaterThanOrEqual(JSON.stringify(bare).length / 2)
})

test('remaining() is negative for what does not fit, and stops there', () => {
  expect(remaining({ a: 'x'.repeat(100) }, 50)).toBeLessThan(0)
  expect(remaining({ a: 1 }, 50)).toBeGreaterThan(0)
})
