import { count, duration, type Field, limit, type Shape, tasks, text, words } from '../shape.ts'

const codes: Shape = { is: 'list', of: text, some: true }

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
    only: { shape: codes, doc: 'Only these codes of errors are retried.' },
    except: { shape: codes, doc: 'These codes of errors are never retried.' },
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
    on: 'only: [$]',
    retry_on: 'only',
    dont_retry_on: 'except',
    non_retryable: 'except',
    non_retryable_errors: 'except',
  },
}

export const defaultsShape: Shape = {
  is: 'object',
  name: 'defaults',
  fields: {
    timeout: { shape: limit, doc: 'Time of one attempt of a task that sets none.' },
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

/** Of a workflow: tasks that run when the run fails, or a word that tasks without an `on_error` of their own have. */
export const runErrorShape: Shape = { is: 'either', of: [words('fail', 'block'), tasks] }

export const concurrencyShape: Shape = {
  is: 'object',
  name: 'concurrency',
  short: 'limit',
  fields: {
    key: {
      shape: { is: 'either', of: [text, { is: 'number' }] },
      doc: 'What is counted together, in the whole project. Default: the workflow, or this task of it.',
    },
    limit: { shape: count, doc: 'How many of a key at a time.', required: true },
    when_full: {
      shape: words('queue', 'reject', 'cancel_older'),
      doc: 'What happens to one too many. Default queue: it waits its turn.',
    },
  },
  habits: { group: 'key', name: 'key', max: 'limit', count: 'limit', on_full: 'when_full' },
}

export function later(doc: string, severity: 'error' | 'warning' = 'error'): Field {
  return { shape: { is: 'value' }, doc, later: severity }
}
