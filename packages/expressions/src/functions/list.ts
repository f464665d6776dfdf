import { cannotOrder, compareValues, deepEqual } from '../compare.ts'
import { failed } from '../failure.ts'
import { Optional } from '../optional.ts'
import { type Call, type FunctionTable, integerAt, listAt } from './cel-function.ts'

/** Methods of lists. */
export const listMethods: FunctionTable = {
  first: { arity: [0, 0], call: (call) => end(listAt(call, 0)[0]) },
  last: { arity: [0, 0], call: (call) => end(listAt(call, 0).at(-1)) },
  slice: { arity: [2, 2], call: slice },
  reverse: { arity: [0, 0], call: reverse },
  sort: { arity: [0, 0], call: sort },
  distinct: { arity: [0, 0], call: distinct },
  flatten: { arity: [0, 1], call: flatten },
}

/** `lists.range(3)` is [0, 1, 2]. */
export const listFunctions: FunctionTable = {
  range: { arity: [1, 1], call: range },
}

function range(call: Call): number[] {
  const length = Math.max(0, integerAt(call, 0))
  call.run.build(length, call.site)
  call.run.spend(length, call.site)
  return Array.from({ length }, (_, index) => index)
}

/** Of a text its characters. */
function reverse(call: Call): unknown {
  const [value] = call.args
  if (typeof value !== 'string') return copied(call).reverse()
  call.run.build(value.length, call.site)
  return Array.from(value).reverse().join('')
}

function end(item: unknown): Optional {
  return item === undefined ? Optional.none : new Optional(item)
}

function copied(call: Call): unknown[] {
  const list = listAt(call, 0)
  call.run.build(list.length, call.site)
  return [...list]
}

function slice(call: Call): unknown[] {
  const list = listAt(call, 0)
  const from = integerAt(call, 1)
  const to = integerAt(call, 2)
  if (from < 0 || from > to || to > list.length) {
    throw failed(call.site, () => `slice(${from}, ${to}) is outside a list of ${list.length}`)
  }
  call.run.build(to - from, call.site)
  return list.slice(from, to)
}

function sort(call: Call): unknown[] {
  const list = copied(call)
  call.run.spend(list.length * Math.ceil(Math.log2(list.length + 1)), call.site)
  return list.sort((a, b) => {
    const order = compareValues(a, b)
    if (order === undefined) throw failed(call.site, () => cannotOrder('sort()', a, b))
    return order
  })
}

function distinct(call: Call): unknown[] {
  const kept: unknown[] = []
  const simple = new Set<unknown>()
  for (const item of listAt(call, 0)) {
    call.run.build(1, call.site)
    call.run.spend(1, call.site)
    const compound = typeof item === 'object' && item !== null
    if (!compound && simple.has(item)) continue
    if (compound && kept.some((other) => deepEqual(item, other, spending(call), call.site))) continue
    if (!compound) simple.add(item)
    kept.push(item)
  }
  return kept
}

/** A comparison that ends at once costs an operation too. */
function spending(call: Call): Call['run'] {
  call.run.spend(1, call.site)
  return call.run
}

function flatten(call: Call): unknown[] {
  const levels = call.args.length > 1 ? integerAt(call, 1) : 1
  if (levels < 0) throw failed(call.site, () => `flatten(${levels}): levels cannot be negative`)
  return flattened(call, listAt(call, 0), levels)
}

function flattened(call: Call, list: readonly unknown[], levels: number): unknown[] {
  call.run.descend(0, call.site)
  const flat: unknown[] = []
  for (const item of list) {
    call.run.spend(1, call.site)
    const inner = Array.isArray(item) && levels > 1 ? flattened(call, item, levels - 1) : item
    const part: readonly unknown[] = Array.isArray(inner) && levels > 0 ? inner : [inner]
    call.run.build(part.length, call.site)
    for (const one of part) flat.push(one)
  }
  return flat
}
