import { invalidSchema } from './invalid-schema.ts'
import { isObject, type JsonObject } from './json-schema.ts'
import type { Patterns } from './pattern.ts'
import { childPointer } from './pointer.ts'
import type { Finding, Run } from './run.ts'
import type { SchemaNode } from './schema-document.ts'
import type { Seen } from './seen.ts'

/** One compiled schema or keyword: does the value hold? */
export type Check = (value: unknown, run: Run, seen: Seen | undefined) => boolean

/** Compiles the keyword of a schema; undefined when it asks for nothing. */
export type Keyword = (at: KeywordPlace) => Check | undefined

/** A keyword in its schema, and what its compilation needs. */
export class KeywordPlace {
  readonly keyword: string
  readonly value: unknown
  /** JSON pointer of the keyword. */
  readonly pointer: string
  readonly schema: JsonObject
  readonly node: SchemaNode
  readonly compiler: SchemaCompiler

  constructor(node: SchemaNode, schema: JsonObject, keyword: string, compiler: SchemaCompiler) {
    this.node = node
    this.schema = schema
    this.keyword = keyword
    this.value = schema[keyword]
    this.pointer = childPointer(node.pointer, keyword)
    this.compiler = compiler
  }

  /** Compiles the schema that is the keyword's value, or stands in it under `segments`. */
  compile(schema: unknown, ...segments: (string | number)[]): Check {
    return this.compiler.compile(schema, segments.reduce<string>(childPointer, this.pointer), this.node)
  }

  /** Compiles the schema of another keyword of the same schema. */
  sibling(keyword: string): Check {
    return this.compiler.compile(this.schema[keyword], childPointer(this.node.pointer, keyword), this.node)
  }

  /** Fails: the run is told only in a loud pass, and only then the finding is made. */
  fail(run: Run, find: () => Omit<Finding, 'keyword' | 'schemaPath'>): false {
    return run.loud ? run.fail(() => ({ keyword: this.keyword, schemaPath: this.pointer, ...find() })) : false
  }

  invalid(why: string): Error {
    return invalidSchema(this.pointer, why)
  }

  numberValue(): number {
    if (typeof this.value === 'number' && Number.isFinite(this.value)) return this.value
    throw this.invalid('it must be a number')
  }

  countValue(): number {
    const count = this.numberValue()
    if (Number.isInteger(count) && count >= 0) return count
    throw this.invalid('it must be a whole number, not negative')
  }

  listValue(): readonly unknown[] {
    if (Array.isArray(this.value)) return this.value
    throw this.invalid('it must be a list')
  }

  mapValue(): JsonObject {
    if (isObject(this.value)) return this.value
    throw this.invalid('it must be an object')
  }

  namesOf(value: unknown): readonly string[] {
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
    throw this.invalid('it must be a list of names')
  }
}

/** What compiles subschemas and references; the compiler itself. */
export type SchemaCompiler = {
  readonly patterns: Patterns
  compile(schema: unknown, pointer: string, parent: SchemaNode): Check
  reference(reference: string, at: KeywordPlace): Check
  dynamicReference(reference: string, at: KeywordPlace): Check
}
