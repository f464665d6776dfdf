import { isObject, type JsonSchema } from './json-schema.ts'
import { compilePattern } from './pattern.ts'
import { SchemaView } from './schema-view.ts'

/** A schema; undefined: nothing is known; 'absent': by the schema there can be nothing. */
type Found = SchemaView | undefined | 'absent'

/**
 * What a path into a value of `schema` leads to: its schema, undefined when the schema says nothing of it, or 'absent'
 * when there can be nothing. Follows $ref, allOf, anyOf and oneOf. The answer can be used by itself: where it refers to
 * `$defs` it carries them.
 *
 * @throws WonderError `invalid_schema` for a reference that leads nowhere.
 * @example
 * schemaAt({ properties: { a: { items: { type: 'integer' } } } }, ['a', 0]) // { type: 'integer' }
 * schemaAt({ properties: {}, additionalProperties: false }, ['a']) // 'absent'
 */
export function schemaAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema | undefined | 'absent' {
  let alternatives: SchemaView[] = [SchemaView.of(schema)]
  for (const segment of path) {
    const found = alternatives.flatMap((view) => step(view, segment, 0))
    if (found.some((each) => each === undefined)) return undefined
    alternatives = found.filter((each) => each instanceof SchemaView)
    if (alternatives.length === 0) return 'absent'
  }
  const schemas = alternatives.map((view) => resolved(view).schema)
  const [first, second] = schemas
  return selfContained(second === undefined ? (first ?? true) : { anyOf: schemas }, schema)
}

/** One answer per alternative of the schema. */
function step(view: SchemaView, segment: string | number, depth: number): Found[] {
  const answers: Found[][] = view.parts().map((part) => stepInPart(part, segment, depth))
  if (answers.some((answer) => answer.length > 0 && answer.every((found) => found === 'absent'))) return ['absent']
  // Of several parts the first that knows is told: all hold, and one is enough to go on with.
  return answers.find((answer) => answer.every((found) => found !== undefined)) ?? [undefined]
}

function stepInPart(part: SchemaView, segment: string | number, depth: number): Found[] {
  const { schema } = part
  if (schema === false) return ['absent']
  if (schema === true) return [undefined]
  const types = part.types()
  const container = typeof segment === 'number' ? 'array' : 'object'
  if (types && !types.includes(container)) return ['absent']
  const direct = typeof segment === 'number' ? itemOf(part, segment) : propertyOf(part, segment)
  if (direct !== undefined) return [direct]
  const alternatives = part.alternatives()
  if (!alternatives || depth > 20) return [undefined]
  return alternatives.flatMap((alternative) => step(alternative, segment, depth + 1))
}

function propertyOf(part: SchemaView, name: string): Found {
  const { schema } = part
  if (typeof schema === 'boolean') return undefined
  if (isObject(schema.const))
    return Object.hasOwn(schema.const, name) ? SchemaView.of({ const: schema.const[name] }) : 'absent'
  const { properties = {}, patternProperties = {}, additionalProperties } = schema
  if (Object.hasOwn(properties, name)) return present(part.child(properties[name], 'properties', name))
  for (const [source, child] of Object.entries(patternProperties)) {
    const pattern = compilePattern(source)
    if (typeof pattern === 'function' && pattern(name)) return present(part.child(child, 'patternProperties', source))
  }
  return additionalProperties === undefined
    ? undefined
    : present(part.child(additionalProperties, 'additionalProperties'))
}

function itemOf(part: SchemaView, index: number): Found {
  const { schema } = part
  if (typeof schema === 'boolean') return undefined
  const { prefixItems = [], items, maxItems } = schema
  if (index < 0 || (maxItems !== undefined && index >= maxItems)) return 'absent'
  if (index < prefixItems.length) return present(part.child(prefixItems[index], 'prefixItems', index))
  return items === undefined ? undefined : present(part.child(items, 'items'))
}

/** `false` allows no value, `true` says nothing. */
function present(view: SchemaView): Found {
  if (view.schema === false) return 'absent'
  return view.schema === true ? undefined : view
}

/** Follows a reference that stands alone. */
function resolved(view: SchemaView, depth = 0): SchemaView {
  const { schema } = view
  if (typeof schema === 'boolean' || typeof schema.$ref !== 'string' || depth > 20) return view
  return view.keywords().length === 1 ? resolved(view.follow(schema.$ref), depth + 1) : view
}

function selfContained(found: JsonSchema, root: JsonSchema): JsonSchema {
  if (typeof found === 'boolean' || typeof root === 'boolean' || found === root) return found
  const { $defs } = root
  if (!$defs || found.$defs || !refers(found)) return found
  return { ...found, $defs }
}

function refers(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(refers)
  return isObject(value) && (typeof value.$ref === 'string' || Object.values(value).some(refers))
}
