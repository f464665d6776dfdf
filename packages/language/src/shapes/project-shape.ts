import { boolean, count, duration, hosts, id, type ObjectShape, scalars, text, texts } from '../shape.ts'
import { projectBudgetShape } from './budget-shapes.ts'
import { defaultsShape, later } from './common-shapes.ts'

const settings: ObjectShape = {
  is: 'object',
  name: 'settings',
  fields: {
    network: {
      shape: {
        is: 'object',
        name: 'settings.network',
        fields: {
          allow: { shape: hosts, doc: 'Hosts that http and tools may reach; private addresses only when named.' },
        },
        habits: { allowed_hosts: 'allow', hosts: 'allow', allowlist: 'allow' },
      },
      doc: 'What may be reached over the network.',
    },
    retention: {
      shape: {
        is: 'object',
        name: 'settings.retention',
        fields: {
          keep_for: { shape: duration, doc: 'How long a run is kept after its end. Default: for ever.' },
          keep: { shape: count, doc: 'How many ended runs are kept at most. Default: all.' },
        },
        habits: { days: 'keep_for', max_age: 'keep_for', age: 'keep_for', max: 'keep', count: 'keep', limit: 'keep' },
      },
      doc: 'When ended runs are removed.',
    },
    budget: { shape: projectBudgetShape, doc: 'What all runs of the project may use together.' },
  },
}

const environment: ObjectShape = {
  is: 'object',
  name: 'an environment',
  fields: {
    env: { shape: scalars, doc: 'Plain values.' },
    env_file: { shape: text, doc: 'File with values for what the executor resolves.' },
    secrets: { shape: { is: 'list', of: { is: 'text', form: 'secret' } }, doc: 'Names of secrets.' },
    defaults: { shape: defaultsShape, doc: 'Defaults of tasks.' },
    settings: { shape: settings, doc: 'Settings of the project.' },
    triggers: { shape: boolean, doc: 'Whether triggers are active.', later: 'warning' },
  },
  habits: { environment: 'env', variables: 'env', vars: 'env' },
}

export const projectShape: ObjectShape = {
  is: 'object',
  name: 'a project',
  fields: {
    wonder: {
      shape: { is: 'number', integer: true, min: 1, max: 1 },
      doc: 'Version of the language: 1.',
      required: true,
    },
    name: { shape: id, doc: 'Name of the project.', required: true },
    version: { shape: text, doc: 'Version of the project.' },
    description: { shape: text, doc: 'What the project is for.' },
    workflows: { shape: texts, doc: 'Where workflows are. Default workflows/**/*.yaml and workflows/**/*.ts.' },
    tasks: { shape: texts, doc: 'Where reusable tasks are. Default tasks/**/*.yaml.' },
    tools: { shape: texts, doc: 'Where tools are. Default tools/**/*.ts.' },
    agents: later('Where agents are.', 'warning'),
    models: later('Where model profiles are.', 'warning'),
    prompts: later('Where prompts are.', 'warning'),
    secrets: {
      shape: { is: 'list', of: { is: 'text', form: 'secret' } },
      doc: 'Names of secrets, without values; NAME? may be missing.',
    },
    env: { shape: scalars, doc: 'Plain values.' },
    env_file: { shape: text, doc: 'File with values for what the executor resolves.' },
    defaults: { shape: defaultsShape, doc: 'Defaults of tasks.' },
    settings: { shape: settings, doc: 'Settings of the project.' },
    environments: { shape: { is: 'map', of: environment }, doc: 'Chosen by --env; merged deeply over the rest.' },
    triggers: later('Triggers.', 'warning'),
  },
  habits: {
    variables: 'env',
    vars: 'env',
    environment: 'environments',
    secret: 'secrets',
    envs: 'environments',
    title: 'name',
    default: 'defaults',
    config: 'settings',
    budget: 'settings: { budget: $ }',
  },
}
