import { nearest, SourceError, type SourcePosition } from '@wonder/errors'
import type { Compilation } from './compilation.ts'
import type { Frame, Read } from './frame.ts'
import { isList, isRecord, kindOf, own, type Value } from './json.ts'
import { findParam, mayLoop, type RootedPath, type StaticScope, scopeAbove } from './static-scope.ts'
import type { Path } from './syntax.ts'

/** A path that was read: how, and where it leads from the root when that is known. */
export type CompiledPath = { readonly read: Read; readonly path: RootedPath | undefined }

/** Where an expression stands. `optional`: what is missing is `undefined` rather than an error. */
export type Place = { readonly scope: StaticScope; readonly optional?: boolean }

/** Where a path begins, and what of it is left to be read. */
type Start = { base: Read; rest: RootedPath; path: RootedPath | undefined; refer: boolean }

/** A path's reader. Unless `optional`, it throws `missing_reference` where nothing stands. */
export function compilePath(compilation: Compilation, path: Path, { scope, optional = false }: Place): CompiledPath {
  const start = startOf(compilation, path, scope)
  const unknown = scope.place === 'partial' && !path.data && path.up === 0 ? path.segments : undefined
  compilation.refuseSecret(start.path ?? unknown, path, scope)
  if (start.path !== undefined && start.refer) compilation.refer(start.path, path, { optional })
  const { base, rest } = start
  const plain = start.base === here ? readHere(rest) : readFrom(base, rest)
  if (optional || (!compilation.strict && !compilation.assumeObjects)) return { read: plain, path: start.path }
  const position = compilation.scanner.position(path)
  if (compilation.assumeObjects) {
    const owner = readFrom(base, rest.slice(0, -1))
    const read: Read = (frame) => {
      const from = owner(frame)
      if (from === undefined || from === null)
        throw missing({ from: base(frame), rest, original: path.original, position })
      return plain(frame)
    }
    return { read: rest.length === 0 ? plain : read, path: start.path }
  }
  const read: Read = (frame) => {
    const value = plain(frame)
    if (value === undefined) {
      const outside =
        base === here && frame.value !== frame.rendering.root && own(frame.rendering.root, rest[0] ?? '') !== undefined
      throw missing({ from: base(frame), rest, original: path.original, position, outside })
    }
    return value
  }
  return { read, path: start.path }
}

const here: Read = (frame) => frame.value

function startOf(compilation: Compilation, path: Path, scope: StaticScope): Start {
  if (path.data) return startOfData(compilation, path, scope)
  const [first] = path.segments
  if (!path.scoped && typeof first === 'string') {
    const param = findParam(scope, first)
    if (param !== undefined) {
      const rest = path.segments.slice(1)
      const rooted = param.path && [...param.path, ...rest]
      return { base: readParam(param.hops, param.slot, param.place), rest, path: rooted, refer: rooted !== undefined }
    }
  }
  if (path.up === 0) {
    const hidden = first !== undefined && scope.hidden?.has(String(first)) === true
    const rooted = hidden ? undefined : scope.path && [...scope.path, ...path.segments]
    return { base: here, rest: path.segments, path: rooted, refer: true }
  }
  const above = scopeAbove(scope, path.up)
  if (compilation.strict && above === undefined && mayLoop(scope) === false && scope.path !== undefined) {
    compilation.scanner.fail(`"${path.original}" leads out of the template: there is no block around to leave`, path)
  }
  const { up } = path
  const base: Read = (frame) => {
    let at: Frame | undefined = frame
    for (let level = 0; level < up; level++) at = at?.up
    return at?.value
  }
  return { base, rest: path.segments, path: above?.path && [...above.path, ...path.segments], refer: true }
}

const dataNames = ['root', 'index', 'key', 'first', 'last']

function startOfData(compilation: Compilation, path: Path, scope: StaticScope): Start {
  const [name, ...rest] = path.segments
  if (name === 'root') return { base: (frame) => frame.rendering.root, rest, path: rest, refer: true }
  const given = typeof name === 'string' ? own(compilation.options.data, name) : undefined
  if (given !== undefined) return { base: () => given, rest, path: undefined, refer: false }
  if (typeof name !== 'string' || !dataNames.includes(name)) {
    if (!compilation.strict) return { base: () => undefined, rest, path: undefined, refer: false }
    const near = nearest(String(name), dataNames)
    const hint = near === undefined ? `there are @${dataNames.join(', @')}` : `did you mean "@${near}"?`
    return compilation.scanner.fail(`There is no "${path.original}": ${hint}`, path)
  }
  if (compilation.strict && !mayLoop(scope))
    compilation.scanner.fail(`"${path.original}" exists only inside {{#each}}`, path)
  const { up } = path
  const loopOf = (frame: Frame): Frame | undefined => {
    let loop = frame.loop
    for (let level = 0; level < up; level++) loop = loop?.outerLoop
    return loop
  }
  return { base: (frame) => dataOf(loopOf(frame), name), rest, path: undefined, refer: false }
}

function dataOf(loop: Frame | undefined, name: string): Value {
  if (loop === undefined) return undefined
  if (name === 'index') return loop.index
  if (name === 'key') return loop.key
  return name === 'first' ? loop.index === 0 : loop.last
}

function readParam(hops: number, slot: number, place: StaticScope['place']): Read {
  return (frame) => {
    let at: Frame | undefined = frame
    for (let level = 0; level < hops; level++) at = at?.outer
    if (at === undefined) return undefined
    if (at.params !== undefined) return at.params[slot]
    if (slot === 0) return at.value
    return slot === 1 && place === 'each' ? at.key : undefined
  }
}

/** The common lengths are written out: this is the hottest code of a template. */
function readHere(path: RootedPath): Read {
  const [a, b, c] = path
  if (a === undefined) return here
  if (b === undefined) return (frame) => own(frame.value, a)
  if (c === undefined) return (frame) => own(own(frame.value, a), b)
  if (path.length === 3) return (frame) => own(own(own(frame.value, a), b), c)
  return readFrom(here, path)
}

function readFrom(base: Read, path: RootedPath): Read {
  if (path.length === 0) return base
  return (frame) => {
    let value = base(frame)
    for (const segment of path) {
      if (value === undefined) return undefined
      value = own(value, segment)
    }
    return value
  }
}

type Missing = {
  readonly from: Value
  readonly rest: RootedPath
  readonly original: string
  readonly position: SourcePosition
  /** The path would lead on from the root: a block around has changed `this`. */
  readonly outside?: boolean
}

/** The error of a path that leads to nothing: which segment, of what, and the name that was probably meant. */
export function missing({ from, rest, original, position, outside = false }: Missing): SourceError {
  let value = from
  let depth = 0
  for (; depth < rest.length; depth++) {
    const next = own(value, rest[depth] ?? '')
    if (next === undefined) break
    value = next
  }
  const segment = rest[depth]
  if (segment === undefined) {
    return new SourceError('missing_reference', `Cannot read "${original}": there is nothing`, position, {
      details: { path: rest },
    })
  }
  const owner = depth === 0 ? 'here' : `in "${rest.slice(0, depth).join('.')}"`
  const near = isRecord(value) ? nearest(String(segment), Object.keys(value)) : undefined
  const state = isRecord(value)
    ? `there is no "${segment}" ${owner}`
    : isList(value) && typeof segment === 'number'
      ? `the list ${owner} has ${value.length} items`
      : `${depth === 0 ? 'the value here' : `"${rest.slice(0, depth).join('.')}"`} is ${kindOf(value)}, which has no "${segment}"`
  const block = depth === 0 && outside ? `. Inside this block write "@root.${rest.join('.')}"` : ''
  const hint = near === undefined ? block : `. Did you mean "${near}"?`
  const message = `Cannot read "${original}": ${state}${hint}`
  return new SourceError('missing_reference', message, position, {
    details: { path: rest, ...(near === undefined ? {} : { nearest: near }) },
  })
}
