import { WonderError } from '@wonder/errors'
import type { Json, JsonObject } from '@wonder/platform'

/** Reads the fields of an action's config; a wrong one is the error `invalid_value` that names field and action. */
export class ConfigReader {
  readonly #action: string
  readonly #fields: JsonObject

  constructor(action: string, fields: JsonObject) {
    this.#action = action
    this.#fields = fields
  }

  /** The field as it is; undefined when it is absent or null. */
  any(name: string): Json | undefined {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
    return value === null ? undefined : value
  }

  text(name: string): string
  text(name: string, fallback: string): string
  text(name: string, fallback?: string): string {
    const value = this.optionalText(name) ?? fallback
    return value === undefined ? this.fail(name, 'a text', undefined) : value
  }

  optionalText(name: string): string | undefined {
    const value = this.any(name)
    return value === undefined || typeof value === 'string' ? value : this.fail(name, 'a text', value)
  }

  number(name: string, fallback: number): number {
    const value = this.any(name) ?? fallback
    return typeof value === 'number' ? value : this.fail(name, 'a number', value)
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.any(name) ?? fallback
    return choices.find((choice) => choice === value) ?? this.fail(name, `one of ${choices.join(', ')}`, value)
  }

  list(name: string, fallback: readonly Json[]): readonly Json[] {
    const value = this.any(name) ?? fallback
    return Array.isArray(value) ? value : this.fail(name, 'a list', value)
  }

  object(name: string): JsonObject {
    const value = this.any(name) ?? {}
    return isObject(value) ? value : this.fail(name, 'an object', value)
  }

  /** An object of texts; numbers and booleans are written out, null leaves a name away. */
  texts(name: string): { readonly [name: string]: string } {
    const texts: [string, string][] = []
    for (const [key, value] of Object.entries(this.object(name))) {
      if (value === null) continue
      texts.push([key, this.#scalar(`${name}.${key}`, value)])
    }
    return Object.fromEntries(texts)
  }

  /** A list of texts; numbers and booleans are written out. */
  textList(name: string): readonly string[] {
    return this.list(name, []).map((value, index) => this.#scalar(`${name}[${index}]`, value))
  }

  fail(name: string, expected: string, value: Json | undefined): never {
    // Its kind only: a piece of the value may be a piece of a secret.
    const found = value === undefined ? 'it is missing' : `it is ${kindOf(value)}`
    throw new WonderError('invalid_value', `Cannot run ${this.#action}: "${name}" must be ${expected}, and ${found}`, {
      details: { field: name },
    })
  }

  #scalar(name: string, value: Json): string {
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    return this.fail(name, 'a text', value)
  }
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return { string: 'another text', number: 'a number', boolean: 'true or false' }[typeof value as string] ?? 'an object'
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
