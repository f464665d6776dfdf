import { invalidSchema } from './invalid-schema.ts'
import { isObject } from './json-schema.ts'

const BASE = 'https://json-schema.org/draft/2020-12/vocab/'

/** The keywords that a check can fail on, by the vocabulary which brings them. */
const KEYWORDS: { readonly [vocabulary: string]: readonly string[] } = {
  applicator:
    'prefixItems items contains minContains maxContains additionalProperties properties patternProperties dependentSchemas propertyNames if then else allOf anyOf oneOf not'.split(
      ' ',
    ),
  unevaluated: ['unevaluatedItems', 'unevaluatedProperties'],
  validation:
    'type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems minProperties maxProperties required dependentRequired'.split(
      ' ',
    ),
}
const KNOWN = new Set(
  ['core', 'meta-data', 'format-annotation', 'format-assertion', 'content', ...Object.keys(KEYWORDS)].map(
    (name) => BASE + name,
  ),
)

/** What a meta-schema's `$vocabulary` makes of the keywords. */
export type Vocabulary = {
  /** Keywords that mean nothing, because nothing brings them. */
  readonly ignored: ReadonlySet<string>
  /** Is a format always checked, and not only when the caller asks? */
  readonly assertsFormats: boolean
}

/**
 * Reads the `$vocabulary` of a meta-schema; undefined when it has none, and every keyword holds.
 *
 * @throws WonderError `invalid_schema` for a vocabulary that is required and not known.
 */
export function vocabularyOf(metaSchema: unknown, pointer: string): Vocabulary | undefined {
  if (!isObject(metaSchema) || !isObject(metaSchema.$vocabulary)) return undefined
  const given = metaSchema.$vocabulary
  const unknown = Object.keys(given).find((name) => given[name] === true && !KNOWN.has(name))
  if (unknown !== undefined) throw invalidSchema(pointer, `its meta-schema requires the unknown vocabulary ${unknown}`)
  const ignored = Object.entries(KEYWORDS).flatMap(([name, words]) => (Object.hasOwn(given, BASE + name) ? [] : words))
  return { ignored: new Set(ignored), assertsFormats: Object.hasOwn(given, `${BASE}format-assertion`) }
}
