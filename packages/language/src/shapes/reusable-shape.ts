import { cel, type Field, id, limit, type ObjectShape, text, values, words } from '../shape.ts'
import { fieldsShape } from './common-shapes.ts'
import { workFields } from './task-fields.ts'

/** Kinds that a step can have. */
export const stepKinds = ['tool', 'shell', 'http', 'render', 'set'] as const

export const stepFields: { readonly [name: string]: Field } = {
  id: { shape: id, doc: 'Name of the step in `steps.<id>`.', required: true },
  name: { shape: text, doc: 'What people see.' },
  if: { shape: cel, doc: 'CEL; false: the step is skipped.' },
  timeout: { shape: limit, doc: 'Time of the step; then it fails.' },
  on_failure: { shape: words('abort', 'retry', 'continue'), doc: 'What a failure means for the task. Default abort.' },
}

/** tasks/*.yaml. */
export const reusableShape: ObjectShape = {
  is: 'object',
  name: 'a reusable task',
  fields: {
    id: { shape: id, doc: 'Name of the task in `use`.', required: true },
    name: { shape: text, doc: 'What people see.' },
    version: { shape: text, doc: 'Version of the task.' },
    description: { shape: text, doc: 'What the task does.' },
    input: { shape: fieldsShape, doc: 'Fields of what it is given.' },
    output: { shape: fieldsShape, doc: 'Fields of what it gives.' },
    outputs: { shape: values, doc: 'What it gives: name and value. Default: the output of the last step.' },
    steps: { shape: { is: 'steps' }, doc: 'What is done, in this order.', required: true },
    timeout: workFields.timeout as Field,
    retry: workFields.retry as Field,
    interrupted: workFields.interrupted as Field,
    artifacts: workFields.artifacts as Field,
  },
  habits: { inputs: 'input', params: 'input', tasks: 'steps', actions: 'steps', run: 'steps', result: 'outputs' },
}
