import { type JsonSchema, schemaAt } from '@wonder/context'
import { nearest } from '@wonder/errors'
import { firstKey } from './check-shape.ts'
import { checkFit } from './fit-check.ts'
import type { Problems } from './problems.ts'
import { entriesOf, type Tree } from './tree.ts'

/** Holds `with` against the input that it feeds: names, what is missing, and types as far as they are known. */
export function checkWith({
  owner,
  schema,
  given,
  known,
  at,
  problems,
}: {
  readonly owner: string
  readonly schema: JsonSchema
  readonly given: Tree | undefined
  /** What is known of `given`. */
  readonly known: JsonSchema | undefined
  readonly at: Tree
  readonly problems: Problems
}): void {
  if (typeof schema === 'boolean' || schema.properties === undefined) return
  const { properties } = schema
  const names = Object.keys(properties)
  const required = schema.required ?? []
  const unknown = entriesOf(given).filter(({ key }) => !Object.hasOwn(properties, key))
  if (schema.additionalProperties === false) {
    for (const { key, keySpan, value } of unknown) {
      const near = nearest(key, names)
      problems.add({
        code: 'unknown_input',
        message: `${owner} has no input "${key}"`,
        at: { file: value.file, span: keySpan },
        help:
          near === undefined
            ? names.length === 0
              ? 'It takes no input.'
              : `Its inputs are ${names.join(', ')}.`
            : `Did you mean "${near}"?`,
      })
    }
  }
  for (const { key, value } of entriesOf(given)) {
    const asked = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (asked === undefined) continue
    const found = known === undefined ? undefined : schemaAt(known, [key])
    checkFit({
      what: `input "${key}" of ${owner}`,
      tree: value,
      given: found === 'absent' ? undefined : found,
      asked,
      problems,
    })
  }
  const keys = entriesOf(given).map(({ key }) => key)
  const misspelt = new Set(unknown.flatMap(({ key }) => nearest(key, names) ?? []))
  for (const name of required) {
    if (keys.includes(name) || misspelt.has(name)) continue
    problems.add({
      code: 'missing_input',
      message: `${owner} needs the input "${name}"`,
      at: given === undefined ? at : { file: given.file, span: firstKey(given) },
      help: `Write with: { ${name}: … }.`,
    })
  }
}
