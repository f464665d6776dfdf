import {
  boolean,
  cel,
  duration,
  type Field,
  id,
  limit,
  type Shape,
  tasks,
  text,
  texts,
  value,
  words,
} from '../shape.ts'
import { taskBudgetShape } from './budget-shapes.ts'
import { concurrencyShape, onErrorShape, retryShape } from './common-shapes.ts'

type Fields = { readonly [name: string]: Field }

export const checkpointTypes = ['plan', 'progress', 'decision-needed', 'blocked', 'completed'] as const

const checkpoint: Shape = {
  is: 'either',
  of: [
    words(...checkpointTypes),
    {
      is: 'object',
      name: 'checkpoint',
      fields: {
        type: { shape: words(...checkpointTypes), doc: 'Default progress; decision-needed waits for a person.' },
        summary: { shape: text, doc: 'What has been reached. Default: the name of the task.' },
        required_action: {
          shape: {
            is: 'object',
            name: 'required_action',
            short: 'instructions',
            fields: {
              kind: { shape: text, doc: 'What sort of action it is: approve, review, …', required: true },
              instructions: { shape: text, doc: 'What the person must do.', required: true },
            },
          },
          doc: 'What a person must do.',
        },
        role: { shape: text, doc: 'Who may decide. Default: anybody.' },
        reasons: { shape: texts, doc: 'Codes that say why.' },
      },
      habits: { kind: 'type', message: 'summary', text: 'summary', action: 'required_action', reason: 'reasons: [$]' },
    },
  ],
}

/** Fields of every task. */
export const commonFields: Fields = {
  id: { shape: id, doc: 'Name of the task in references.' },
  name: { shape: text, doc: 'What people see.' },
  if: { shape: { is: 'either', of: [cel, { is: 'boolean' }] }, doc: 'CEL; false: the task is skipped.' },
  next: { shape: id, doc: 'The task of the same list that follows; only forward.' },
  on_error: { shape: onErrorShape, doc: 'fail, block, continue, {next: id}, or tasks that run instead.' },
}

/** Fields of every task that does not end the run. */
export const passedFields: Fields = {
  compensate: {
    shape: tasks,
    doc: 'Tasks that undo it when the run fails or is cancelled afterwards; its output is in scope.',
  },
  checkpoint: { shape: checkpoint, doc: 'What is reported once it is done: a type, or {type, summary, …}.' },
}

/** Fields of tasks that use something: work of an executor, and other workflows. */
export const limitFields: Fields = {
  concurrency: { shape: concurrencyShape, doc: 'How many at a time, by a key.' },
  budget: { shape: taskBudgetShape, doc: 'What one attempt may use at most.' },
}

/** Fields of tasks that an executor works on. */
export const workFields: Fields = {
  timeout: { shape: limit, doc: 'Time of one attempt.' },
  retry: { shape: retryShape, doc: 'Whether and when a failed attempt is repeated.' },
  interrupted: { shape: words('rerun', 'ask', 'fail'), doc: 'What a crash in the middle of it means.' },
  save: { shape: text, doc: 'Name of the artifact that its text becomes.' },
  artifacts: { shape: texts, doc: 'Files of the project that become artifacts afterwards.' },
  cache: {
    shape: {
      is: 'either',
      of: [
        boolean,
        {
          is: 'object',
          name: 'cache',
          fields: {
            key: { shape: value, doc: 'What a result is kept by. Default: the input of the task.' },
            for: { shape: duration, doc: 'How long it is kept. Default: for ever.' },
          },
          habits: { ttl: 'for', expires: 'for', max_age: 'for' },
        },
      ],
    },
    doc: 'true, or {key, for}: results are kept across runs.',
  },
}
