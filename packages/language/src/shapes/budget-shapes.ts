import { count, duration, type Field, type ObjectShape } from '../shape.ts'

const habits = {
  calls: 'tool_calls',
  time: 'wall_time',
  timeout: 'wall_time',
  duration: 'wall_time',
  money: 'cost_usd',
  cost: 'cost_usd',
  usd: 'cost_usd',
  max_tokens: 'tokens',
}

/** What one task may use. */
const uses = {
  tokens: { shape: count, doc: 'Tokens of models.' },
  cost_usd: { shape: { is: 'number', min: 0 }, doc: 'Money, in US dollars.' },
  tool_calls: { shape: count, doc: 'Calls of tools.' },
  steps: { shape: count, doc: 'Steps of tasks.' },
} as const satisfies { readonly [name: string]: Field }

const overall = {
  ...uses,
  wall_time: { shape: duration, doc: 'Time on the clock; what is paused or waits for a person does not count.' },
  retries: { shape: count, doc: 'Attempts after the first one of a task.' },
  warn_at: {
    shape: { is: 'number', min: 0, max: 1 },
    doc: 'Share of a limit at which a warning is given. Default 0.8.',
  },
} as const satisfies { readonly [name: string]: Field }

/** What one attempt of a task may use at most. */
export const taskBudgetShape: ObjectShape = { is: 'object', name: 'the budget of a task', fields: uses, habits }

/** Limits of a run. */
export const runBudgetShape: ObjectShape = {
  is: 'object',
  name: 'budget',
  fields: { ...overall, width: { shape: count, doc: 'Most branches of one fan-out.' } },
  habits,
}

/** Limits of all runs of a project together. */
export const projectBudgetShape: ObjectShape = { is: 'object', name: 'settings.budget', fields: overall, habits }
