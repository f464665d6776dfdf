import type { CatalogueEntry } from '../catalogue.ts'

/** The command line. */
export const commandErrors = {
  unknown_command: {
    title: 'There is no such command or option',
    status: 400,
    exit: 6,
    retry: 'never',
    cause: 'A word on the command line is not known.',
    fix: '`wonder help` lists the commands; `wonder COMMAND --help` its options.',
  },
} as const satisfies Record<string, CatalogueEntry>
