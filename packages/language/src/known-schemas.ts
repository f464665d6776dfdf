import type { JsonSchema } from '@wonder/context'
import type { Json } from '@wonder/engine'

/** What is known of a literal. */
export function schemaOfValue(value: Json): JsonSchema {
  return { const: value }
}

/** Schemas of what the built-in kinds give. `true` is any value. */
export const outputSchemas = {
  shell: object({
    exit_code: { type: 'integer' },
    stdout: { type: 'string' },
    stderr: { type: 'string' },
    value: true,
  }),
  http: object({ status: { type: 'integer' }, headers: { type: 'object' }, body: true }),
  render: object({ text: { type: 'string' } }),
} as const satisfies { readonly [kind: string]: JsonSchema }

/** `error`, in the tasks that follow a failure. */
export const errorSchema: JsonSchema = {
  type: 'object',
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    retry: { type: 'string' },
    retryAfter: { type: 'number' },
    details: true,
  },
  additionalProperties: false,
}

export function shellSchema(parse: string | undefined): JsonSchema {
  const value: JsonSchema =
    parse === 'text'
      ? { type: 'string' }
      : parse === 'lines'
        ? { type: 'array', items: { type: 'string' } }
        : parse === 'json'
          ? true
          : { type: 'null' }
  return object({ exit_code: { type: 'integer' }, stdout: { type: 'string' }, stderr: { type: 'string' }, value })
}

export function object(properties: { readonly [name: string]: JsonSchema }): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}
