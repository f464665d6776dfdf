import { type CustomTypes, customTypeKeyword, X_TYPE } from './custom-type.ts'
import { invalidSchema } from './invalid-schema.ts'
import { isObject, type JsonObject } from './json-schema.ts'
import { type Check, type Keyword, KeywordPlace, type SchemaCompiler } from './keyword.ts'
import { arrayKeywords } from './keywords/array.ts'
import { combiningKeywords } from './keywords/combine.ts'
import { numberKeywords } from './keywords/number.ts'
import { objectKeywords } from './keywords/object.ts'
import { referenceKeywords } from './keywords/reference.ts'
import { stringKeywords } from './keywords/string.ts'
import { unevaluatedKeywords } from './keywords/unevaluated.ts'
import { valueKeywords } from './keywords/value.ts'
import { Patterns } from './pattern.ts'
import type { SchemaLibrary, SchemaNode, SchemaResource } from './schema-document.ts'
import { Seen } from './seen.ts'

/** In the order in which a value is asked: the cheapest and most telling first. */
const KEYWORDS: readonly (readonly [name: string, keyword: Keyword])[] = Object.entries({
  ...valueKeywords,
  ...numberKeywords,
  ...stringKeywords,
  ...objectKeywords,
  ...arrayKeywords,
  ...referenceKeywords,
  ...combiningKeywords,
})

const LAST_KEYWORDS = Object.entries(unevaluatedKeywords)

/** Turns schemas into closures, once each. */
export class Compiler implements SchemaCompiler {
  readonly #library: SchemaLibrary
  readonly #isDynamic: boolean
  readonly #table: typeof KEYWORDS
  readonly patterns: Patterns
  /** Schemas that references lead to; an entry is there before its check, for a schema may refer to itself. */
  readonly #referenced = new Map<unknown, { check: Check }>()

  constructor(library: SchemaLibrary, { trusted, types }: { trusted: boolean; types: CustomTypes }) {
    this.#library = library
    this.patterns = new Patterns(trusted)
    this.#table = [...KEYWORDS, [X_TYPE, customTypeKeyword(types)]]
    this.#isDynamic = library.isDynamic
  }

  compile(schema: unknown, pointer: string, parent: SchemaNode): Check {
    const node = this.#library.nodeOf(schema, pointer, parent)
    const check = this.#node(node)
    return node.resource === parent.resource ? check : this.#inScope(node.resource, check)
  }

  root(node: SchemaNode): Check {
    return this.#inScope(node.resource, this.#node(node))
  }

  reference(reference: string, at: KeywordPlace): Check {
    return this.#referTo(this.#library.resolve(reference, at.node, at.pointer))
  }

  dynamicReference(reference: string, at: KeywordPlace): Check {
    const node = this.#library.resolve(reference, at.node, at.pointer)
    const name = reference.slice(reference.indexOf('#') + 1)
    const plain = this.#referTo(node)
    if (node.resource.dynamicAnchors.get(name)?.schema !== node.schema) return plain
    return (value, run, seen) => {
      const outermost = run.scope.find((resource) => resource.dynamicAnchors.has(name))?.dynamicAnchors.get(name)
      return outermost ? this.#referTo(outermost)(value, run, seen) : plain(value, run, seen)
    }
  }

  #referTo(node: SchemaNode): Check {
    const held = this.#referenced.get(node.schema) ?? this.#compileReferenced(node)
    return this.#inScope(node.resource, (value, run, seen) => {
      run.descend()
      const ok = held.check(value, run, seen)
      run.ascend()
      return ok
    })
  }

  #compileReferenced(node: SchemaNode): { check: Check } {
    const held: { check: Check } = { check: () => true }
    if (isObject(node.schema)) this.#referenced.set(node.schema, held)
    held.check = this.#node(node)
    return held
  }

  /** The dynamic scope is kept only where some $dynamicAnchor can be asked for. */
  #inScope(resource: SchemaResource, check: Check): Check {
    if (!this.#isDynamic) return check
    return (value, run, seen) => {
      run.scope.push(resource)
      const ok = check(value, run, seen)
      run.scope.pop()
      return ok
    }
  }

  #node(node: SchemaNode): Check {
    const { schema, pointer } = node
    if (schema === true) return () => true
    if (schema === false) return never(pointer)
    if (!isObject(schema)) throw invalidSchema(pointer, 'a schema must be an object, true or false')
    const all = allHold(this.#keywords(this.#table, node, schema), 'type' in schema)
    const last = this.#keywords(LAST_KEYWORDS, node, schema)
    const check = last.length === 0 ? all : withSeen(all, allHold(last, false))
    return schema.nullable === true ? (value, run, seen) => value === null || check(value, run, seen) : check
  }

  #keywords(table: readonly (readonly [string, Keyword])[], node: SchemaNode, schema: JsonObject): Check[] {
    const checks: Check[] = []
    const ignored = node.resource.vocabulary?.ignored
    for (const [name, keyword] of table) {
      if (!Object.hasOwn(schema, name) || ignored?.has(name)) continue
      const check = keyword(new KeywordPlace(node, schema, name, this))
      if (check) checks.push(check)
    }
    return checks
  }
}

function never(schemaPath: string): Check {
  return (value, run) =>
    run.fail(() => ({ keyword: 'false', schemaPath, expected: false, actual: value, message: 'is not allowed here' }))
}

/** After a wrong type nothing else is worth saying about a value. */
function allHold(checks: readonly Check[], typeFirst: boolean): Check {
  const [first, second] = checks
  if (!first) return () => true
  if (!second) return first
  return (value, run, seen) => {
    let ok = true
    for (const check of checks) {
      if (check(value, run, seen)) continue
      ok = false
      if (!run.goesOn || (typeFirst && check === first)) return false
    }
    return ok
  }
}

function withSeen(all: Check, last: Check): Check {
  return (value, run, seen) => {
    const own = new Seen()
    const ok = all(value, run, own) && last(value, run, own)
    if (ok) seen?.merge(own)
    return ok
  }
}
