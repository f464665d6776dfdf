import type { Span } from './source-text.ts'
import type { ScalarTree } from './tree.ts'

/**
 * Where a part of a string's value stands in its file: quotes, escapes, the indentation of blocks and folded
 * lines are accounted for. `from` and `length` count units of the value.
 */
export function spanInside(scalar: ScalarTree, from: number, length: number): Span {
  if (scalar.style === 'built') return scalar.span
  const { text } = scalar.file
  const value = typeof scalar.value === 'string' ? scalar.value : text.slice(scalar.span.start, scalar.span.end)
  const offsets = offsetsOf(scalar, text, value)
  const start = offsets(Math.min(from, value.length))
  const last = offsets(Math.min(Math.max(from, from + length - 1), value.length))
  return { start, end: Math.max(start, last) + 1 }
}

type Offsets = (index: number) => number

function offsetsOf(scalar: ScalarTree, text: string, value: string): Offsets {
  const { start, end } = scalar.span
  switch (scalar.style) {
    case 'built':
      return () => start
    case 'literal':
      return alignBlock(text, start, value)
    case 'folded':
      return align(text, nextLine(text, start), value)
    case 'single':
    case 'double':
      return text.slice(start + 1, end - 1) === value ? (index) => start + 1 + index : alignQuoted(scalar, text, value)
    case 'plain':
      return text.slice(start, start + value.length) === value ? (index) => start + index : align(text, start, value)
  }
}

function nextLine(text: string, from: number): number {
  const found = text.indexOf('\n', from)
  return found === -1 ? text.length : found + 1
}

/** In a literal block each line of the value is a line of the file, less the indentation. */
function alignBlock(text: string, start: number, value: string): Offsets {
  const lines = value.split('\n')
  const firstFull = lines.findIndex((line) => line.trim() !== '')
  const starts: number[] = []
  let at = nextLine(text, start)
  for (let index = 0; index < lines.length; index++) {
    starts.push(at)
    at = nextLine(text, at)
  }
  const from = starts[firstFull] ?? 0
  const raw = text.slice(from, nextLine(text, from))
  const indent = Math.max(0, raw.indexOf(lines[firstFull] ?? ''))
  return (index) => {
    const before = value.slice(0, index)
    const line = before.split('\n').length - 1
    const column = index - (before.lastIndexOf('\n') + 1)
    return (starts[line] ?? start) + indent + column
  }
}

/** Folded text: a space or break of the value stands for any run of blanks in the file. */
function align(text: string, start: number, value: string): Offsets {
  const offsets: number[] = []
  let at = start
  for (const unit of value.split('')) {
    if (unit === ' ' || unit === '\n') {
      offsets.push(at)
      if (/\s/.test(text.charAt(at))) at += 1
      continue
    }
    while (at < text.length && text.charAt(at) !== unit && /\s/.test(text.charAt(at))) at += 1
    offsets.push(at)
    at += 1
  }
  return (index) => offsets[index] ?? at
}

/** Quoted text with escapes, doubled quotes or line breaks. */
function alignQuoted(scalar: ScalarTree, text: string, value: string): Offsets {
  const offsets: number[] = []
  let at = scalar.span.start + 1
  for (let index = 0; index < value.length; index++) {
    const unit = value.charAt(index)
    if (text.charAt(at) === '\n' || (unit !== text.charAt(at) && /\s/.test(text.charAt(at)))) {
      if (unit === ' ' || unit === '\n') {
        offsets.push(at)
        while (/\s/.test(text.charAt(at))) at += 1
        continue
      }
      while (/\s/.test(text.charAt(at))) at += 1
    }
    offsets.push(at)
    at += scalar.style === 'single' ? (unit === "'" ? 2 : 1) : escapeLength(text, at)
  }
  return (index) => offsets[index] ?? at
}

function escapeLength(text: string, at: number): number {
  if (text.charAt(at) !== '\\') return 1
  return { x: 4, u: 6, U: 10 }[text.charAt(at + 1)] ?? 2
}
