import type { Keyword } from './keyword.ts'
import { describe } from './problem.ts'

/** A type of the caller's own, named in a schema by the keyword `x-type`. */
export type CustomType = {
  /** True, or what is asked for: `an amount with a currency`. Runs for every value, whatever else the schema says. */
  validate(value: unknown): true | string
  /** How a column holds it; without it the value is stored as JSON. */
  readonly sql?: CustomSqlType
  /** A valid value, by numbers in [0, 1): for sample data. */
  readonly sample?: (random: () => number) => unknown
}

/** The SQL of a custom type. The type's text comes from the program and goes into the statement as it is. */
export type CustomSqlType = {
  /** `TEXT`, `numeric(12, 2)`. */
  readonly sqlite: string
  readonly postgresql: string
  /** What is given to the database for a value; the value itself without it. */
  write?(value: unknown): string | number | boolean | null
  /** The value of what the database gave. */
  read?(stored: unknown): unknown
}

/** Custom types by the name that schemas use. */
export type CustomTypes = { readonly [name: string]: CustomType }

export const X_TYPE = 'x-type'

/** The keyword `x-type`, over the types that compile() was given. */
export function customTypeKeyword(types: CustomTypes): Keyword {
  return (at) => {
    const { value: name } = at
    if (typeof name !== 'string') throw at.invalid('it must be a text')
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (!type) throw at.invalid(`the type "${name}" is not among those given in "types"`)
    return (value, run) => {
      const answer = type.validate(value)
      if (answer === true) return true
      return at.fail(run, () => ({
        expected: name,
        actual: value,
        message: `must be ${answer}, not ${describe(value)}`,
      }))
    }
  }
}
