import { WonderError } from '@wonder/errors'
import { isObject, type JsonObject } from './json-schema.ts'
import { childPointer } from './pointer.ts'
import type { SchemaLibrary, SchemaNode } from './schema-document.ts'

const MAX_DEPTH = 512

/**
 * Puts in what is missing and has a `default`: through properties, items, prefixItems, additionalProperties, $ref and
 * allOf. Not through anyOf, oneOf and if, whose branch is not known yet. The caller's value is never changed; parts
 * without a change are shared with it.
 */
export class Defaults {
  readonly #library: SchemaLibrary

  constructor(library: SchemaLibrary) {
    this.#library = library
  }

  apply(value: unknown, node: SchemaNode, depth = 0): unknown {
    const { schema } = node
    if (!isObject(schema)) return value
    if (depth > MAX_DEPTH) {
      throw new WonderError('limit_exceeded', `Cannot apply defaults: they nest deeper than ${MAX_DEPTH} levels`)
    }
    let filled = value
    for (const part of this.#inPlace(schema, node)) filled = this.apply(filled, part, depth + 1)
    if (isObject(filled)) return this.#object(filled, schema, node, depth + 1)
    return Array.isArray(filled) ? this.#list(filled, schema, node, depth + 1) : filled
  }

  *#inPlace(schema: JsonObject, node: SchemaNode): Generator<SchemaNode> {
    const { $ref, allOf } = schema
    if (typeof $ref === 'string') yield this.#library.resolve($ref, node, childPointer(node.pointer, '$ref'))
    if (Array.isArray(allOf)) for (const [index, part] of allOf.entries()) yield this.#child(node, part, 'allOf', index)
  }

  #object(value: JsonObject, schema: JsonObject, node: SchemaNode, depth: number): JsonObject {
    const { properties, additionalProperties } = schema
    const known = isObject(properties) ? properties : {}
    const changes = new Map<string, unknown>()
    for (const [name, child] of Object.entries(known)) {
      const given = Object.hasOwn(value, name)
        ? value[name]
        : copyOf(this.#defaultOf(this.#child(node, child, 'properties', name)))
      if (given === undefined) continue
      const filled = this.apply(given, this.#child(node, child, 'properties', name), depth)
      if (filled !== value[name] || !Object.hasOwn(value, name)) changes.set(name, filled)
    }
    if (isObject(additionalProperties)) {
      for (const name of Object.keys(value)) {
        if (Object.hasOwn(known, name)) continue
        const filled = this.apply(value[name], this.#child(node, additionalProperties, 'additionalProperties'), depth)
        if (filled !== value[name]) changes.set(name, filled)
      }
    }
    // fromEntries and not a spread: a property named __proto__ stays one.
    return changes.size === 0 ? value : Object.fromEntries([...Object.entries(value), ...changes])
  }

  #list(value: readonly unknown[], schema: JsonObject, node: SchemaNode, depth: number): readonly unknown[] {
    const { prefixItems, items } = schema
    const first = Array.isArray(prefixItems) ? prefixItems : []
    const filled = value.map((item, index) => {
      if (index < first.length) return this.apply(item, this.#child(node, first[index], 'prefixItems', index), depth)
      return isObject(items) ? this.apply(item, this.#child(node, items, 'items'), depth) : item
    })
    return filled.every((item, index) => item === value[index]) ? value : filled
  }

  /** A property's own default, else that of what it refers to. */
  #defaultOf(node: SchemaNode, depth = 0): unknown {
    const { schema } = node
    if (!isObject(schema) || depth > MAX_DEPTH) return undefined
    if (Object.hasOwn(schema, 'default')) return schema.default
    for (const part of this.#inPlace(schema, node)) {
      const found = this.#defaultOf(part, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  #child(node: SchemaNode, schema: unknown, ...segments: (string | number)[]): SchemaNode {
    return this.#library.nodeOf(schema, segments.reduce<string>(childPointer, node.pointer), node)
  }
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)]))
}
