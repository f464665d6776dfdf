import { expect, test } from 'vitest'
import { outputText } from './run-text.ts'

test('A short value stands beside its name', () => {
  expect(outputText('score', 41)).toBe('  score: 41')
  expect(outputText('text', 'one line')).toBe('  text: one line')
  expect(outputText('list', ['a', 'b'])).toBe('  list: ["a","b"]')
})

test('A text of several lines stands below its name', () => {
  expect(outputText('report', '# Title\n\nText\n')).toBe('  report:\n    # Title\n    \n    Text')
})

test('A long text is cut, and says where the rest is', () => {
  const lines = outputText('x', Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n')).split('\n')

  expect(lines).toHaveLength(22)
  expect(lines.at(-1)).toBe('    … 30 more lines; --json has all')
})

test('An output cannot drive the terminal', () => {
  expect(outputText('x', '\x1b]0;title\x07\x1b[2Jhello')).toBe('  x: hello')
})
