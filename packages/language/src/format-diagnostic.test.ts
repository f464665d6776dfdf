import type { Diagnostic } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from './format-diagnostic.ts'

const diagnostic: Diagnostic = {
  severity: 'error',
  code: 'unknown_task',
  message: 'there is no task "rnak" in workflow "health"',
  file: 'workflows/health.yaml',
  line: 34,
  column: 23,
  length: 10,
  source: '    with: { rank: "{{ tasks.rnak.output }}" }',
  help: 'Did you mean "rank"?',
}

describe('formatDiagnostic()', () => {
  test('underlines the mistake and says what to write', () => {
    expect(formatDiagnostic(diagnostic)).toBe(
      `workflows/health.yaml:34:23  error  unknown_task
  34 |     with: { rank: "{{ tasks.rnak.output }}" }
     |                       ^^^^^^^^^^ there is no task "rnak" in workflow "health"
     Did you mean "rank"?  wonder explain unknown_task`,
    )
  })

  test('keeps tabs before the mark, so that it stands under its word', () => {
    const told = formatDiagnostic({ ...diagnostic, source: '\t\tx: y', column: 3, length: 1 })

    expect(told.split('\n')[2]).toBe('     | \t\t^ there is no task "rnak" in workflow "health"')
  })

  test('cuts a very long line to what is around the mark', () => {
    const source = `${'a'.repeat(500)}rnak${'b'.repeat(500)}`
    const [, line = '', mark = ''] = formatDiagnostic({ ...diagnostic, source, column: 501, length: 4 }).split('\n')

    expect(line.length).toBeLessThan(180)
    expect(line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('rnak')
  })

  test('gives each part to the painter', () => {
    const painted: string[] = []

    formatDiagnostic(diagnostic, { color: (style, text) => `${painted.push(style)}${text}` })

    expect(new Set(painted)).toEqual(new Set(['place', 'error', 'code', 'gutter', 'mark', 'help']))
  })
})
