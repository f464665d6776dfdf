import { compile, type JsonSchema, type Schema } from '@wonder/context'
import { type ErrorCode, WonderError } from '@wonder/errors'
import type { Json } from '@wonder/platform'

/** Problems that a message names; all are in the details. */
const SHOWN = 3

const compiled = new WeakMap<object, Schema>()

/**
 * The value with the schema's defaults, when it fits.
 *
 * @throws WonderError `code`, with every problem in `details.problems`
 */
export function checkSchema(
  schema: JsonSchema,
  value: Json,
  failure: { readonly code: ErrorCode; readonly what: string },
): Json {
  const result = schemaOf(schema).check(value, { applyDefaults: true })
  if (result.ok) return result.value as Json
  const messages = result.errors.slice(0, SHOWN).map((problem) => problem.message)
  const more = result.errors.length > SHOWN ? ` and ${result.errors.length - SHOWN} more` : ''
  throw new WonderError(failure.code, `${failure.what} does not fit its schema: ${messages.join('; ')}${more}`, {
    details: { problems: result.errors },
  })
}

/** Definitions are immutable: a schema is compiled once, for as long as it lives. */
function schemaOf(schema: JsonSchema): Schema {
  if (typeof schema === 'boolean') return compile(schema)
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const made = compile(schema)
  compiled.set(schema, made)
  return made
}
