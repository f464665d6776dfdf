import type { CatalogueEntry } from '../catalogue.ts'

/** Tables and samples made from schemas. */
export const schemaErrors = {
  no_table_for_schema: {
    title: 'A schema cannot become tables',
    status: 422,
    exit: 6,
    retry: 'never',
    cause:
      'A table needs an object schema with a required key of a plain type, at most 100 columns, and names that exist.',
    fix: 'Name a required property in `key`, or keep large parts as JSON with `x-sql: json`.',
  },
  not_storable: {
    title: 'A value cannot be stored without loss',
    status: 422,
    exit: 6,
    retry: 'never',
    cause:
      'It does not have the form of its column, is a whole number beyond 2^53, or a text with U+0000 or half a surrogate pair, which databases would change.',
    fix: 'Check the value against its schema first; keep such texts as JSON with `x-sql: json`.',
  },
  no_sample: {
    title: 'No sample of a schema was found',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'The schema allows no value, or its rules together are too narrow to be met by construction.',
    fix: 'Loosen the schema, or write the value by hand.',
  },
} as const satisfies Record<string, CatalogueEntry>
