import type { CatalogueEntry } from '../catalogue.ts'

/** Tools and the runtime that runs them. */
export const toolErrors = {
  tool_failed: {
    title: 'A tool threw an error',
    status: 422,
    exit: 1,
    retry: 'safe',
    cause: 'The function `run` of the tool rejected or threw.',
    fix: 'See the message; the log of the run has what the tool printed.',
  },
} as const satisfies Record<string, CatalogueEntry>
