import type { Node, Scalar } from 'yaml'
import type { WrittenFields } from './convert-fields.ts'
import { MapWriter } from './yaml-writer.ts'

/** Fields as they stand in a YAML file: descriptions are comments. */
export function fieldsNode(fields: WrittenFields, more: readonly (readonly [name: string, type: string])[] = []): Node {
  const map = new MapWriter()
  if ('schema' in fields) return map.set('$schema', fields.schema).node
  for (const { name, type, description } of fields.fields) {
    map.set(name, type)
    const written = map.node.get(name, true) as Scalar | undefined
    if (description !== undefined && written !== undefined) written.comment = ` ${description}`
  }
  for (const [name, type] of more) map.set(name, type)
  return map.node
}
