import { Compiler } from './compiler.ts'
import { Defaults } from './defaults.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Problem } from './problem.ts'
import { Run } from './run.ts'
import { SchemaLibrary } from './schema-document.ts'

export type CheckOptions = {
  /** Put in the schema's defaults first, in a copy: `value` of the result. */
  readonly applyDefaults?: boolean
  /** Check `format`; without it a format is only a note. */
  readonly formats?: boolean
  /** Report one problem only. */
  readonly stopAtFirst?: boolean
}

export type CheckResult =
  /** `value` is the given one, with defaults if they were asked for. */
  | { readonly ok: true; readonly value: unknown }
  /** At least one problem, in the order of the schema's keywords. */
  | { readonly ok: false; readonly errors: readonly Problem[] }

/** A compiled schema. It holds no state of a check. */
export type Schema = {
  readonly schema: JsonSchema
  /** @throws WonderError `limit_exceeded` for a value (or a reference) that is nested too deeply. */
  check(value: unknown, options?: CheckOptions): CheckResult
}

export type CompileOptions = {
  /** Other documents that `$ref` may name, by URI. Nothing is ever fetched. */
  readonly documents?: { readonly [uri: string]: JsonSchema }
  readonly limits?: {
    /** Levels of a value and of references in it; 256. */
    readonly depth?: number
    /** Problems that one check reports; 100. */
    readonly problems?: number
  }
}

/**
 * Compiles a JSON Schema (draft 2020-12, and `nullable`) to closures.
 *
 * @throws WonderError `invalid_schema` with the keyword's JSON pointer in `details.schemaPath`: a keyword of the wrong
 * form, a reference that leads nowhere, a pattern with look-around or back-references, a keyword of an older draft.
 * @example
 * const schema = compile({ type: 'object', properties: { limit: { type: 'integer', default: 20 } } })
 * schema.check({}, { applyDefaults: true }) // { ok: true, value: { limit: 20 } }
 * schema.check({ limit: 'x' }) // { ok: false, errors: [{ path: '/limit', code: 'TYPE_MISMATCH', … }] }
 */
export function compile(schema: JsonSchema, options: CompileOptions = {}): Schema {
  const { depth: maxDepth = 256, problems = 100 } = options.limits ?? {}
  const library = new SchemaLibrary()
  const root = library.add(schema)
  for (const [uri, document] of Object.entries(options.documents ?? {})) library.add(document, uri)
  const holds = new Compiler(library).root(root)
  const defaults = new Defaults(library)
  return {
    schema,
    check(given, { applyDefaults = false, formats = false, stopAtFirst = false } = {}) {
      const value = applyDefaults ? defaults.apply(given, root) : given
      const silent = new Run({ formats, loud: false, maxProblems: 0, maxDepth })
      if (holds(value, silent, undefined)) return { ok: true, value }
      const loud = new Run({ formats, loud: true, maxProblems: stopAtFirst ? 1 : problems, maxDepth })
      holds(value, loud, undefined)
      return { ok: false, errors: loud.problems.slice(0, stopAtFirst ? 1 : problems) }
    },
  }
}
