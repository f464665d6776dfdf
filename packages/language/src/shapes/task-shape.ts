import {
  cel,
  count,
  type Field,
  id,
  maybeTasks,
  type Shape,
  scalars,
  someText,
  tasks,
  text,
  value,
  values,
  words,
} from '../shape.ts'
import { commonFields, limitFields, passedFields, workFields } from './task-fields.ts'
import { waitingKinds } from './waiting-shapes.ts'

export type TaskKind =
  | 'tool'
  | 'shell'
  | 'http'
  | 'render'
  | 'set'
  | 'each'
  | 'parallel'
  | 'route'
  | 'sequence'
  | 'loop'
  | 'collect'
  | 'end'
  | 'fail'
  | 'use'
  | keyof typeof waitingKinds

export type KindShape = {
  readonly doc: string
  readonly value: Shape
  /** Fields that only this kind has. */
  readonly fields: { readonly [name: string]: Field }
  /** simple: work of an executor; group: holds tasks; kernel: changes or ends the run; waiting: for something outside of it. */
  readonly sort: 'simple' | 'group' | 'kernel' | 'waiting'
}

const strategy: Field = {
  shape: words('wait_all', 'fail_fast', 'best_effort', 'race'),
  doc: 'What failures of its tasks mean. Default wait_all.',
}
const withField: Field = { shape: values, doc: 'What it is given: name and value.' }
const maxWorkers: Field = { shape: count, doc: 'Most branches at a time.' }

const http: Shape = {
  is: 'object',
  name: 'http',
  short: 'url',
  fields: {
    url: { shape: text, doc: 'Address; what {{ }} inserts is percent-encoded.', required: true },
    method: { shape: text, doc: 'Default GET.' },
    query: { shape: values, doc: 'Parameters of the query.' },
    headers: { shape: values, doc: 'Headers of the request.' },
    body: { shape: value, doc: 'A text, or a value that is sent as JSON.' },
    ok_status: {
      shape: {
        is: 'list',
        of: {
          is: 'either',
          of: [{ is: 'number', integer: true, min: 100, max: 599 }, words('1xx', '2xx', '3xx', '4xx', '5xx')],
        },
      },
      doc: 'Statuses that are no failure: numbers or classes such as 2xx. Default 2xx.',
    },
    max_bytes: {
      shape: { is: 'either', of: [{ is: 'text', form: 'size' }, count] },
      doc: 'Largest body. Default 10MB.',
    },
  },
  habits: { uri: 'url', params: 'query', data: 'body', json: 'body', verb: 'method', status: 'ok_status' },
}

/** What is gone through: of the kind `each`, and of transitions of a graph. */
export const each: Shape & { is: 'object' } = {
  is: 'object',
  name: 'each',
  short: 'in',
  fields: {
    in: { shape: value, doc: 'A list, a map, or a range such as 1..10.' },
    matrix: { shape: values, doc: 'Every combination of these lists, instead of `in`.' },
    exclude: { shape: value, doc: 'Combinations that are left out.' },
    max: { shape: count, doc: 'Most combinations; more are an error.' },
    as: { shape: id, doc: 'Name of the item. Default item.' },
    filter: { shape: cel, doc: 'CEL; false leaves the item out.' },
    order: { shape: words('parallel', 'sequential'), doc: 'Default parallel.' },
    batch: { shape: count, doc: 'Waves of so many items.' },
    max_workers: { shape: count, doc: 'Most items at a time. Default 8.' },
  },
  habits: {
    items: 'in',
    list: 'in',
    of: 'in',
    item_var: 'as',
    var: 'as',
    mode: 'order',
    where: 'filter',
    concurrency: 'max_workers',
  },
}

const loop: Shape = {
  is: 'object',
  name: 'loop',
  short: 'do',
  fields: {
    do: { shape: tasks, doc: 'Tasks of one round.', required: true },
    until: { shape: cel, doc: 'The condition that ends the loop, in CEL over the tasks of a round.', required: true },
    max: {
      shape: count,
      doc: 'Most rounds, a number; after the last of them the loop fails.',
      required: true,
      missing: 'loop_without_limit',
    },
  },
  habits: {
    tasks: 'do',
    steps: 'do',
    body: 'do',
    while: 'until: "!(…)"',
    condition: 'until',
    exit_when: 'until',
    max_iterations: 'max',
    max_rounds: 'max',
    limit: 'max',
    times: 'max',
  },
}

const arms: Shape = {
  is: 'either',
  of: [
    text,
    {
      is: 'list',
      some: true,
      of: {
        is: 'object',
        name: 'an arm of route',
        fields: {
          if: { shape: cel, doc: 'CEL. Only the last arm may have none: it is the otherwise.' },
          do: { shape: maybeTasks, doc: 'Tasks of this arm.', required: true },
        },
        habits: { when: 'if', condition: 'if', tasks: 'do', steps: 'do', case: 'if' },
      },
    },
  ],
}

export const kinds: { readonly [kind in TaskKind]: KindShape } = {
  tool: { doc: 'Runs a tool of the project.', value: text, fields: { with: withField }, sort: 'simple' },
  shell: {
    doc: 'Runs a program: a list of its arguments, or a text for bash.',
    value: {
      is: 'either',
      of: [someText, { is: 'list', of: { is: 'either', of: [text, { is: 'number' }] }, some: true }],
    },
    fields: {
      cwd: { shape: text, doc: 'Folder, relative to the project.' },
      env: { shape: scalars, doc: 'Environment of the command, beside PATH, HOME and LANG.' },
      stdin: { shape: text, doc: 'Text that the command reads.' },
      parse: { shape: words('text', 'lines', 'json'), doc: 'How stdout becomes `output.value`.' },
      ok_exit_codes: {
        shape: { is: 'list', of: { is: 'number', integer: true, min: 0, max: 255 }, some: true },
        doc: 'Default [0].',
      },
    },
    sort: 'simple',
  },
  http: { doc: 'Sends an HTTP request.', value: http, fields: {}, sort: 'simple' },
  render: {
    doc: 'Renders a template: a file that ends in .hbs, or a text.',
    value: text,
    fields: { with: withField },
    sort: 'simple',
  },
  set: { doc: 'Changes state: path and value.', value: values, fields: {}, sort: 'kernel' },
  each: {
    doc: 'Does its tasks for each item.',
    value: each,
    fields: { do: { shape: tasks, doc: 'Tasks for one item.', required: true }, strategy },
    sort: 'group',
  },
  parallel: {
    doc: 'Does its tasks at the same time.',
    value: tasks,
    fields: { max_workers: maxWorkers, strategy },
    sort: 'group',
  },
  route: {
    doc: 'Takes one way: the first arm whose `if` holds, or the case that CEL names.',
    value: arms,
    fields: { cases: { shape: { is: 'map', of: maybeTasks }, doc: 'Value and tasks; `default` is the rest.' } },
    sort: 'group',
  },
  sequence: { doc: 'Does its tasks one after the other.', value: tasks, fields: {}, sort: 'group' },
  loop: {
    doc: 'Does its tasks again and again, until a condition holds.',
    value: loop,
    fields: {},
    sort: 'group',
  },
  collect: { doc: 'Gives these values.', value: values, fields: {}, sort: 'kernel' },
  end: {
    doc: 'Ends the run: completed.',
    value: { is: 'object', name: 'end', fields: {} },
    fields: {},
    sort: 'kernel',
  },
  fail: {
    doc: 'Ends the run: failed, with this message.',
    value: someText,
    fields: { code: { shape: text, doc: 'Code of the error. Default workflow_failed.' } },
    sort: 'kernel',
  },
  use: { doc: 'Runs a reusable task: its file, or its id.', value: text, fields: { with: withField }, sort: 'simple' },
  sleep: { ...waitingKinds.sleep, sort: 'waiting' },
  wait: { ...waitingKinds.wait, sort: 'waiting' },
  signal: { ...waitingKinds.signal, sort: 'waiting' },
  ask: { ...waitingKinds.ask, sort: 'waiting' },
  workflow: { ...waitingKinds.workflow, sort: 'waiting' },
}

/** Kinds that are known and not built. */
export const laterKinds: readonly string[] = ['memory', 'agent', 'model', 'mcp']

/** All fields of a kind, but for the kind itself. */
export function fieldsOf(kind: TaskKind): { readonly [name: string]: Field } {
  const { fields, sort } = kinds[kind]
  return {
    ...commonFields,
    ...(kind === 'end' || kind === 'fail' ? {} : passedFields),
    ...(sort === 'simple' ? workFields : {}),
    ...(sort === 'simple' || kind === 'workflow' ? limitFields : {}),
    ...fields,
  }
}

export function isTaskKind(word: string): word is TaskKind {
  return Object.hasOwn(kinds, word)
}
