import type { Json } from '@wonder/engine'
import { child, entriesOf, jsonOf, type Tree, textOf, textsOf } from '../tree.ts'

/** A field in the words of the language: a short text where it can be said so, else its JSON Schema. */
export type WrittenField = {
  readonly name: string
  readonly type: string | { readonly [keyword: string]: Json }
  readonly description?: string
}

/** Fields, or a whole schema where fields cannot say it. */
export type WrittenFields =
  | { readonly fields: readonly WrittenField[] }
  | { readonly schema: { readonly [keyword: string]: Json } }

const SHORT = ['string', 'integer', 'number', 'boolean', 'object']

/** A JSON Schema of an object as fields. Undefined: anything is taken. */
export function fieldsOf(schema: Tree | undefined): WrittenFields | undefined {
  if (schema === undefined || schema.kind !== 'map') return undefined
  const properties = child(schema, 'properties')
  if (properties === undefined) return undefined
  const required = textsOf(child(schema, 'required'))
  const fields: WrittenField[] = []
  for (const { key, value } of entriesOf(properties)) {
    const written = fieldOf(value, required.includes(key))
    if (written === undefined || !/^[A-Za-z_]\w*$/.test(key)) return { schema: withoutMarks(schema) }
    const description = textOf(child(value, 'description'))?.trim().replaceAll(/\s+/g, ' ')
    fields.push({
      name: key,
      type: written,
      ...(description === undefined || typeof written !== 'string' ? {} : { description }),
    })
  }
  return { fields }
}

function fieldOf(schema: Tree, required: boolean): WrittenField['type'] | undefined {
  const byDefault = child(schema, 'default')
  const type = shortType(schema)
  if (type === undefined) return required || byDefault !== undefined ? withoutMarks(schema) : undefined
  if (byDefault !== undefined) return `${type} = ${JSON.stringify(jsonOf(byDefault))}`
  return required ? type : `${type}?`
}

/** The short text of a type; undefined when it says more than one can. */
function shortType(schema: Tree): string | undefined {
  const type = textOf(child(schema, 'type'))
  const keys = entriesOf(schema).flatMap(({ key }) =>
    ['description', 'default', 'title', 'required', 'example', 'examples'].includes(key) ? [] : [key],
  )
  const only = (...names: readonly string[]) => keys.every((key) => names.includes(key))
  const choices = child(schema, 'enum')
  if (choices !== undefined) {
    const values = jsonOf(choices)
    const texts = Array.isArray(values) && values.every((value) => typeof value === 'string')
    return texts && only('type', 'enum') ? values.map((value) => JSON.stringify(value)).join(' | ') : undefined
  }
  if (type === 'string' && textOf(child(schema, 'format')) === 'date' && only('type', 'format')) return 'date'
  if (type === 'array' && only('type', 'items')) {
    const items = child(schema, 'items')
    const inner = items === undefined ? 'any' : shortType(items)
    return inner === undefined || (items?.kind !== 'map' && items !== undefined)
      ? undefined
      : inner.includes('|')
        ? undefined
        : `${inner}[]`
  }
  if (type !== undefined && SHORT.includes(type)) return only('type') ? type : undefined
  return keys.length === 0 ? 'any' : undefined
}

/** The schema without what the other system alone understands. */
function withoutMarks(schema: Tree): { readonly [keyword: string]: Json } {
  const json = jsonOf(schema)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return {}
  const { id: _id, resource: _resource, ...rest } = json as { readonly [keyword: string]: Json }
  return rest
}
