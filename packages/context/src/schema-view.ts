import { isObject, type JsonSchema, type JsonType } from './json-schema.ts'
import { childPointer } from './pointer.ts'
import { SchemaLibrary, type SchemaNode } from './schema-document.ts'

const ANNOTATIONS = new Set(
  '$schema $id $anchor $dynamicAnchor $comment $defs definitions title description default examples deprecated readOnly writeOnly format'.split(
    ' ',
  ),
)

/** A schema in its document, read by those who reason about schemas instead of checking values. */
export class SchemaView {
  readonly schema: JsonSchema
  readonly #node: SchemaNode
  readonly #library: SchemaLibrary

  private constructor(node: SchemaNode, library: SchemaLibrary) {
    this.schema = isObject(node.schema) || typeof node.schema === 'boolean' ? node.schema : true
    this.#node = node
    this.#library = library
  }

  /** @throws WonderError `invalid_schema` when it is nested too deeply. */
  static of(schema: JsonSchema): SchemaView {
    const library = new SchemaLibrary()
    return new SchemaView(library.add(schema), library)
  }

  child(schema: unknown, ...segments: (string | number)[]): SchemaView {
    const pointer = segments.reduce<string>(childPointer, this.#node.pointer)
    return new SchemaView(this.#library.nodeOf(schema, pointer, this.#node), this.#library)
  }

  /** The schema itself, what it refers to and the members of its allOf: a value must fit each of these parts. */
  parts(depth = 0): SchemaView[] {
    const { schema } = this
    if (typeof schema === 'boolean' || depth > 20) return [this]
    const { $ref, allOf } = schema
    const parts: SchemaView[] = [this]
    if (typeof $ref === 'string') parts.push(...this.follow($ref).parts(depth + 1))
    for (const [index, part] of (allOf ?? []).entries())
      parts.push(...this.child(part, 'allOf', index).parts(depth + 1))
    return parts
  }

  /** @throws WonderError `invalid_schema` when the reference leads nowhere. */
  follow(reference: string): SchemaView {
    const node = this.#library.resolve(reference, this.#node, childPointer(this.#node.pointer, '$ref'))
    return new SchemaView(node, this.#library)
  }

  /** The members of `anyOf` or `oneOf`, or undefined when there is none of them, or both. */
  alternatives(): SchemaView[] | undefined {
    if (typeof this.schema === 'boolean') return undefined
    const { anyOf, oneOf } = this.schema
    if ((anyOf === undefined) === (oneOf === undefined)) return undefined
    const keyword = anyOf ? 'anyOf' : 'oneOf'
    return (anyOf ?? oneOf ?? []).map((schema, index) => this.child(schema, keyword, index))
  }

  /** The types that it allows by name, or undefined when it names none. */
  types(): readonly JsonType[] | undefined {
    if (typeof this.schema === 'boolean' || this.schema.type === undefined) return undefined
    const { type, nullable } = this.schema
    const types = typeof type === 'string' ? [type] : type
    return nullable === true ? [...types, 'null'] : types
  }

  /** Keywords that ask something of a value. */
  keywords(): string[] {
    return typeof this.schema === 'boolean' ? [] : Object.keys(this.schema).filter((name) => !ANNOTATIONS.has(name))
  }
}
