import { actionErrors } from './catalogue/action.ts'
import { commandErrors } from './catalogue/command.ts'
import { languageErrors } from './catalogue/language.ts'
import { peopleErrors } from './catalogue/people.ts'
import { runErrors } from './catalogue/run.ts'
import { schemaErrors } from './catalogue/schema.ts'
import { storeErrors } from './catalogue/store.ts'
import { toolErrors } from './catalogue/tool.ts'
import { valueErrors } from './catalogue/value.ts'

/** May the same thing be tried again? `safe`: at once; `after`: once some time has passed. */
export type Retry = 'never' | 'safe' | 'after'

/** One row of the catalogue. Docs and `wonder explain CODE` are made from it. */
export type CatalogueEntry = {
  /** One line: what it means. */
  readonly title: string
  /** HTTP status. */
  readonly status: number
  /** Exit code of the CLI: 1 failure, 2 verification, 4 a person is needed, 5 acceptance, 6 invalid input, 8 unsafe operation, 130 interrupted. */
  readonly exit: 1 | 2 | 4 | 5 | 6 | 8 | 130
  readonly retry: Retry
  /** Why it happens. */
  readonly cause: string
  /** What a person does about it. */
  readonly fix: string
  /** A short before and after, where seeing it teaches more than reading. */
  readonly example?: { readonly wrong: string; readonly right: string }
}

/** Every code, with its row. Each area has a file of its own in catalogue/. */
export const catalogue = {
  ...languageErrors,
  ...valueErrors,
  ...schemaErrors,
  ...runErrors,
  ...peopleErrors,
  ...actionErrors,
  ...toolErrors,
  ...storeErrors,
  ...commandErrors,
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof catalogue
