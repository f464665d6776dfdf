import { isObject } from '../json-schema.ts'

/** At most so many candidates are tried. */
const MOST = 10_000

/** Takes the first smaller candidate that is wanted, again and again, until there is none. */
export function smaller(value: unknown, wanted: (value: unknown) => boolean): unknown {
  let best = value
  let tried = 0
  for (;;) {
    let found = false
    for (const candidate of candidates(best)) {
      tried += 1
      if (tried > MOST) return best
      if (!wanted(candidate)) continue
      best = candidate
      found = true
      break
    }
    if (!found) return best
  }
}

/** Values that are smaller by one step, the smallest first. */
function* candidates(value: unknown): Generator<unknown> {
  if (typeof value === 'number') yield* smallerNumbers(value)
  else if (typeof value === 'string') yield* smallerTexts(value)
  else if (value === true) yield false
  else if (Array.isArray(value)) yield* smallerLists(value)
  else if (isObject(value)) yield* smallerObjects(value)
}

function* smallerNumbers(value: number): Generator<number> {
  const size = Math.abs(value)
  for (const candidate of [0, Math.sign(value), Math.trunc(value / 2), Math.trunc(value), value - Math.sign(value)]) {
    if (Math.abs(candidate) < size) yield candidate + 0
  }
}

function* smallerTexts(value: string): Generator<string> {
  const characters = [...value]
  if (characters.length === 0) return
  yield ''
  for (const kept of [characters.length >> 1, characters.length - 1]) {
    if (kept > 0 && kept < characters.length) {
      yield characters.slice(0, kept).join('')
      yield characters.slice(-kept).join('')
    }
  }
  const plain = 'a'.repeat(characters.length)
  if (value > plain) yield plain
}

function* smallerLists(list: readonly unknown[]): Generator<unknown> {
  if (list.length === 0) return
  yield []
  if (list.length > 3) {
    yield list.slice(0, list.length >> 1)
    yield list.slice(list.length >> 1)
  }
  for (let at = list.length - 1; at >= 0; at--) yield list.toSpliced(at, 1)
  for (const [at, item] of list.entries()) for (const candidate of candidates(item)) yield list.with(at, candidate)
}

function* smallerObjects(object: { readonly [name: string]: unknown }): Generator<unknown> {
  const members = Object.entries(object)
  if (members.length > 1) yield {}
  for (let at = members.length - 1; at >= 0; at--) yield Object.fromEntries(members.toSpliced(at, 1))
  for (const [at, [name, member]] of members.entries()) {
    for (const candidate of candidates(member)) yield Object.fromEntries(members.with(at, [name, candidate]))
  }
}
