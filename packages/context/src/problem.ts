/** One thing wrong with a value. */
export type Problem = {
  /** JSON pointer of the value; of a missing or an unknown property, where it is or would be. */
  readonly path: string
  /** JSON pointer of the keyword in the schema's document. */
  readonly schemaPath: string
  readonly keyword: string
  /** Stable, such as TYPE_MISMATCH. */
  readonly code: string
  /** What the keyword asks for. */
  readonly expected: unknown
  /** The value itself, or of a list or an object its type. */
  readonly actual: unknown
  /** A sentence that begins with the path: `/limit must be an integer, not the text "x"`. */
  readonly message: string
}

const CODES: { readonly [keyword: string]: string } = {
  type: 'TYPE_MISMATCH',
  required: 'REQUIRED_FIELD_MISSING',
  dependentRequired: 'REQUIRED_FIELD_MISSING',
  pattern: 'PATTERN_MISMATCH',
  format: 'FORMAT_MISMATCH',
  enum: 'ENUM_MISMATCH',
  const: 'CONST_MISMATCH',
  additionalProperties: 'UNKNOWN_PROPERTY',
  unevaluatedProperties: 'UNKNOWN_PROPERTY',
  'x-type': 'CUSTOM_TYPE_INVALID',
  false: 'NOT_ALLOWED',
}

/** The code of a keyword: `minLength` has MIN_LENGTH. */
export function codeOf(keyword: string): string {
  return CODES[keyword] ?? keyword.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/** A value as a sentence names it. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'string') return `the text ${shortened(JSON.stringify(value))}`
  return typeof value === 'object' ? 'an object' : `${value}`
}

/** A value as a schema writes it, shortened. */
export function shown(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value))
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
