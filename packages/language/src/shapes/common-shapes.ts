import { count, duration, type Field, type Shape, tasks, text, words } from '../shape.ts'

export const retryShape: Shape = {
  is: 'object',
  name: 'retry',
  short: 'max_attempts',
  fields: {
    max_attempts: { shape: count, doc: 'How often the task is tried in all; 1 means no retry.' },
    backoff: { shape: words('none', 'linear', 'exponential'), doc: 'How the delay grows. Default exponential.' },
    initial_delay: { shape: duration, doc: 'Delay before the second attempt. Default 1s.' },
    max_delay: { shape: duration, doc: 'Longest delay. Default 30s.' },
    jitter: { shape: { is: 'number', min: 0, max: 1 }, doc: 'Share of the delay that is drawn by chance, 0 to 1.' },
  },
  habits: {
    attempts: 'max_attempts',
    maximum_attempts: 'max_attempts',
    max_retries: 'max_attempts',
    limit: 'max_attempts',
    times: 'max_attempts',
    delay: 'initial_delay',
    initial_interval: 'initial_delay',
    backoff_initial: 'initial_delay',
    maximum_interval: 'max_delay',
    backoff_max: 'max_delay',
    strategy: 'backoff',
  },
}

export const defaultsShape: Shape = {
  is: 'object',
  name: 'defaults',
  fields: {
    timeout: { shape: duration, doc: 'Time of one attempt of a task that sets none.' },
    retry: { shape: retryShape, doc: 'Retry of tasks that set none.' },
    shell: {
      shape: {
        is: 'object',
        name: 'defaults.shell',
        fields: { cwd: { shape: text, doc: 'Folder in which commands start, relative to the project. Default ".".' } },
      },
      doc: 'Defaults of shell tasks.',
    },
  },
  habits: { retries: 'retry' },
}

export const budgetShape: Shape = {
  is: 'object',
  name: 'budget',
  fields: {
    tokens: { shape: count, doc: 'Tokens of models.' },
    cost_usd: { shape: { is: 'number', min: 0 }, doc: 'Money.' },
    wall_time: { shape: duration, doc: 'Time on the clock.' },
    steps: { shape: count, doc: 'Tasks that run.' },
    calls: { shape: count, doc: 'Calls of models and tools.' },
  },
}

export const fieldsShape: Shape = { is: 'map', of: { is: 'value' } }

export const onErrorShape: Shape = {
  is: 'either',
  of: [
    words('fail', 'continue', 'block'),
    {
      is: 'object',
      name: 'on_error',
      habits: { goto: 'next', to: 'next', task: 'next' },
      fields: {
        next: { shape: { is: 'text', form: 'id' }, doc: 'Task of the same list that follows.', required: true },
      },
    },
    tasks,
  ],
}

export function later(doc: string, severity: 'error' | 'warning' = 'error'): Field {
  return { shape: { is: 'value' }, doc, later: severity }
}
