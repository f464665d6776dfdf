import type { JsonSchema, SchemaObject } from '@wonder/context'
import { type Field, type ObjectShape, type Shape, TEXT_FORMS } from './shape.ts'
import { processorFields, processorKinds } from './shapes/processor-shape.ts'
import { projectShape } from './shapes/project-shape.ts'
import { reusableShape, stepFields, stepKinds } from './shapes/reusable-shape.ts'
import { commonFields } from './shapes/task-fields.ts'
import { fieldsOf, kinds, type TaskKind } from './shapes/task-shape.ts'
import { workflowShape } from './shapes/workflow-shape.ts'

const DRAFT = 'https://json-schema.org/draft/2020-12/schema'

/**
 * JSON Schemas (draft 2020-12) of the files of a project, for editors. They are made from the shapes that the parser
 * itself checks with; what needs more than one place to see (names, references, types) only the parser tells.
 *
 * @example
 * Object.keys(generateSchemas()) // ['wonder.schema.json', 'workflow.schema.json', 'task.schema.json']
 */
export function generateSchemas(): { readonly [file: string]: SchemaObject } {
  return {
    'wonder.schema.json': file('A Wonder project', projectShape, {}),
    'workflow.schema.json': file('A Wonder workflow', workflowShape, {
      tasks: { type: 'array', items: { $ref: '#/$defs/task' } },
      task: taskSchema(),
      work: workSchema(),
    }),
    'task.schema.json': file('A reusable Wonder task', reusableShape, {
      steps: { type: 'array', items: { $ref: '#/$defs/step' } },
      step: stepSchema(),
    }),
  }
}

function file(title: string, shape: ObjectShape, $defs: { readonly [name: string]: JsonSchema }): SchemaObject {
  const defs = Object.keys($defs).length === 0 ? {} : { $defs }
  return { $schema: DRAFT, title, ...objectSchema(shape.fields), ...defs }
}

/** A task has exactly one kind, and beside it the fields of every task and of that kind. */
function taskSchema(): JsonSchema {
  return { type: 'object', oneOf: Object.keys(kinds).map((kind) => kindSchema(kind as TaskKind)) }
}

function kindSchema(kind: TaskKind): JsonSchema {
  const { doc, value } = kinds[kind]
  const own: { readonly [name: string]: Field } = { [kind]: { shape: value, doc, required: true } }
  const id = { id: { ...(commonFields.id as Field), required: true } }
  return { title: kind, ...objectSchema({ ...id, ...own, ...fieldsOf(kind), ...id }) }
}

function workSchema(): JsonSchema {
  return {
    type: 'object',
    oneOf: processorKinds.map((kind) => ({ title: kind, ...objectSchema(processorFields(kind)) })),
  }
}

function stepSchema(): JsonSchema {
  const options = stepKinds.map((kind) => {
    const { doc, value, fields } = kinds[kind]
    return { title: kind, ...objectSchema({ ...stepFields, [kind]: { shape: value, doc, required: true }, ...fields }) }
  })
  return { type: 'object', oneOf: options }
}

function objectSchema(fields: { readonly [name: string]: Field }): SchemaObject {
  const known = Object.entries(fields).filter(([, field]) => field.later !== 'error')
  const needed = known.filter(([, field]) => field.required === true)
  const required = needed.flatMap(([name, { unless }]) => (unless === undefined ? [name] : []))
  const choices = needed.flatMap(([name, { unless }]) =>
    unless === undefined ? [] : [{ oneOf: [name, ...unless].map((one) => ({ required: [one] })) }],
  )
  return {
    type: 'object',
    properties: Object.fromEntries(known.map(([name, { shape, doc }]) => [name, described(shapeSchema(shape), doc)])),
    ...(required.length === 0 ? {} : { required }),
    ...(choices.length === 0 ? {} : { allOf: choices }),
    additionalProperties: false,
  }
}

function described(schema: JsonSchema, description: string): JsonSchema {
  return schema === true ? { description } : { description, ...(schema as SchemaObject) }
}

function shapeSchema(shape: Shape): JsonSchema {
  switch (shape.is) {
    case 'value':
      return true
    case 'boolean':
      return { type: 'boolean' }
    case 'text':
      return textSchema(shape)
    case 'number':
      return {
        type: shape.integer === true ? 'integer' : 'number',
        ...(shape.min === undefined ? {} : { minimum: shape.min }),
        ...(shape.max === undefined ? {} : { maximum: shape.max }),
      }
    case 'list':
      return { type: 'array', items: shapeSchema(shape.of), ...(shape.some === true ? { minItems: 1 } : {}) }
    case 'map':
      return { type: 'object', additionalProperties: shapeSchema(shape.of) }
    case 'object':
      return objectSchema(shape.fields)
    case 'either':
      return { anyOf: shape.of.map(shapeSchema) }
    case 'tasks':
      return { $ref: '#/$defs/tasks', ...(shape.some === true ? { minItems: 1 } : {}) }
    case 'steps':
      return { $ref: '#/$defs/steps' }
    case 'work':
      return { $ref: '#/$defs/work' }
  }
}

function textSchema(shape: Shape & { is: 'text' }): JsonSchema {
  if (shape.words !== undefined) return { enum: shape.words }
  if (shape.form === 'cel') return { type: ['string', 'boolean'] }
  const pattern = shape.form === undefined ? '' : TEXT_FORMS[shape.form].pattern
  return pattern === '' ? { type: 'string' } : { type: 'string', pattern }
}
