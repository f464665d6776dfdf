import type { CatalogueEntry } from '../catalogue.ts'

/** The journal and the other stores. */
export const storeErrors = {
  stale_version: {
    title: 'Another process wrote to this run first',
    status: 409,
    exit: 1,
    retry: 'safe',
    cause: 'The run has another owner now.',
    fix: 'Nothing: the run is loaded again and goes on.',
  },
} as const satisfies Record<string, CatalogueEntry>
