import { compile, type JsonSchema } from '@wonder/context'
import type { Json } from '@wonder/engine'
import { nearest, WonderError } from '@wonder/errors'
import type { InputField } from './project.ts'

/** What is wrong with one field of an input. */
export type InputProblem = { readonly field: string; readonly message: string }

/** What is asked of a workflow: its inputs. */
export type InputWorkflow = {
  readonly id: string
  readonly inputs: readonly (Omit<InputField, 'schema'> & { readonly schema: unknown })[]
  readonly definition: { readonly input: JsonSchema }
}

export type ParseInputOptions = {
  /** Makes a `path` absolute, seen from where the caller stands. Absent: paths stay as they are. */
  readonly resolvePath?: (path: string) => string
}

/**
 * Turns the texts of a command line into an input: numbers, booleans, JSON for lists and objects, paths made absolute;
 * defaults are filled in.
 *
 * @throws WonderError `invalid_input` with every problem in `details.problems`.
 * @example
 * parseInput(workflow, { limit: '5', tags: '["a"]' }) // { limit: 5, tags: ['a'], repository: '/home/me' }
 */
export function parseInput(
  workflow: InputWorkflow,
  pairs: { readonly [name: string]: string },
  options: ParseInputOptions = {},
): { readonly [name: string]: Json } {
  const { resolvePath = (path) => path } = options
  const problems: InputProblem[] = []
  const input: Record<string, Json> = {}
  const fields = new Map(workflow.inputs.map((field) => [field.name, withSchema(field)]))
  for (const [name, text] of Object.entries(pairs)) {
    const field = fields.get(name)
    if (field === undefined) problems.push({ field: name, message: unknownInput(name, fields) })
    else read(field, text)
  }
  for (const field of fields.values()) {
    if (Object.hasOwn(pairs, field.name)) continue
    if (field.required)
      problems.push({ field: field.name, message: `input "${field.name}" (${field.type}) is required` })
    else if (field.default !== undefined)
      input[field.name] = isPath(field.schema) ? resolved(field.default) : field.default
  }
  if (problems.length === 0) problems.push(...misfits(workflow.definition.input, input))
  if (problems.length === 0) return input
  const message = problems.map((problem) => problem.message).join('; ')
  throw new WonderError('invalid_input', `Cannot start workflow "${workflow.id}": ${message}`, {
    details: { problems },
  })

  function read(field: InputField, text: string): void {
    const value = readValue(field.schema, text)
    if (value === undefined) {
      const message = `input "${field.name}" must be ${expected(field)}, and it is ${JSON.stringify(text)}`
      problems.push({ field: field.name, message })
      return
    }
    const paths = isPathList(field.schema) && Array.isArray(value) ? value.map(resolved) : value
    input[field.name] = isPath(field.schema) ? resolved(value) : paths
  }

  function resolved(value: Json): Json {
    return typeof value === 'string' ? resolvePath(value) : value
  }
}

function withSchema(field: InputWorkflow['inputs'][number]): InputField {
  return { ...field, schema: isSchema(field.schema) ? field.schema : true }
}

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null)
}

function unknownInput(name: string, fields: ReadonlyMap<string, InputField>): string {
  const near = nearest(name, fields.keys())
  const known = fields.size === 0 ? 'it takes none' : `its inputs are ${[...fields.keys()].join(', ')}`
  return `there is no input "${name}"; ${near === undefined ? known : `did you mean "${near}"?`}`
}

/** What the schema says of values that could be read. */
function misfits(schema: JsonSchema, input: Json): readonly InputProblem[] {
  const checked = compile(schema).check(input)
  if (checked.ok) return []
  return checked.errors.map((error) => {
    const field = error.path.split('/')[1] ?? ''
    return { field, message: field === '' ? error.message : `input "${error.path.slice(1)}": ${error.message}` }
  })
}

/** The value that a text stands for; undefined when it stands for none of that type. */
export function readValue(schema: JsonSchema, text: string): Json | undefined {
  if (typeof schema === 'boolean') return json(text) ?? text
  if (schema.enum !== undefined) {
    const literal = json(text)
    return schema.enum.find((each) => each === text || each === literal) as Json | undefined
  }
  switch (schema.type) {
    case 'string':
      return text
    case 'integer':
      return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
    case 'number':
      return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'array': {
      const list = json(text)
      return Array.isArray(list) ? list : undefined
    }
    case 'object': {
      const map = json(text)
      return typeof map === 'object' && map !== null && !Array.isArray(map) ? map : undefined
    }
    default:
      return json(text) ?? text
  }
}

function json(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function isPath(schema: JsonSchema): boolean {
  return (
    typeof schema === 'object' && schema.type === 'string' && (schema.format === 'path' || schema.format === 'file')
  )
}

function isPathList(schema: JsonSchema): boolean {
  return typeof schema === 'object' && schema.items !== undefined && isPath(schema.items)
}

/** What a text must be, for people. */
export function expected({ schema, type }: Pick<InputField, 'schema' | 'type'>): string {
  if (typeof schema === 'object' && schema.enum !== undefined) {
    return `one of ${schema.enum.map((each) => String(each)).join(', ')}`
  }
  const named: { readonly [type: string]: string } = {
    integer: 'an integer',
    number: 'a number',
    boolean: 'true or false',
    object: `a JSON object such as '{"a": 1}'`,
  }
  const list = typeof schema === 'object' && schema.type === 'array'
  return list ? `a JSON list such as '["a", "b"]'` : (named[type] ?? `a ${type}`)
}
