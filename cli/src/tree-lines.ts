import type { ItemStatus, RunItem } from '@wonder/engine'
import type { Paint, Style } from './paint.ts'
import { formatDuration } from './quantity.ts'

/** A piece of a line with its colour. */
export type Segment = readonly [text: string, style?: Style | undefined]

export type TreeLine = {
  readonly status: ItemStatus
  readonly segments: readonly Segment[]
}

const glyphs: { readonly [status in ItemStatus]: Segment } = {
  pending: ['·', 'dim'],
  running: ['●', 'cyan'],
  waiting: ['○', 'cyan'],
  retrying: ['↻', 'yellow'],
  sleeping: ['↻', 'cyan'],
  listening: ['○', 'cyan'],
  limited: ['◍', 'yellow'],
  sending: ['●', 'cyan'],
  nested: ['●', 'cyan'],
  asked: ['?', 'yellow'],
  skipped: ['−', 'dim'],
  completed: ['✓', 'green'],
  failed: ['✗', 'red'],
  cancelled: ['⊘', 'dim'],
  blocked: ['!', 'red'],
  interrupted: ['!', 'yellow'],
}

export type TreeOptions = {
  /** Epoch ms. */
  readonly now: number
  /** Glyph of what runs, when it moves. */
  readonly spinner?: string
  /** The last line that the task printed. */
  readonly lastLog?: (item: RunItem) => string | undefined
}

/** The tasks of a run as lines, groups before what stands in them. */
export function treeLines(items: readonly RunItem[], options: TreeOptions, depth = 0): TreeLine[] {
  return items.flatMap((item) => [
    { status: item.status, segments: [['  '.repeat(depth)], ...itemSegments(item, options)] },
    ...treeLines(item.children, options, depth + 1),
  ])
}

/** One task: glyph, name, time, progress, error or last log line. */
export function itemSegments(item: RunItem, options: TreeOptions): Segment[] {
  const [glyph, color] = glyphs[item.status]
  const moving = item.status === 'running' && options.spinner !== undefined
  const segments: Segment[] = [[moving ? (options.spinner ?? glyph) : glyph, color], [' ']]
  segments.push(item.status === 'pending' || item.status === 'skipped' ? [label(item), 'dim'] : [label(item)])
  if (item.fan !== undefined && item.started !== null) {
    segments.push([`  ${item.fan.done}/${item.fan.total}`])
    if (item.fan.failed > 0) segments.push([`  ${item.fan.failed} failed`, 'red'])
    if (item.fan.skipped > 0) segments.push([`  ${item.fan.skipped} left out`, 'dim'])
  }
  if (item.counts !== undefined) segments.push([countsText(item.counts), 'dim'])
  else if (item.started !== null) {
    const spent = (item.ended ?? options.now) - item.started
    if (item.ended !== null || spent >= 1000) segments.push([`  ${formatDuration(spent)}`, 'dim'])
  }
  if (item.reused !== undefined) segments.push([item.reused > 1 ? `  ${item.reused} reused` : '  reused', 'dim'])
  if (item.attempts > 1) segments.push([`  attempt ${item.attempts}`, 'yellow'])
  if (item.run !== undefined) segments.push([`  → ${item.run}`, 'dim'])
  if (item.status === 'limited') segments.push(['  waits for a budget', 'yellow'])
  if (item.status === 'asked' && item.waits !== undefined)
    segments.push([`  waits for an answer: ${firstLine(item.waits)}`, 'yellow'])
  if (item.status === 'listening' && item.waits !== undefined)
    segments.push([`  waits for the signal ${firstLine(item.waits)}`, 'dim'])
  if (item.status === 'blocked') segments.push(['  waits for a repair', 'yellow'])
  if (item.status === 'interrupted') segments.push(['  cut off by a crash', 'yellow'])
  // Of a group what failed in it speaks; a task may have lists of its own, which undo it or answer for it.
  const deeper = item.children.some((child) => child.error !== null)
  if (item.error !== null && !deeper && item.status !== 'completed') {
    const final = item.status === 'failed' || item.status === 'blocked'
    segments.push([`  ${firstLine(item.error.message)}`, final ? 'red' : 'yellow'])
  } else if (item.status === 'running') {
    const log = options.lastLog?.(item)
    if (log !== undefined) segments.push([`  ${log}`, 'dim'])
  }
  return segments
}

/** Colours a line, cut to `width` columns as `measure` counts them. */
export function paintLine(
  segments: readonly Segment[],
  paint: Paint,
  fit?: { readonly width: number; readonly measure: (text: string) => number },
): string {
  let left = fit?.width ?? Number.POSITIVE_INFINITY
  let line = ''
  for (const [text, style] of segments) {
    const taken = fit === undefined ? text : cut(text, left, fit.measure)
    line += style === undefined ? taken : paint(style, taken)
    if (taken !== text) break
    left -= fit?.measure(text) ?? 0
  }
  return line
}

/**
 * At most `height` lines: those where something happens are kept, then what stands around them, in order.
 * What is left out is counted in the last line.
 */
export function fitHeight(lines: readonly TreeLine[], height: number): readonly TreeLine[] {
  if (lines.length <= height) return lines
  const room = Math.max(1, height - 1)
  const rank = lines.map((line, index) => ({ index, importance: importance[line.status] }))
  // Of what is done the latest is the nearest to what runs.
  rank.sort((a, b) => a.importance - b.importance || (a.importance < 5 ? a.index - b.index : b.index - a.index))
  const kept = new Set(rank.slice(0, room).map(({ index }) => index))
  const hidden = lines.filter((_line, index) => !kept.has(index))
  const counts = new Map<ItemStatus, number>()
  for (const { status } of hidden) counts.set(status, (counts.get(status) ?? 0) + 1)
  const text = [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
  return [
    ...lines.filter((_line, index) => kept.has(index)),
    { status: 'pending', segments: [[`… and ${text}`, 'dim']] },
  ]
}

const importance: { readonly [status in ItemStatus]: number } = {
  blocked: 0,
  interrupted: 0,
  running: 1,
  retrying: 1,
  sleeping: 1,
  listening: 1,
  limited: 1,
  sending: 1,
  nested: 1,
  asked: 0,
  failed: 2,
  waiting: 3,
  pending: 4,
  cancelled: 5,
  completed: 5,
  skipped: 6,
}

function label(item: RunItem): string {
  return item.name ?? item.id
}

const countOrder: readonly ItemStatus[] = [
  'running',
  'retrying',
  'sleeping',
  'listening',
  'sending',
  'nested',
  'asked',
  'limited',
  'interrupted',
  'blocked',
  'waiting',
  'completed',
  'failed',
  'cancelled',
  'skipped',
]

function countsText(counts: { readonly [status in ItemStatus]?: number }): string {
  const parts = countOrder.filter((status) => counts[status]).map((status) => `${counts[status]} ${status}`)
  return parts.length === 0 ? '' : `  ${parts.join(', ')}`
}

/** The first line of a text that a task printed, without what would move the cursor. */
export function firstLine(text: string): string {
  const line = text.trimStart().split('\n', 1)[0] ?? ''
  return line
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
    .trimEnd()
}

function cut(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  let taken = ''
  let used = 1
  for (const character of text) {
    used += measure(character)
    if (used > width) break
    taken += character
  }
  return width < 1 ? '' : `${taken}…`
}
