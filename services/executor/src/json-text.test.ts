import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './json-text.ts'

describe('parseJson()', () => {
  it.each([
    ['{"a": 1,\n "b": x}', 2, 7],
    ['{"a": 1,\n}', 2, 1],
    ['[1, 2', 1, 6],
    ['', 1, 1],
    ['{"a" 1}', 1, 6],
    ['1 2', 1, 3],
    ['["a\nb"]', 1, 2],
    ['[01]', 1, 3],
    ['{a: 1}', 1, 2],
    ['[1}', 1, 3],
    ['nul', 1, 1],
  ])('points at the mistake in %j', (text, line, column) => {
    expect(parseJson(text)).toMatchObject({ ok: false, position: { line, column } })
  })

  it('reads what JSON.parse reads, and finds a place within any text that it refuses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.stringMatching(/^[{}[\]",:1a ]*$/)), (text) => {
        const parsed = parseJson(text)
        if (parsed.ok) expect(parsed.value).toEqual(JSON.parse(text))
        else expect(parsed.position.offset).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})
