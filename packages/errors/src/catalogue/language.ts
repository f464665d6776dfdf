import type { CatalogueEntry } from '../catalogue.ts'

/** Mistakes in a project's files, found before anything runs. */
export const languageErrors = {
  unknown_task: {
    title: 'A reference names a task that does not exist',
    status: 422,
    exit: 6,
    retry: 'never',
    cause:
      'An expression or a `next` uses the id of a task that this workflow does not have, or that cannot be seen from there.',
    fix: 'Use the id of a task that stands before this one in the same list, or in a list around it. Inside a group, tasks see each other; from outside, only the group is seen.',
  },
} as const satisfies Record<string, CatalogueEntry>
