/**
 * What an each goes over: a list, a map, a range or a matrix, filtered.
 */
import { WonderError } from '@wonder/errors'
import type { Decision } from './decision.ts'
import type { Expr } from './expr.ts'
import type { Json } from './json.ts'
import { isBlobMarker, isObject } from './markers.ts'
import type { PlanFan } from './plan.ts'
import type { Token } from './run-state.ts'
import { NeedsBlobs } from './scope.ts'

/** The largest range or matrix. */
export const mostItems = 1_000_000

/** Where the items are, and how many. */
export type Items = {
  readonly items?: Json
  readonly from?: readonly (string | number)[]
  readonly count: number
  readonly skipped: number
}

/** @throws WonderError `not_a_list`, `limit_exceeded`, and what the expressions throw */
export function itemsOf(decision: Decision, token: Token, plan: PlanFan): Items {
  const context = decision.context(token.frame, token)
  const each = plan.def.each
  if (plan.axes !== null) {
    const axes = plan.axes.map(([name, values]) => [name, axisOf(name, values(context))] as const)
    const exclude = plan.exclude?.(context) ?? []
    const max = each !== undefined && 'matrix' in each.items ? each.items.max : undefined
    return filtered(decision, token, plan, matrixOf(axes, Array.isArray(exclude) ? exclude : [exclude], max))
  }
  const value = plan.list?.(context) ?? null
  const list = isBlobMarker(value) ? loadedValue(decision, value) : value
  if (plan.filter === null && Array.isArray(list)) {
    if (isBlobMarker(value)) return { items: value, count: list.length, skipped: 0 }
    // A list that stands in the state already is named, not copied; the fold cannot follow a path through a large value.
    const source = each !== undefined && 'list' in each.items ? each.items.list : undefined
    if (source !== undefined && canBeNamed(source) && !decision.state.blobs) {
      return { from: source.path, count: list.length, skipped: 0 }
    }
  }
  return filtered(decision, token, plan, listOf(list))
}

function canBeNamed(source: Expr): source is { readonly path: readonly (string | number)[] } {
  return 'path' in source && (source.path[0] === 'tasks' || source.path[0] === 'input' || source.path[0] === 'state')
}

/** A large value that is at hand. */
export function loadedValue(decision: Decision, marker: { readonly $blob: string }): Json {
  const value = decision.blobs.get(marker.$blob)
  if (value === undefined) throw new NeedsBlobs([marker.$blob])
  return value
}

/** A list is itself, a map its pairs, a text such as `1..10` the whole numbers from the first to the last. */
function listOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[]
  if (isObject(value)) return Object.entries(value).map(([key, member]) => ({ key, value: member }))
  const range = typeof value === 'string' ? /^(-?\d{1,15})\.\.(-?\d{1,15})$/.exec(value.trim()) : null
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])]
    const count = Math.abs(to - from) + 1
    if (count > mostItems) throw tooMany(count)
    return Array.from({ length: count }, (_, i) => (from <= to ? from + i : from - i))
  }
  const what =
    value === null
      ? 'null'
      : typeof value === 'string'
        ? `the text ${JSON.stringify(value.slice(0, 40))}`
        : `a ${typeof value}`
  throw new WonderError(
    'not_a_list',
    `Cannot go through the items of \`each\`: a list, a map or a range such as "1..10" is needed, and it is ${what}`,
  )
}

export function tooMany(count: number): WonderError {
  return new WonderError('limit_exceeded', `Cannot go through ${count} items: at most ${mostItems} are allowed`)
}

function axisOf(name: string, value: Json): readonly Json[] {
  try {
    return listOf(value)
  } catch (cause) {
    throw new WonderError('not_a_list', `Cannot build the matrix: axis "${name}" is not a list`, { cause })
  }
}

/** Every combination, the last axis turning fastest, without those that an entry of `exclude` matches. */
function matrixOf(
  axes: readonly (readonly [string, readonly Json[]])[],
  exclude: readonly Json[],
  max: number | undefined,
): readonly Json[] {
  const count = axes.reduce((product, [, values]) => product * values.length, 1)
  if (count > mostItems) throw tooMany(count)
  let rows: { readonly [axis: string]: Json }[] = [{}]
  for (const [axis, values] of axes) rows = rows.flatMap((row) => values.map((value) => ({ ...row, [axis]: value })))
  const kept = rows.filter((row) => !exclude.some((entry) => isObject(entry) && matches(row, entry)))
  if (max !== undefined && kept.length > max) {
    throw new WonderError(
      'limit_exceeded',
      `Cannot build the matrix: it has ${kept.length} combinations, and \`max\` is ${max}`,
    )
  }
  return kept
}

function matches(row: { readonly [axis: string]: Json }, entry: { readonly [axis: string]: Json }): boolean {
  return Object.entries(entry).every(([axis, value]) => JSON.stringify(row[axis]) === JSON.stringify(value))
}

function filtered(decision: Decision, token: Token, plan: PlanFan, list: readonly Json[]): Items {
  const { filter } = plan
  const as = plan.def.each?.as ?? 'item'
  if (filter === null) return { items: decision.compact(list), count: list.length, skipped: 0 }
  const frame = token.frame
  const kept = list.filter((value, index) => filter(decision.context(frame, token, { as, value, index })))
  return { items: decision.compact(kept), count: kept.length, skipped: list.length - kept.length }
}
