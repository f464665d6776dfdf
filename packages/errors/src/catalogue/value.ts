import type { CatalogueEntry } from '../catalogue.ts'

/** Values, schemas, templates and expressions. */
export const valueErrors = {
  template_syntax: {
    title: 'A template cannot be read',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'The text between {{ and }} does not follow the Handlebars language, or a block is not closed.',
    fix: 'Mend the place that the message points at.',
  },
  expression_syntax: {
    title: 'A CEL expression cannot be read',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'The text does not follow the Common Expression Language.',
    fix: 'Mend the place that the message points at.',
  },
  missing_reference: {
    title: 'A reference leads to nothing',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'A template or an expression reads a value that is not there.',
    fix: 'Correct the path, or say what holds when it is missing: `{{ default input.x "none" }}`, in CEL `input.?x.orValue("none")`.',
  },
  evaluation_failed: {
    title: 'An expression or a template could not be computed',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'An operation met a value it cannot work on, such as a text where a number is needed.',
    fix: 'See the message for the operation and the value.',
  },
  limit_exceeded: {
    title: 'A template, expression or schema did more than it may',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'Evaluation is limited in operations, depth and size, so that no input can stop the engine.',
    fix: 'Make the value smaller, or move the work into a tool.',
  },
  invalid_schema: {
    title: 'A schema is not a valid JSON Schema',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'A keyword has a value of the wrong form, or a reference leads nowhere.',
    fix: 'Mend the keyword at the place that the message names.',
  },
  invalid_value: {
    title: 'A value does not fit its schema, or is not JSON',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: 'Each problem is listed with the path of the value and what was expected.',
    fix: 'Correct the values at the listed paths.',
  },
} as const satisfies Record<string, CatalogueEntry>
