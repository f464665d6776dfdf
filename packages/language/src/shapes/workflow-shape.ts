import { count, id, limit, type ObjectShape, scalars, tasks, text, values, words } from '../shape.ts'
import { runBudgetShape } from './budget-shapes.ts'
import { concurrencyShape, defaultsShape, fieldsShape, later, runErrorShape } from './common-shapes.ts'
import { transitionShape } from './graph-shape.ts'
import { checkpointTypes } from './task-fields.ts'

const checkpoints: ObjectShape = {
  is: 'object',
  name: 'checkpoints',
  fields: {
    on: { shape: { is: 'list', of: words(...checkpointTypes) }, doc: 'Types that are reported.' },
    every_steps: { shape: count, doc: 'A progress after so many steps of tasks.' },
  },
  habits: { types: 'on', every: 'every_steps' },
}

const nesting: ObjectShape = {
  is: 'object',
  name: 'nesting',
  fields: {
    depth: { shape: count, doc: 'Most levels of sub-workflows. Default 16.' },
    children: { shape: count, doc: 'Most sub-workflows that one run may start. Default 10000.' },
  },
  habits: { max_depth: 'depth', max_children: 'children', count: 'children' },
}

export const workflowShape: ObjectShape = {
  is: 'object',
  name: 'a workflow',
  fields: {
    id: { shape: id, doc: 'Name of the workflow in commands and references.', required: true },
    name: { shape: text, doc: 'What people see.' },
    version: { shape: text, doc: 'Version of the workflow.' },
    description: { shape: text, doc: 'What the workflow does.' },
    input: { shape: fieldsShape, doc: 'Fields of the input: name, then type, default and description.' },
    state: { shape: fieldsShape, doc: 'Fields of the state, each with its value at the start.' },
    env: { shape: scalars, doc: 'Plain values, over those of the project.' },
    defaults: { shape: defaultsShape, doc: 'Defaults of the tasks, over those of the project.' },
    tasks: { shape: tasks, doc: 'What is done, in this order.', required: true, unless: ['nodes'] },
    outputs: { shape: values, doc: 'What the run gives: name and value.' },
    on_error: {
      shape: runErrorShape,
      doc: 'Tasks that run when the run fails; it still fails. block: tasks without an on_error of their own wait for a person.',
    },
    finally: { shape: tasks, doc: 'Tasks that run whatever happened.' },
    budget: { shape: runBudgetShape, doc: 'What a run may use, its sub-workflows included.' },
    triggers: later('What starts runs.', 'warning'),
    nodes: {
      shape: tasks,
      doc: 'Tasks of a workflow as a graph, instead of `tasks`; transitions lead from one to another.',
    },
    start: { shape: id, doc: 'The node where a graph begins. Default: the first.' },
    transitions: { shape: { is: 'list', of: transitionShape }, doc: 'Ways of a graph from node to node.' },
    concurrency: { shape: concurrencyShape, doc: 'How many runs at a time, by a key.' },
    timeout: { shape: limit, doc: 'Time of a whole run; what is paused or waits for a person does not count.' },
    on_timeout: {
      shape: words('block', 'fail', 'cancel'),
      doc: 'What happens then. Default fail; block: the run waits for a person.',
    },
    checkpoints: { shape: checkpoints, doc: 'Which checkpoints a run reports by itself.' },
    nesting: { shape: nesting, doc: 'How deep sub-workflows go, and how many one run may start.' },
  },
  habits: {
    inputs: 'input',
    params: 'input',
    parameters: 'input',
    args: 'input',
    arguments: 'input',
    steps: 'tasks',
    edges: 'transitions',
    initial_node: 'start',
    entry: 'start',
    jobs: 'tasks',
    stages: 'tasks',
    task: 'tasks',
    on: 'triggers',
    trigger: 'triggers',
    output: 'outputs',
    result: 'outputs',
    returns: 'outputs',
    variables: 'env',
    vars: 'env',
    environment: 'env',
    always: 'finally',
    title: 'name',
    on_failure: 'on_error',
    limits: 'budget',
    mutex: 'concurrency: { key: $, limit: 1 }',
    checkpoint: 'checkpoints: { on: [$] }',
    max_depth: 'nesting: { depth: $ }',
  },
}
