import {
  boolean,
  cel,
  type Field,
  id,
  limit,
  type ObjectShape,
  type Shape,
  someText,
  tasks,
  text,
  time,
  value,
  values,
  words,
} from '../shape.ts'
import { fieldsShape } from './common-shapes.ts'

type Waiting = { readonly doc: string; readonly value: Shape; readonly fields: { readonly [name: string]: Field } }

const sleepUntil: ObjectShape = {
  is: 'object',
  name: 'sleep',
  fields: { until: { shape: text, doc: 'A time such as 2030-01-31T08:00:00Z, or {{ … }}.', required: true } },
  habits: { for: 'sleep: $', duration: 'sleep: $', seconds: 'sleep: $s', minutes: 'sleep: $m', at: 'until' },
}

const onTimeout: Shape = {
  is: 'either',
  of: [
    words('fail', 'continue'),
    {
      is: 'object',
      name: 'on_timeout',
      fields: { next: { shape: id, doc: 'Task of the same list that follows.', required: true } },
      habits: { goto: 'next', to: 'next', task: 'next' },
    },
    tasks,
  ],
}

const onExpiry: Shape = {
  is: 'either',
  of: [
    words('fail', 'continue'),
    {
      is: 'object',
      name: 'on_expiry',
      fields: {
        next: { shape: id, doc: 'Task of the same list that follows.' },
        role: { shape: text, doc: 'Who is asked then.' },
        expires: { shape: time, doc: 'How long that question waits.' },
      },
      habits: { goto: 'next', to: 'next', task: 'next', escalate: 'role', escalate_to: 'role' },
    },
    tasks,
  ],
}

const signal: ObjectShape = {
  is: 'object',
  name: 'signal',
  short: 'name',
  fields: {
    name: { shape: someText, doc: 'Name of the signal.', required: true },
    payload: { shape: value, doc: 'What a wait for it gives.' },
    run: { shape: text, doc: 'Id of the run that gets it. Default: this one.' },
  },
  habits: { signal: 'name', id: 'name', data: 'payload', with: 'payload', to: 'run', target: 'run', workflow: 'run' },
}

/** Kinds of tasks that wait: for a time, a signal, a person, another run. */
export const waitingKinds = {
  sleep: {
    doc: 'Waits for a time: 5m, or {until: time}.',
    value: { is: 'either', of: [time, sleepUntil] },
    fields: {},
  },
  wait: {
    doc: 'Waits for a signal of this name; the output is its payload.',
    value: someText,
    fields: {
      until: { shape: cel, doc: 'CEL over `signal` (the payload) and `processor`; false: it waits on.' },
      kept: { shape: boolean, doc: 'false: signals that came before it waits are not for it. Default true.' },
      timeout: { shape: time, doc: 'Longest wait. Default: none.' },
      on_timeout: { shape: onTimeout, doc: 'fail (default), continue, {next: id}, or tasks that run instead.' },
      processor: {
        shape: { is: 'work' },
        doc: 'A tool, shell, http or render that each signal goes through before `until` is asked; `signal` is in scope.',
      },
    },
  },
  signal: { doc: 'Sends a signal to a run.', value: signal, fields: {} },
  ask: {
    doc: 'Asks a person; the output is {decision, answers, by, at}.',
    value: someText,
    fields: {
      with: { shape: values, doc: 'What is shown with the question; the answer holds for exactly this.' },
      answers: { shape: fieldsShape, doc: 'Fields of the answer. Without them the person approves or rejects.' },
      role: { shape: text, doc: 'Who may answer. Default: anybody.' },
      expires: { shape: time, doc: 'How long the question waits. Default: without end.' },
      on_expiry: {
        shape: onExpiry,
        doc: 'fail (default), continue, {next: id}, tasks that run instead, or {role, expires} to ask another.',
      },
    },
  },
  workflow: {
    doc: 'Runs another workflow as a run of its own; the output is its outputs.',
    value: text,
    fields: {
      with: { shape: values, doc: 'Its input: name and value.' },
      timeout: { shape: limit, doc: 'Longest time; then it is cancelled, and this task fails.' },
      on_parent_end: {
        shape: words('cancel', 'continue'),
        doc: 'What becomes of it when this run ends before it. Default cancel; continue when detached.',
      },
      detached: { shape: boolean, doc: 'true: it is not waited for, and the output is {run}.' },
    },
  },
} as const satisfies { readonly [kind: string]: Waiting }
