import { isObject, type JsonObject, type JsonType } from '../json-schema.ts'
import type { Patterns } from '../pattern.ts'
import { childPointer } from '../pointer.ts'
import type { SchemaLibrary, SchemaNode } from '../schema-document.ts'
import { type Draw, Unlucky } from './draw.ts'

/** One schema that a value must fit, its branches chosen. */
export type Part = { readonly schema: JsonObject; readonly node: SchemaNode }

/** What belongs to a place: all schemas that a value there must fit. */
export type Goal = readonly SchemaNode[]

const ALL: readonly JsonType[] = ['null', 'boolean', 'number', 'string', 'array', 'object']

/** Several schemas at once, their references followed and a branch chosen of each anyOf, oneOf and if. */
export class Rules {
  readonly parts: Part[] = []
  /** Properties that must, or must not, be there because of such a choice. */
  readonly wanted = new Set<string>()
  readonly unwanted = new Set<string>()
  /** Must the value be checked, because a choice may have been wrong? */
  doubtful = false
  readonly #library: SchemaLibrary
  readonly #patterns: Patterns
  readonly #draw: Draw

  constructor(goal: Goal, { library, patterns, draw }: { library: SchemaLibrary; patterns: Patterns; draw: Draw }) {
    this.#library = library
    this.#patterns = patterns
    this.#draw = draw
    for (const node of goal) this.#add(node, 0)
  }

  child({ node }: Part, schema: unknown, ...segments: (string | number)[]): SchemaNode {
    return this.#library.nodeOf(schema, segments.reduce<string>(childPointer, node.pointer), node)
  }

  #add(node: SchemaNode, depth: number): void {
    const { schema } = node
    if (schema === false || depth > 50) throw new Unlucky('nothing is allowed')
    if (!isObject(schema)) return
    const part = { schema, node }
    this.parts.push(part)
    for (const keyword of ['$ref', '$dynamicRef'] as const) {
      const reference = schema[keyword]
      if (typeof reference !== 'string') continue
      this.doubtful ||= keyword === '$dynamicRef'
      this.#add(this.#library.resolve(reference, node, childPointer(node.pointer, keyword)), depth + 1)
    }
    const child = (keyword: string, at: string | number | undefined, each: unknown) =>
      this.#add(at === undefined ? this.child(part, each, keyword) : this.child(part, each, keyword, at), depth + 1)
    for (const [at, each] of listOf(schema.allOf).entries()) child('allOf', at, each)
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = listOf(schema[keyword])
      if (branches.length === 0) continue
      this.doubtful = true
      const at = this.#draw.integer(0, branches.length - 1)
      child(keyword, at, branches[at])
    }
    if ('not' in schema) this.doubtful = true
    if ('if' in schema) this.#condition(schema, child)
    for (const [name, each] of Object.entries(mapOf(schema.dependentSchemas))) {
      if (this.#draw.chance(0.5)) {
        this.wanted.add(name)
        child('dependentSchemas', name, each)
      } else this.unwanted.add(name)
    }
  }

  #condition(schema: JsonObject, child: (keyword: string, at: undefined, each: unknown) => void): void {
    this.doubtful = true
    if (this.#draw.chance(0.5)) {
      child('if', undefined, schema.if)
      if ('then' in schema) child('then', undefined, schema.then)
    } else if ('else' in schema) child('else', undefined, schema.else)
  }

  /** The types that all parts allow; those that keywords speak of, when none is named. */
  types(): readonly JsonType[] {
    let allowed: readonly JsonType[] = ALL
    let named = false
    for (const { schema } of this.parts) {
      if (schema.type === undefined) continue
      named = true
      const own = (Array.isArray(schema.type) ? schema.type : [schema.type]) as JsonType[]
      const types = schema.nullable === true ? [...own, 'null' as const] : own
      allowed = allowed.flatMap((type) => {
        if (types.includes(type)) return [type]
        return type === 'number' && types.includes('integer')
          ? ['integer' as const]
          : type === 'integer' && types.includes('number')
            ? [type]
            : []
      })
    }
    if (named) return allowed
    const spoken = ALL.filter((type) =>
      this.parts.some(({ schema }) => (KEYWORDS[type] ?? []).some((name) => name in schema)),
    )
    return spoken.length > 0 ? spoken : ['string', 'integer', 'boolean', 'null']
  }

  /** The greatest of a keyword's numbers, or the least. */
  most(keyword: string, otherwise: number): number {
    return Math.max(otherwise, ...this.#numbers(keyword))
  }

  least(keyword: string, otherwise: number): number {
    return Math.min(otherwise, ...this.#numbers(keyword))
  }

  #numbers(keyword: string): number[] {
    return this.parts.map(({ schema }) => schema[keyword]).filter((value) => typeof value === 'number')
  }

  texts(keyword: string): string[] {
    return [...new Set(this.parts.map(({ schema }) => schema[keyword]).filter((value) => typeof value === 'string'))]
  }

  has(keyword: string): boolean {
    return this.parts.some(({ schema }) => keyword in schema)
  }

  /** What a member must fit, or undefined when it may not be there. */
  member(name: string): Goal | undefined {
    const goal: SchemaNode[] = []
    let isKnown = false
    for (const part of this.parts) {
      const own = this.#ownMember(part, name)
      if (own.length > 0) isKnown = true
      const { additionalProperties } = part.schema
      if (own.length === 0 && additionalProperties !== undefined) {
        isKnown = true
        if (additionalProperties === false) return undefined
        goal.push(this.child(part, additionalProperties, 'additionalProperties'))
      }
      goal.push(...own)
    }
    if (!isKnown) {
      for (const part of this.parts) {
        const { unevaluatedProperties } = part.schema
        if (unevaluatedProperties === false) return undefined
        if (unevaluatedProperties !== undefined)
          goal.push(this.child(part, unevaluatedProperties, 'unevaluatedProperties'))
      }
    }
    return goal.some(({ schema }) => schema === false) ? undefined : goal
  }

  #ownMember(part: Part, name: string): SchemaNode[] {
    const { properties, patternProperties } = part.schema
    const own: SchemaNode[] = []
    const named = mapOf(properties)
    if (Object.hasOwn(named, name)) own.push(this.child(part, named[name], 'properties', name))
    for (const [source, schema] of Object.entries(mapOf(patternProperties))) {
      const pattern = this.#patterns.compile(source)
      if (typeof pattern === 'function' && pattern(name))
        own.push(this.child(part, schema, 'patternProperties', source))
    }
    return own
  }

  /** What an item must fit, or undefined when the list may not be so long. */
  item(index: number): Goal | undefined {
    const goal: SchemaNode[] = []
    let isKnown = false
    for (const part of this.parts) {
      const prefix = listOf(part.schema.prefixItems)
      if (index < prefix.length) goal.push(this.child(part, prefix[index], 'prefixItems', index))
      else if ('items' in part.schema) goal.push(this.child(part, part.schema.items, 'items'))
      else continue
      isKnown = true
    }
    if (!isKnown) {
      for (const part of this.parts) {
        if ('unevaluatedItems' in part.schema)
          goal.push(this.child(part, part.schema.unevaluatedItems, 'unevaluatedItems'))
      }
    }
    return goal.some(({ schema }) => schema === false) ? undefined : goal
  }
}

const KEYWORDS: { readonly [type in JsonType]?: readonly string[] } = {
  object: [
    'properties',
    'required',
    'patternProperties',
    'minProperties',
    'propertyNames',
    'dependentRequired',
    'dependentSchemas',
    'additionalProperties',
    'unevaluatedProperties',
  ],
  array: ['items', 'prefixItems', 'contains', 'minItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function mapOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}
