import { expect, test } from 'vitest'
import { parseDuration, parseSize } from './duration.ts'

test.each([
  ['250ms', 250],
  ['1s', 1_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['3d', 259_200_000],
  ['5', undefined],
  ['5 m', undefined],
  ['-1s', undefined],
  ['1w', undefined],
])('parseDuration(%j) is %j', (text, expected) => {
  expect(parseDuration(text)).toBe(expected)
})

test.each([
  ['10MB', 10_000_000],
  ['500KB', 500_000],
  ['7B', 7],
  ['10mb', undefined],
  ['10', undefined],
])('parseSize(%j) is %j', (text, expected) => {
  expect(parseSize(text)).toBe(expected)
})
