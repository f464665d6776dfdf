import { compile, type JsonSchema, type Schema } from '@wonder/context'
import type { Json } from '@wonder/engine'
import { type FieldType, isMistake, readFieldType } from './field-type.ts'
import { schemaMistake } from './fit-check.ts'
import type { Problems } from './problems.ts'
import type { InputField } from './project.ts'
import { isBuilt } from './read-built.ts'
import { spanInside } from './scalar-position.ts'
import type { Span } from './source-text.ts'
import { child, type Entry, entriesOf, jsonOf, type Tree } from './tree.ts'

/** A map of fields as one schema. */
export type Fields = {
  readonly schema: JsonSchema
  readonly fields: readonly InputField[]
  readonly defaults: { readonly [name: string]: Json }
}

/** Reads the fields of `input`, `state` or a task's `output`; descriptions come from the comments beside or above. */
export function readFields(tree: Tree | undefined, problems: Problems): Fields {
  const whole = child(tree, '$schema')
  if (whole !== undefined) {
    const schema = jsonOf(whole) as JsonSchema
    const mistake = schemaMistake(schema)
    if (mistake !== undefined) problems.add({ code: 'invalid_schema', message: mistake, at: whole })
    return mistake === undefined ? wholeSchema(schema) : wholeSchema(true)
  }
  const fields = entriesOf(tree).flatMap((entry) => readField(entry, problems) ?? [])
  return fieldsOf(fields)
}

/** The same for what a tool says of itself, which is JSON. Undefined: it is neither fields nor a schema. */
export function fieldsFromJson(json: Json): Fields | string {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return 'it must be a map of fields or a JSON Schema'
  const map = json as { readonly [name: string]: Json }
  if (typeof map.$schema === 'object' && map.$schema !== null) return wholeSchema(map.$schema as JsonSchema)
  const properties = map.properties
  const isSchema =
    typeof map.$schema === 'string' ||
    (map.type === 'object' && (properties === undefined ? false : typeof properties === 'object'))
  if (isSchema) return wholeSchema(map as JsonSchema)
  const fields: InputField[] = []
  for (const [name, value] of Object.entries(map)) {
    if (typeof value === 'string') {
      const read = readFieldType(value)
      if (isMistake(read)) return `field "${name}": ${read.message}`
      fields.push(inputField(name, read))
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      fields.push(schemaField(name, value as JsonSchema))
    } else {
      return `field "${name}" must be a type such as "string", or a JSON Schema`
    }
  }
  return fieldsOf(fields)
}

function readField({ key, keySpan, value }: Entry, problems: Problems): InputField | undefined {
  if (!/^[A-Za-z_]\w*$/.test(key)) {
    problems.add({
      code: 'invalid_type',
      message: `"${key}" cannot be the name of a field: names are letters, digits and _`,
      at: { file: value.file, span: keySpan },
      help: `Write ${key.replace(/^(?=\d)/, '_').replace(/\W+/g, '_')}.`,
    })
    return undefined
  }
  if (value.kind === 'map') {
    const schema = jsonOf(value) as JsonSchema
    const mistake = schemaMistake(schema)
    if (mistake !== undefined)
      problems.add({ code: 'invalid_schema', message: mistake, at: { file: value.file, span: keySpan } })
    return mistake === undefined ? schemaField(key, schema) : anything(key)
  }
  if (value.kind !== 'scalar' || typeof value.value !== 'string') {
    problems.add({
      code: 'invalid_type',
      message: `the field "${key}" must be a type, such as string or integer = 20`,
      at: { file: value.file, span: value.kind === 'scalar' && value.value !== null ? value.span : keySpan },
      help:
        value.kind === 'scalar' && value.value !== null
          ? `Write ${key}: ${typeName(value.value)} = ${value.value}.`
          : `Write ${key}: string.`,
    })
    return anything(key)
  }
  const read = readFieldType(value.value)
  if (isMistake(read)) {
    const at = { file: value.file, span: spanInside(value, read.offset, read.length) }
    problems.add({ code: 'invalid_type', message: read.message, at, help: read.help })
    return anything(key)
  }
  if (read.default !== undefined) {
    const from = Math.max(0, value.value.indexOf('=') + 1)
    const text = value.value.slice(from)
    const span = spanInside(value, from + (text.length - text.trimStart().length), text.trim().length)
    const checked = checkerOf(read.schema).check(read.default)
    if (!checked.ok) {
      const why = checked.errors[0]?.message.replace(/^the value /, '') ?? 'does not fit'
      problems.add({ code: 'invalid_type', message: `the default of "${key}" ${why}`, at: { file: value.file, span } })
    }
  }
  const description = read.description ?? (isBuilt(value.file) ? undefined : commentOf(value, keySpan))
  return inputField(key, description === undefined ? read : { ...read, description })
}

/** A field whose type cannot be read is there all the same, so that what reads it is no second mistake. */
function anything(name: string): InputField {
  return { name, schema: true, required: false, type: 'any' }
}

const checkers = new WeakMap<object, Schema>()

/** What checks the defaults of a type: `string` and its like are the same object in every file. */
function checkerOf(schema: JsonSchema): Schema {
  const known = typeof schema === 'object' ? checkers.get(schema) : undefined
  const checker = known ?? compile(schema)
  if (typeof schema === 'object') checkers.set(schema, checker)
  return checker
}

function typeName(value: string | number | boolean): string {
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value
}

function inputField(name: string, read: FieldType): InputField {
  const about = read.description === undefined ? {} : { description: read.description }
  const byDefault = read.default === undefined ? {} : { default: read.default }
  const schema = read.schema === true && (about.description ?? read.default) !== undefined ? {} : read.schema
  return {
    name,
    schema: typeof schema === 'boolean' ? schema : { ...schema, ...about, ...byDefault },
    required: read.required,
    type: read.type,
    ...about,
    ...byDefault,
  }
}

function schemaField(name: string, schema: JsonSchema): InputField {
  const known = typeof schema === 'object' ? schema : {}
  const byDefault = known.default === undefined ? {} : { default: known.default as Json }
  return {
    name,
    schema,
    required: known.default === undefined,
    type: typeof known.type === 'string' ? known.type : 'any',
    ...(known.description === undefined ? {} : { description: known.description }),
    ...byDefault,
  }
}

function fieldsOf(fields: readonly InputField[]): Fields {
  const required = fields.flatMap((field) => (field.required ? [field.name] : []))
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.name, field.schema])),
      required,
      additionalProperties: false,
    },
    fields,
    defaults: Object.fromEntries(
      fields.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])),
    ),
  }
}

function wholeSchema(schema: JsonSchema): Fields {
  if (typeof schema === 'boolean') return { schema, fields: [], defaults: {} }
  const required = schema.required ?? []
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const field = schemaField(name, property)
    return { ...field, required: required.includes(name) }
  })
  const defaults = Object.fromEntries(
    fields.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])),
  )
  return { schema, fields, defaults }
}

/** The comment beside a value, else the lines of comment directly above its key. */
function commentOf(value: Tree, keySpan: Span): string | undefined {
  const { file } = value
  const end = file.place(value.span.end)
  const beside = /^[\s,]*\s#\s?(.*)$/.exec(file.line(end.line).slice(end.column - 1))
  if (beside?.[1] !== undefined && beside[1] !== '') return beside[1].trim()
  const key = file.place(keySpan.start)
  const above: string[] = []
  for (let line = key.line - 1; line > 0; line--) {
    const found = /^\s*#\s?(.*)$/.exec(file.line(line))
    if (found === null) break
    above.unshift(found[1]?.trim() ?? '')
  }
  const alone =
    file
      .line(key.line)
      .slice(0, key.column - 1)
      .trim() === ''
  return alone && above.length > 0 ? above.join(' ') : undefined
}
