import type { Expr, Json } from '@wonder/engine'
import { formatDuration } from '../quantity.ts'

/** A condition in a few words: `tasks.rank.output.score < 40` is `rank.score < 40`. */
export function shortCondition(cel: string): string {
  const status = /^tasks(?:\["([^"]+)"\]|\.(\w+))\.status (!=|==) "skipped"$/.exec(cel)
  if (status !== null) return status[3] === '!=' ? 'unless skipped' : 'when skipped'
  return cel
    .replace(/\btasks\.(\w+)\.output\b/g, '$1')
    .replace(/\btasks\["([^"]+)"\]\.output\b/g, '$1')
    .replace(/\btasks\.(\w+)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
}

/** What a value comes from, in a few words. */
export function expressionText(expr: Expr): string {
  if ('path' in expr) {
    const [root, task, output, ...rest] = expr.path
    const path = root === 'tasks' && output === 'output' ? [task, ...rest] : expr.path
    return path
      .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
      .join('')
  }
  if ('cel' in expr) return shortCondition(expr.cel)
  if ('text' in expr) return expr.text
  if ('lit' in expr) return literalText(expr.lit)
  if ('list' in expr) return `a list of ${expr.list.length}`
  return `{ ${Object.keys(expr.map).join(', ')} }`
}

/** A time: milliseconds that are written out as a duration. */
export function timeText(expr: Expr | undefined): string {
  if (expr === undefined) return ''
  return 'lit' in expr && typeof expr.lit === 'number' ? formatDuration(expr.lit) : expressionText(expr)
}

/** A field of a mapping; undefined when there is none. */
export function fieldOf(expr: Expr | undefined, name: string): Expr | undefined {
  if (expr === undefined) return undefined
  if ('map' in expr) return Object.hasOwn(expr.map, name) ? expr.map[name] : undefined
  if (!('lit' in expr) || typeof expr.lit !== 'object' || expr.lit === null || Array.isArray(expr.lit)) return undefined
  const map = expr.lit as { readonly [key: string]: Json }
  const value = Object.hasOwn(map, name) ? map[name] : undefined
  return value === undefined ? undefined : { lit: value }
}

/** How many items an expression gives, where that is known before the run. */
export function countOf(expr: Expr, input: Json): number | undefined {
  if ('list' in expr) return expr.list.length
  const value = 'lit' in expr ? expr.lit : 'path' in expr && expr.path[0] === 'input' ? at(input, expr.path) : undefined
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined
}

function at(input: Json, path: readonly (string | number)[]): Json | undefined {
  return path.slice(1).reduce<Json | undefined>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    return (value as { readonly [key: string | number]: Json })[part]
  }, input)
}

function literalText(value: Json): string {
  if (Array.isArray(value)) {
    const text = JSON.stringify(value)
    return text.length <= 24 ? text : `a list of ${value.length}`
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
