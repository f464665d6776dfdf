export type Kind =
  | 'null'
  | 'bool'
  | 'number'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'list'
  | 'map'
  | 'optional'

/** A JSON Schema, as whoever asks for a check holds it. */
export type SchemaLike = boolean | { readonly [keyword: string]: unknown }

/** What is known of a value before it is there. */
export type ValueType = {
  /** The kinds that it may have; undefined when nothing is known. */
  readonly kinds: readonly Kind[] | undefined
  /** Of what a schema describes. */
  readonly schema?: SchemaLike
  /** Of the items of a list that an expression makes, and of what an optional holds. */
  readonly of?: ValueType
}

export const unknownType: ValueType = { kinds: undefined }

export function ofKind(...kinds: readonly Kind[]): ValueType {
  return { kinds }
}

/** Does the value surely have none of these kinds? */
export function isNever(type: ValueType, kinds: readonly Kind[]): boolean {
  return type.kinds !== undefined && !type.kinds.some((kind) => kinds.includes(kind))
}

export function either(a: ValueType, b: ValueType): ValueType {
  if (a.kinds === undefined || b.kinds === undefined) return unknownType
  return { kinds: [...new Set([...a.kinds, ...b.kinds])] }
}

const kindOfType: Readonly<Record<string, Kind>> = {
  null: 'null',
  boolean: 'bool',
  integer: 'number',
  number: 'number',
  string: 'string',
  array: 'list',
  object: 'map',
}

/** What a schema says of its values' kinds. */
export function typeOfSchema(schema: SchemaLike, depth = 0): ValueType {
  return { kinds: kindsOf(schema, depth), schema }
}

function kindsOf(schema: SchemaLike, depth: number): readonly Kind[] | undefined {
  if (typeof schema === 'boolean' || depth > 10) return undefined
  const { type, enum: values, anyOf, oneOf } = schema
  if (typeof type === 'string') return known([type])
  if (Array.isArray(type)) return known(type)
  if ('const' in schema) return [kindOfJson(schema.const)]
  if (Array.isArray(values)) return [...new Set(values.map(kindOfJson))]
  const alternatives = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined
  if (alternatives === undefined) return undefined
  const kinds = alternatives.map((alternative) => kindsOf(alternative as SchemaLike, depth + 1))
  return kinds.some((each) => each === undefined) ? undefined : [...new Set(kinds.flatMap((each) => each ?? []))]
}

function known(types: readonly unknown[]): readonly Kind[] | undefined {
  const kinds = types.map((type) => kindOfType[String(type)])
  return kinds.every((kind) => kind !== undefined) ? [...new Set(kinds)] : undefined
}

function kindOfJson(value: unknown): Kind {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'number' ? 'number' : typeof value === 'string' ? 'string' : 'map'
}

const words: Readonly<Record<Kind, string>> = {
  null: 'null',
  bool: 'true or false',
  number: 'a number',
  string: 'a text',
  bytes: 'bytes',
  timestamp: 'a timestamp',
  duration: 'a duration',
  list: 'a list',
  map: 'a map',
  optional: 'an optional',
}

/** For messages: `a text or null`. */
export function describeKinds(kinds: readonly Kind[] | undefined): string {
  return kinds === undefined ? 'anything' : kinds.map((kind) => words[kind]).join(' or ')
}
