import { failed } from '../failure.ts'
import { describe } from '../kind.ts'
import { type Call, type FunctionTable, integerAt, listAt, textAt } from './cel-function.ts'
import { format } from './format.ts'
import { matchesPattern } from './pattern.ts'

/** Methods of texts. Lengths and places count code points, as CEL does. */
export const textMethods: FunctionTable = {
  contains: { arity: [1, 1], call: (call) => scanned(call, 0).includes(textAt(call, 1)) },
  startsWith: {
    arity: [1, 1],
    call: (call) => scanned(call, 1).length >= 0 && textAt(call, 0).startsWith(textAt(call, 1)),
  },
  endsWith: {
    arity: [1, 1],
    call: (call) => scanned(call, 1).length >= 0 && textAt(call, 0).endsWith(textAt(call, 1)),
  },
  matches: { arity: [1, 1], call: matchesPattern },
  lowerAscii: {
    arity: [0, 0],
    call: (call) => built(call, textAt(call, 0)).replace(/[A-Z]+/g, (s) => s.toLowerCase()),
  },
  upperAscii: {
    arity: [0, 0],
    call: (call) => built(call, textAt(call, 0)).replace(/[a-z]+/g, (s) => s.toUpperCase()),
  },
  trim: { arity: [0, 0], call: (call) => built(call, textAt(call, 0)).trim() },
  split: { arity: [1, 2], call: split },
  join: { arity: [0, 1], call: join },
  replace: { arity: [2, 3], call: replace },
  substring: { arity: [1, 2], call: substring },
  charAt: { arity: [1, 1], call: charAt },
  indexOf: { arity: [1, 2], call: indexOf },
  lastIndexOf: { arity: [1, 2], call: lastIndexOf },
  format: { arity: [1, 1], call: format },
}

/** `strings.quote(text)`: as a literal. */
export const textFunctions: FunctionTable = {
  quote: { arity: [1, 1], call: (call) => built(call, JSON.stringify(textAt(call, 0))) },
}

function indexOf(call: Call): number {
  const text = scanned(call, 0)
  if (call.args.length === 2) return place(call, text.indexOf(textAt(call, 1)))
  return place(call, text.indexOf(textAt(call, 1), unitsAt(call, integerAt(call, 2))))
}

function lastIndexOf(call: Call): number {
  const text = scanned(call, 0)
  if (call.args.length === 2) return place(call, text.lastIndexOf(textAt(call, 1)))
  return place(call, text.lastIndexOf(textAt(call, 1), unitsAt(call, integerAt(call, 2))))
}

/** The offset in UTF-16 units of a place in code points. */
function unitsAt(call: Call, index: number): number {
  const points = Array.from(built(call, textAt(call, 0)))
  if (index >= 0 && index <= points.length) return points.slice(0, index).join('').length
  throw failed(call.site, () => `${call.name}() from ${index} is outside a text of ${points.length} characters`)
}

function scanned(call: Call, index: number): string {
  const text = textAt(call, index)
  call.run.spend(text.length >>> 6, call.site)
  return text
}

function built(call: Call, text: string): string {
  call.run.build(text.length, call.site)
  return text
}

function split(call: Call): string[] {
  const text = textAt(call, 0)
  const separator = textAt(call, 1)
  const limit = call.args.length > 2 ? integerAt(call, 2) : -1
  call.run.build(text.length * 2, call.site)
  const parts = separator === '' ? Array.from(text) : text.split(separator)
  if (limit < 0 || parts.length <= limit) return parts
  if (limit === 0) return []
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

function join(call: Call): string {
  const list = listAt(call, 0)
  const separator = call.args.length > 1 ? textAt(call, 1) : ''
  let length = 0
  for (const item of list) {
    if (typeof item !== 'string')
      throw failed(call.site, () => `join() needs a list of texts; it has ${describe(item)}`)
    length += item.length + separator.length
  }
  call.run.build(length, call.site)
  call.run.spend(list.length, call.site)
  return list.join(separator)
}

function replace(call: Call): string {
  const text = scanned(call, 0)
  const from = textAt(call, 1)
  const to = textAt(call, 2)
  const limit = call.args.length > 3 ? integerAt(call, 3) : -1
  const parts = from === '' ? ['', ...Array.from(text), ''] : text.split(from)
  const times = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1)
  call.run.build(text.length + times * to.length, call.site)
  return (
    parts.slice(0, times + 1).join(to) +
    parts
      .slice(times + 1)
      .map((part) => from + part)
      .join('')
  )
}

function substring(call: Call): string {
  const points = Array.from(built(call, textAt(call, 0)))
  const start = integerAt(call, 1)
  const end = call.args.length > 2 ? integerAt(call, 2) : points.length
  if (start >= 0 && start <= end && end <= points.length) return points.slice(start, end).join('')
  throw failed(call.site, () => `substring(${start}, ${end}) is outside a text of ${points.length} characters`)
}

function charAt(call: Call): string {
  const points = Array.from(built(call, textAt(call, 0)))
  const index = integerAt(call, 1)
  if (index >= 0 && index <= points.length) return points[index] ?? ''
  throw failed(call.site, () => `charAt(${index}) is outside a text of ${points.length} characters`)
}

/** A place in UTF-16 units as one in code points. */
function place(call: Call, offset: number): number {
  return offset <= 0 ? offset : Array.from(built(call, textAt(call, 0).slice(0, offset))).length
}
