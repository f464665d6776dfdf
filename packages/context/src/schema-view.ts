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
  readonly #document: SchemaDocument
  readonly #pointer: string
  /** Where it stands for references; asked for only when one is followed. */
  readonly #node: () => SchemaNode

  private constructor(schema: unknown, at: { document: SchemaDocument; pointer: string; node: () => SchemaNode }) {
    this.schema = isObject(schema) || typeof schema === 'boolean' ? schema : true
    this.#document = at.document
    this.#pointer = at.pointer
    this.#node = at.node
  }

  static of(schema: JsonSchema): SchemaView {
    const document = new SchemaDocument(schema)
    return new SchemaView(schema, { document, pointer: '', node: () => document.taken.root })
  }

  child(schema: unknown, ...segments: (string | number)[]): SchemaView {
    const document = this.#document
    const pointer = segments.reduce<string>(childPointer, this.#pointer)
    const node = () => document.taken.library.nodeOf(schema, pointer, this.#node())
    return new SchemaView(schema, { document, pointer, node })
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

  /** @throws WonderError `invalid_schema` when the reference leads nowhere, or the document is nested too deeply. */
  follow(reference: string): SchemaView {
    const document = this.#document
    const node = document.taken.library.resolve(reference, this.#node(), childPointer(this.#pointer, '$ref'))
    return new SchemaView(node.schema, { document, pointer: node.pointer, node: () => node })
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

/** A whole schema. Most have no reference, so it is taken in only for the first that is followed. */
class SchemaDocument {
  readonly #schema: JsonSchema
  #taken: { readonly library: SchemaLibrary; readonly root: SchemaNode } | undefined

  constructor(schema: JsonSchema) {
    this.#schema = schema
  }

  get taken(): { readonly library: SchemaLibrary; readonly root: SchemaNode } {
    if (this.#taken === undefined) {
      const library = new SchemaLibrary()
      this.#taken = { library, root: library.add(this.#schema) }
    }
    return this.#taken
  }
}
