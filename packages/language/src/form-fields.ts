import { compile, type JsonSchema } from '@wonder/context'
import type { Json } from '@wonder/engine'
import { expected, readValue } from './parse-input.ts'

/** One field of what a person is asked for. */
export type FormField = {
  readonly name: string
  /** For people: `integer`, `"a" | "b"`, `string[]`. */
  readonly type: string
  readonly description?: string
  readonly required: boolean
  readonly default?: Json
  /** The only values that it may have. */
  readonly choices?: readonly Json[]
  /** The value that a text stands for, or what is wrong with it. */
  read(text: string): { readonly value: Json } | { readonly problem: string }
}

/**
 * The fields of an object schema, in their order.
 *
 * @example
 * formFields({ type: 'object', properties: { n: { type: 'integer' } } })[0]?.read('5') // { value: 5 }
 */
export function formFields(schema: JsonSchema): readonly FormField[] {
  if (typeof schema === 'boolean') return []
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).map(([name, field]) => formField(name, field, required.has(name)))
}

function formField(name: string, schema: JsonSchema, isRequired: boolean): FormField {
  const parts = typeof schema === 'boolean' ? {} : schema
  const type = typeText(schema)
  return {
    name,
    type,
    ...(parts.description === undefined ? {} : { description: parts.description }),
    required: isRequired && parts.default === undefined,
    ...(parts.default === undefined ? {} : { default: parts.default as Json }),
    ...(parts.enum === undefined ? {} : { choices: parts.enum as readonly Json[] }),
    read(text) {
      const value = readValue(schema, text)
      if (value === undefined) return { problem: `It must be ${expected({ schema, type })}` }
      const checked = compile(schema).check(value)
      if (checked.ok) return { value }
      return { problem: checked.errors.map(({ message }) => message).join('; ') }
    },
  }
}

function typeText(schema: JsonSchema): string {
  if (typeof schema === 'boolean') return 'any'
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(' | ')
  if (schema.type === 'array') {
    const items = schema.items === undefined ? 'any' : typeText(schema.items)
    return items.includes(' ') ? `(${items})[]` : `${items}[]`
  }
  return typeof schema.type === 'string' ? (schema.format ?? schema.type) : (schema.type?.join(' | ') ?? 'any')
}
