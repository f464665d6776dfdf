import type { CatalogueEntry } from '../catalogue.ts'

/** Runs and the commands that drive them. */
export const runErrors = {
  invariant_broken: {
    title: 'The engine broke one of its own promises',
    status: 500,
    exit: 1,
    retry: 'never',
    cause: 'A bug in Wonder.',
    fix: 'Keep the .wonder folder and report the message with it.',
  },
  internal: {
    title: 'Something failed that Wonder has no name for',
    status: 500,
    exit: 1,
    retry: 'never',
    cause: 'An unexpected failure below the engine.',
    fix: 'See the message and the log; report it if it repeats.',
  },
  invalid_input: {
    title: 'The input of a run does not fit its workflow',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'A required field is missing, or a value has the wrong type.',
    fix: 'Give each listed field a value of the type it names.',
  },
  run_not_found: {
    title: 'There is no such run',
    status: 404,
    exit: 6,
    retry: 'never',
    cause: 'The id, or the beginning of one, belongs to no run of this project.',
    fix: '`wonder runs list` shows the runs; `last` names the newest.',
  },
  invalid_transition: {
    title: 'A run cannot do this in its present status',
    status: 409,
    exit: 6,
    retry: 'never',
    cause: 'For example, a finished run cannot be paused or resumed.',
    fix: '`wonder runs show ID` tells the status and what is possible.',
  },
  workflow_failed: {
    title: 'A workflow ended with `fail`',
    status: 422,
    exit: 1,
    retry: 'never',
    cause: 'A task of kind `fail` was reached.',
    fix: 'The message is the one that the workflow gives.',
  },
} as const satisfies Record<string, CatalogueEntry>
