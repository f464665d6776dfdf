import { invalidSchema } from './invalid-schema.ts'
import { isObject, type JsonObject } from './json-schema.ts'
import { childPointer, segmentsOf } from './pointer.ts'
import { type Vocabulary, vocabularyOf } from './vocabulary.ts'

/** A schema with an identifier of its own, and the anchors in it. */
export class SchemaResource {
  readonly uri: string
  readonly root: SchemaNode
  readonly anchors = new Map<string, SchemaNode>()
  readonly dynamicAnchors = new Map<string, SchemaNode>()
  /** The URI of the meta-schema, by `$schema` here or in the resource around. */
  readonly dialect: string | undefined
  /** Set once all documents are there. */
  vocabulary: Vocabulary | undefined

  constructor(
    schema: unknown,
    { uri, pointer, dialect }: { uri: string; pointer: string; dialect: string | undefined },
  ) {
    this.uri = uri
    this.dialect = isObject(schema) && typeof schema.$schema === 'string' ? schema.$schema : dialect
    this.root = { schema, pointer, resource: this }
  }
}

/** A place of a document where a schema stands. */
export type SchemaNode = { readonly schema: unknown; readonly pointer: string; readonly resource: SchemaResource }

/** Keywords whose value is a schema, a list of schemas, or a map of them. */
const SCHEMA_KEYWORDS = new Set(
  'items contains additionalProperties propertyNames not if then else unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
)
const LIST_KEYWORDS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const MAP_KEYWORDS = new Set(['$defs', 'definitions', 'properties', 'patternProperties', 'dependentSchemas'])

/** Where documents without an identifier are; never fetched. */
const NOWHERE = 'json-schema:///'
const MAX_DEPTH = 200

/** All schemas that a compilation can reach, by identifier. Nothing is ever fetched. */
export class SchemaLibrary {
  readonly #resources = new Map<string, SchemaResource>()
  readonly #all: SchemaResource[] = []
  readonly #nodes = new Map<object, SchemaNode>()

  /** Takes a document in; gives its root. */
  add(schema: unknown, uri = NOWHERE): SchemaNode {
    const node = this.#index({ schema, pointer: '', base: uri, parent: undefined, depth: 0 })
    if (!this.#resources.has(uri)) this.#resources.set(uri, node.resource)
    return node
  }

  /** Reads which vocabularies hold where, once every document was taken in. */
  readVocabularies(): void {
    for (const resource of this.#all) {
      const { dialect } = resource
      const metaSchema = dialect === undefined ? undefined : this.#resources.get(splitFragment(dialect)[0])
      if (!metaSchema) continue
      resource.vocabulary = vocabularyOf(metaSchema.root.schema, childPointer(resource.root.pointer, '$schema'))
    }
  }

  /** Does any schema have a $dynamicAnchor? Without one nobody needs to know the dynamic scope. */
  get isDynamic(): boolean {
    return [...this.#resources.values()].some((resource) => resource.dynamicAnchors.size > 0)
  }

  /** The node of a schema that was met when the document was taken in, or of a plain subschema. */
  nodeOf(schema: unknown, pointer: string, parent: SchemaNode): SchemaNode {
    const known = isObject(schema) ? this.#nodes.get(schema) : undefined
    // One object may stand at several places; each keeps its own pointer.
    return known?.pointer === pointer ? known : { schema, pointer, resource: known?.resource ?? parent.resource }
  }

  /** What `$ref` or `$dynamicRef` at `pointer` leads to. */
  resolve(reference: string, from: SchemaNode, pointer: string): SchemaNode {
    const [path = '', fragment = ''] = splitFragment(reference)
    const uri = path === '' ? from.resource.uri : resolveUri(path, from.resource.uri)
    const resource = this.#resources.get(uri)
    if (!resource) {
      throw invalidSchema(pointer, `"${reference}" is not in this document, and schemas are never fetched`)
    }
    const found =
      fragment === '' || fragment.startsWith('/') ? this.#at(resource.root, fragment) : anchorOf(resource, fragment)
    if (!found) throw invalidSchema(pointer, `"${reference}" leads nowhere`)
    return found
  }

  #at(root: SchemaNode, fragment: string): SchemaNode | undefined {
    let node = root
    let { schema, pointer } = root
    for (const segment of segmentsOf(fragment)) {
      if (Array.isArray(schema)) schema = schema[Number(segment)]
      else if (isObject(schema) && Object.hasOwn(schema, segment)) schema = schema[segment]
      else return undefined
      pointer = childPointer(pointer, segment)
      node = this.nodeOf(schema, pointer, node)
    }
    return schema === undefined ? undefined : node
  }

  #index(place: Place): SchemaNode {
    const { schema, pointer, base, parent, depth } = place
    if (depth > MAX_DEPTH) throw invalidSchema(pointer, `it is nested deeper than ${MAX_DEPTH} levels`)
    const id = isObject(schema) && typeof schema.$id === 'string' ? splitFragment(schema.$id)[0] : undefined
    const uri = id ? resolveUri(id, base) : base
    const node = parent && !id ? { schema, pointer, resource: parent } : this.#newResource(place, uri)
    if (!isObject(schema)) return node
    if (!this.#nodes.has(schema)) this.#nodes.set(schema, node)
    const { $anchor, $dynamicAnchor } = schema
    if (typeof $anchor === 'string') node.resource.anchors.set($anchor, node)
    if (typeof $dynamicAnchor === 'string') {
      node.resource.anchors.set($dynamicAnchor, node)
      node.resource.dynamicAnchors.set($dynamicAnchor, node)
    }
    for (const [child, at] of childrenOf(schema, pointer)) {
      this.#index({ schema: child, pointer: at, base: uri, parent: node.resource, depth: depth + 1 })
    }
    return node
  }

  #newResource({ schema, pointer, parent }: Place, uri: string): SchemaNode {
    const resource = new SchemaResource(schema, { uri, pointer, dialect: parent?.dialect })
    this.#all.push(resource)
    if (!this.#resources.has(uri)) this.#resources.set(uri, resource)
    return resource.root
  }
}

type Place = {
  readonly schema: unknown
  readonly pointer: string
  readonly base: string
  readonly parent: SchemaResource | undefined
  readonly depth: number
}

function* childrenOf(schema: JsonObject, pointer: string): Generator<[child: unknown, pointer: string]> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (SCHEMA_KEYWORDS.has(keyword)) yield [value, childPointer(pointer, keyword)]
    else if (LIST_KEYWORDS.has(keyword) && Array.isArray(value)) {
      const at = childPointer(pointer, keyword)
      for (const [index, item] of value.entries()) yield [item, childPointer(at, index)]
    } else if (MAP_KEYWORDS.has(keyword) && isObject(value)) {
      const at = childPointer(pointer, keyword)
      for (const [name, item] of Object.entries(value)) yield [item, childPointer(at, name)]
    }
  }
}

function splitFragment(reference: string): [path: string, fragment: string] {
  const at = reference.indexOf('#')
  return at === -1 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)]
}

function resolveUri(reference: string, base: string): string {
  return URL.parse(reference, base)?.href ?? reference
}

function anchorOf(resource: SchemaResource, name: string): SchemaNode | undefined {
  return resource.anchors.get(decodeURIComponent(name))
}
