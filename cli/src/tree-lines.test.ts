import type { ItemStatus, RunItem } from '@wonder/engine'
import { expect, test } from 'vitest'
import { plain } from './paint.ts'
import { firstLine, fitHeight, paintLine, type TreeLine, treeLines } from './tree-lines.ts'

const failure = { code: 'tool_failed', message: 'no such file\n  at line 3', retry: 'safe' } as const

test('A tree shows state, time, progress, attempts and the error of each task', () => {
  const items = [
    item('files', 'completed', { started: 0, ended: 1200 }),
    item('look', 'running', {
      started: 1200,
      fan: { total: 100, done: 12, running: 8, failed: 2, skipped: 0 },
      children: [item('inspect', 'running', { counts: { running: 8, completed: 12, failed: 2 } })],
    }),
    item('push', 'retrying', { started: 1200, attempts: 2, error: failure }),
    item('report', 'pending'),
  ]

  expect(text(treeLines(items, { now: 4200 }))).toEqual([
    '✓ files  1.2 s',
    '● look  12/100  2 failed  3.0 s',
    '  ● inspect  8 running, 12 completed, 2 failed',
    '↻ push  3.0 s  attempt 2  no such file',
    '· report',
  ])
})

test('The name that an author gave stands for the id', () => {
  expect(text(treeLines([{ ...item('a', 'pending'), name: 'All files' }], { now: 0 }))).toEqual(['· All files'])
})

test('A running task shows the last line that it printed', () => {
  const lines = treeLines([item('a', 'running', { started: 0 })], { now: 10, lastLog: () => 'compiling' })

  expect(text(lines)).toEqual(['● a  compiling'])
})

test('A line is cut to the width of the terminal, wide characters counted as two', () => {
  const measure = (text: string) => [...text].reduce((sum, character) => sum + (character > '\u2fff' ? 2 : 1), 0)
  const cut = (width: number) => paintLine([['ab'], ['漢字漢字', 'red']], plain, { width, measure })

  expect([cut(20), cut(10), cut(9), cut(7), cut(1)]).toEqual(['ab漢字漢字', 'ab漢字漢字', 'ab漢字漢…', 'ab漢字…', '…'])
})

test('Of more lines than fit those stay where something happens, and the others are counted', () => {
  const statuses: ItemStatus[] = [...repeat('completed', 30), 'running', 'failed', ...repeat('pending', 30)]
  const lines = treeLines(
    statuses.map((status, index) => item(`t${index}`, status)),
    { now: 0 },
  )

  const fitted = text(fitHeight(lines, 6))

  expect(fitted).toEqual(['● t30', '✗ t31', '· t32', '· t33', '· t34', '… and 30 completed, 27 pending'])
})

test('When little is left to do, the latest of what is done fills the room', () => {
  const statuses: ItemStatus[] = [...repeat('completed', 30), 'running', 'pending']
  const lines = treeLines(
    statuses.map((status, index) => item(`t${index}`, status)),
    { now: 0 },
  )

  expect(text(fitHeight(lines, 5))).toEqual(['✓ t28', '✓ t29', '● t30', '· t31', '… and 28 completed'])
})

test('Lines that fit are left as they are', () => {
  const lines = treeLines([item('a', 'pending'), item('b', 'pending')], { now: 0 })

  expect(fitHeight(lines, 2)).toBe(lines)
})

test('firstLine() gives no control characters on to the terminal', () => {
  expect(firstLine('\x1b[31mred\x1b[0m\x07 and \x1b]0;title\nnext')).toBe('red  and  ]0;title')
})

function item(id: string, status: ItemStatus, more: Partial<RunItem> = {}): RunItem {
  return { id, kind: 'tool', status, started: null, ended: null, attempts: 1, error: null, children: [], ...more }
}

function text(lines: readonly TreeLine[]): string[] {
  return lines.map(({ segments }) => paintLine(segments, plain))
}

function repeat(status: ItemStatus, count: number): ItemStatus[] {
  return Array.from({ length: count }, () => status)
}
