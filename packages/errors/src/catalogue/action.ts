import type { CatalogueEntry } from '../catalogue.ts'

/** Actions of the executor: shell, http, render and the rest. */
export const actionErrors = {
  task_timeout: {
    title: 'A task took longer than its timeout',
    status: 504,
    exit: 1,
    retry: 'safe',
    cause: 'The task was stopped when its time was over.',
    fix: 'Give it more time with `timeout`, or less to do.',
  },
} as const satisfies Record<string, CatalogueEntry>
