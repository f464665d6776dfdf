/** The names of `type`. */
export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object'

/** A JSON Schema of draft 2020-12, and `nullable`. */
export type JsonSchema = boolean | SchemaObject

export type SchemaMap = { readonly [name: string]: JsonSchema }

export type SchemaObject = {
  readonly $schema?: string
  readonly $id?: string
  readonly $ref?: string
  readonly $anchor?: string
  readonly $defs?: SchemaMap
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: JsonType | readonly JsonType[]
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly contains?: JsonSchema
  readonly minContains?: number
  readonly maxContains?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly properties?: SchemaMap
  readonly patternProperties?: SchemaMap
  readonly additionalProperties?: JsonSchema
  readonly required?: readonly string[]
  readonly propertyNames?: JsonSchema
  readonly dependentRequired?: { readonly [name: string]: readonly string[] }
  readonly dependentSchemas?: SchemaMap
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly not?: JsonSchema
  readonly if?: JsonSchema
  readonly then?: JsonSchema
  readonly else?: JsonSchema
  readonly unevaluatedItems?: JsonSchema
  readonly unevaluatedProperties?: JsonSchema
  readonly [keyword: string]: unknown
}

export type JsonObject = { readonly [key: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON's name of a value's type; an integral number is an integer. */
export function typeOf(value: unknown): JsonType | 'undefined' {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number'
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'array' : 'object'
    default:
      return 'undefined'
  }
}
