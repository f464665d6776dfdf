import type { CustomSqlType, CustomTypes } from '../custom-type.ts'
import { isObject, type JsonObject, type JsonType, typeOf } from '../json-schema.ts'
import { childPointer } from '../pointer.ts'
import type { SchemaLibrary, SchemaNode } from '../schema-document.ts'
import type { ColumnType, SqlValue } from './dialect.ts'
import { isStorableText } from './dialect.ts'
import type { ColumnCheck } from './table-model.ts'

/** What a schema is for a database. */
export type Shape = {
  readonly kind: 'scalar' | 'record' | 'list' | 'json'
  readonly nullable: boolean
  readonly type: ColumnType
  readonly schema: JsonObject
  readonly node: SchemaNode
}

/** How nested parts are kept, where a schema does not say it with `x-sql`. */
export type Placement = { readonly objects: 'flatten' | 'json'; readonly arrays: 'table' | 'json' }

type Where = {
  readonly library: SchemaLibrary
  readonly types: CustomTypes
  readonly placement: Placement
  /** Schemas around this one: who meets itself again is kept as JSON. */
  readonly around: readonly unknown[]
}

const SCALARS: { readonly [type in JsonType]?: ColumnType } = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
}

/** Looks at a schema, through its reference. What cannot be told for sure is JSON. */
export function shapeOf(given: SchemaNode, where: Where): Shape {
  const node = followed(given, where.library)
  const { schema } = node
  const json = (inner: JsonObject): Shape => ({ kind: 'json', nullable: true, type: 'json', schema: inner, node })
  if (!isObject(schema)) return json({})
  const placed = isObject(given.schema) ? (given.schema['x-sql'] ?? schema['x-sql']) : undefined
  if (placed === 'json' || where.around.includes(schema) || '$ref' in schema || '$dynamicRef' in schema) {
    return json(schema)
  }
  const custom = customOf(schema, where.types)
  const listed = typesOf(schema)
  const types = listed.filter((type) => type !== 'null')
  const nullable = schema.nullable === true || listed.includes('null')
  const [type] = types
  if (custom) return { kind: 'scalar', nullable, type: custom, schema, node }
  if (type === undefined || types.length > 1 || 'x-type' in schema) return json(schema)
  const scalar = SCALARS[type]
  if (scalar) return { kind: 'scalar', nullable, type: scalar, schema, node }
  const shape = { nullable, type: 'json' as const, schema, node }
  if (type === 'object') {
    const flat = (placed ?? where.placement.objects) === 'flatten'
    const named = isObject(schema.properties) && Object.keys(schema.properties).length > 0
    return { ...shape, kind: flat && named ? 'record' : 'json' }
  }
  const apart = (placed ?? where.placement.arrays) === 'table'
  const uniform = (isObject(schema.items) || schema.items === true) && !('prefixItems' in schema)
  return { ...shape, kind: apart && uniform ? 'list' : 'json' }
}

function followed(node: SchemaNode, library: SchemaLibrary): SchemaNode {
  let found = node
  const met = new Set<unknown>()
  while (isObject(found.schema) && typeof found.schema.$ref === 'string' && isOnlyReference(found.schema)) {
    if (met.has(found.schema)) return { ...found, schema: true }
    met.add(found.schema)
    found = library.resolve(found.schema.$ref, found, childPointer(found.pointer, '$ref'))
  }
  return found
}

function isOnlyReference(schema: JsonObject): boolean {
  const notes = ['$ref', 'title', 'description', 'default', 'x-sql', '$comment', 'examples', 'deprecated', '$defs']
  return Object.keys(schema).every((name) => notes.includes(name))
}

function customOf(schema: JsonObject, types: CustomTypes): CustomSqlType | undefined {
  const name = schema['x-type']
  return typeof name === 'string' && Object.hasOwn(types, name) ? types[name]?.sql : undefined
}

function typesOf(schema: JsonObject): readonly JsonType[] {
  const { type } = schema
  if (typeof type === 'string') return [type as JsonType]
  if (Array.isArray(type)) return type as JsonType[]
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : []
  const found = [...new Set(values.map(typeOf))].filter((name) => name !== 'undefined')
  return found.includes('object') || found.includes('array') ? [] : found
}

type Bound = Extract<ColumnCheck, { limit: number }>

/** What a database can check of a scalar. */
export function checksOf({ schema, type }: Shape): ColumnCheck[] {
  const checks: ColumnCheck[] = []
  const bound = (keyword: string, check: Omit<Bound, 'limit'>) => {
    const limit = schema[keyword]
    if (typeof limit === 'number') checks.push({ ...check, limit })
  }
  if (type === 'text') {
    bound('minLength', { kind: 'length', operator: '>=' })
    bound('maxLength', { kind: 'length', operator: '<=' })
  }
  if (type === 'integer' || type === 'number') {
    bound('minimum', { kind: 'value', operator: '>=' })
    bound('maximum', { kind: 'value', operator: '<=' })
    bound('exclusiveMinimum', { kind: 'value', operator: '>' })
    bound('exclusiveMaximum', { kind: 'value', operator: '<' })
  }
  if (type === 'integer' && Number.isSafeInteger(schema.multipleOf)) {
    checks.push({ kind: 'multiple', of: Number(schema.multipleOf) })
  }
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (typeof type === 'string' && Array.isArray(values)) {
    const held = values.filter((value) => value !== null)
    if (held.length > 0 && held.every((value) => isOf(value, type))) checks.push({ kind: 'in', values: held })
  }
  return checks
}

/** Can the value stand in a column of this type as it is? */
export function isOf(value: unknown, type: ColumnType): value is SqlValue {
  switch (type) {
    case 'text':
      return typeof value === 'string' && isStorableText(value)
    case 'integer':
      return Number.isSafeInteger(value)
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    default:
      return false
  }
}
