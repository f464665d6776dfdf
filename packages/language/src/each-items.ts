import type { JsonSchema } from '@wonder/context'
import type { Expr, FanDef } from '@wonder/engine'
import { nearest } from '@wonder/errors'
import type { CompilerParts } from './place.ts'
import type { Problem } from './problems.ts'
import type { Scope } from './scope.ts'
import { child, entriesOf, itemsOf, numberOf, type Tree, textOf } from './tree.ts'

type Each = NonNullable<FanDef['each']>
type Items = { readonly items: Each['items']; readonly item: JsonSchema | undefined; readonly count?: number }

/** What an `each` was written as, and what stands around it. */
export type WrittenEach = { readonly value: Tree; readonly at: Problem['at']; readonly around: Scope }

export type CompiledEach = {
  readonly each: Each
  readonly workers: number
  /** The scope of one item. */
  readonly scope: Scope
  /** How many items there are at most, where it can be known. */
  readonly most: number | undefined
}

const RANGE = /^\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*$/
/** A longer range is made by a tool: it would stand in the definition number by number. */
const MAX_RANGE = 100_000
const TAKEN = ['input', 'state', 'tasks', 'env', 'run', 'workflow', 'project', 'secrets', 'index', 'error', 'steps']

/** Compiles what is gone through: of a task `each`, and of a transition. */
export class EachItems {
  readonly #parts: CompilerParts

  constructor(parts: CompilerParts) {
    this.#parts = parts
  }

  compile({ value, at, around }: WrittenEach): CompiledEach {
    const as = textOf(child(value, 'as')) ?? 'item'
    const { items, item, count } = this.#items({ value, at, around })
    this.#name({ value, at, around }, as)
    const scope: Scope = { ...around, items: new Map([...around.items, [as, item]]) }
    const filter = child(value, 'filter')
    const kept = filter === undefined ? undefined : this.#parts.values.condition(filter, scope)
    const batch = numberOf(child(value, 'batch'))
    const sequential = textOf(child(value, 'order')) === 'sequential'
    return {
      each: { items, as, ...(kept === undefined ? {} : { filter: kept }), ...(batch === undefined ? {} : { batch }) },
      workers: sequential ? 1 : (numberOf(child(value, 'max_workers')) ?? 8),
      scope,
      most: count,
    }
  }

  #items({ value, at, around }: WrittenEach): Items {
    const { problems, values } = this.#parts
    const scope = { ...around, noSecrets: 'the items are stored with the run' }
    const list = child(value, 'in')
    const matrix = child(value, 'matrix')
    if ((list === undefined) === (matrix === undefined)) {
      problems.add({
        code: list === undefined ? 'missing_field' : 'field_not_here',
        message: list === undefined ? 'each needs "in" or "matrix"' : 'each has "in" or "matrix", not both',
        at: matrix === undefined ? at : { file: at.file, span: matrix.span },
        help: 'Write each: { in: "{{ … }}" }.',
      })
      return { items: { list: { lit: [] } }, item: undefined }
    }
    if (matrix !== undefined) return this.#matrix(value, matrix, scope)
    if (list === undefined) return { items: { list: { lit: [] } }, item: undefined }
    const range = this.#range(list)
    if (range !== undefined) return { items: { list: range.expr }, item: { type: 'integer' }, count: range.count }
    const { expr, schema } = values.value(list, scope)
    this.#mustBeItems(list, expr, schema)
    const known = typeof schema === 'object' ? schema : {}
    const count = list.kind === 'list' ? list.items.length : list.kind === 'map' ? list.entries.length : undefined
    return {
      items: { list: expr },
      item: known.type === 'array' ? known.items : undefined,
      ...(count === undefined ? {} : { count }),
    }
  }

  #mustBeItems(list: Tree, expr: Expr, schema: JsonSchema | undefined): void {
    if ('text' in expr && mayBeRange(expr.text)) return
    const known = typeof schema === 'object' ? schema : {}
    const scalar = 'const' in known && typeof known.const !== 'object' ? JSON.stringify(known.const) : undefined
    const type = typeof known.type === 'string' && !['array', 'object'].includes(known.type) ? known.type : undefined
    if (scalar === undefined && (type === undefined || known.const !== undefined)) return
    this.#parts.problems.add({
      code: 'type_mismatch',
      message: `each needs a list, a map or a range, and this is ${scalar ?? typeName(type)}`,
      at: list,
      help: scalar === undefined ? undefined : 'Write a list, a range such as 1..10, or "{{ … }}".',
    })
  }

  #matrix(value: Tree, matrix: Tree, scope: Scope): Items {
    const { values } = this.#parts
    const axes: Record<string, Expr> = {}
    for (const { key, value: axis } of entriesOf(matrix)) {
      axes[key] = this.#range(axis)?.expr ?? values.value(axis, scope).expr
    }
    const exclude = child(value, 'exclude')
    const max = numberOf(child(value, 'max'))
    this.#axes(exclude, Object.keys(axes))
    const names = Object.keys(axes)
    return {
      items: {
        matrix: axes,
        ...(exclude === undefined ? {} : { exclude: values.value(exclude, scope).expr }),
        ...(max === undefined ? {} : { max }),
      },
      item: {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, true])),
        required: names,
        additionalProperties: false,
      },
    }
  }

  /** What is excluded names axes of the matrix. */
  #axes(exclude: Tree | undefined, names: readonly string[]): void {
    for (const { key, keySpan, value } of itemsOf(exclude).flatMap(entriesOf)) {
      if (names.includes(key)) continue
      const near = nearest(key, names)
      this.#parts.problems.add({
        code: 'unknown_field',
        message: `the matrix has no "${key}", so this excludes nothing`,
        at: { file: value.file, span: keySpan },
        help: near === undefined ? `It has ${names.join(', ')}.` : `Did you mean "${near}"?`,
      })
    }
  }

  /** A range that is written out, such as `1..10`. */
  #range(tree: Tree): { readonly expr: Expr; readonly count: number } | undefined {
    const found = RANGE.exec(textOf(tree) ?? '')
    if (found === null) return undefined
    const [from, to] = [Number(found[1]), Number(found[2])]
    const count = Math.abs(to - from) + 1
    if (count > MAX_RANGE) {
      this.#parts.problems.add({
        code: 'range_too_long',
        message: `a range has at most ${MAX_RANGE.toLocaleString('en')} numbers, and this one has ${count.toLocaleString('en')}`,
        at: tree,
        help: 'Let a tool give the list.',
      })
      return { expr: { lit: [] }, count }
    }
    const step = from <= to ? 1 : -1
    return { expr: { lit: Array.from({ length: count }, (_, index) => from + index * step) }, count }
  }

  /** The item's name must not hide another. */
  #name({ value, at, around }: WrittenEach, as: string): void {
    if (!TAKEN.includes(as) && !around.items.has(as)) return
    const tree = child(value, 'as')
    this.#parts.problems.add({
      code: 'name_taken',
      message: `"${as}" is a name of the scope already`,
      at: tree ?? at,
      help: tree === undefined ? 'Name the item of this each: as: inner.' : 'Choose another name.',
    })
  }
}

function typeName(type: string | undefined): string {
  return type === 'string' ? 'a text' : type === 'boolean' ? 'true or false' : 'a number'
}

/** Can a template come out as a range? What stands around its braces must be a part of one. */
function mayBeRange(text: string): boolean {
  return text.includes('{{#') || /^[\s\d.-]*$/.test(text.replace(/\{\{[\s\S]*?\}\}/g, ''))
}
