import { InvariantError, WonderError } from '@wonder/errors'
import { Compiler } from './compiler.ts'
import type { CustomTypes } from './custom-type.ts'
import { Defaults } from './defaults.ts'
import { FastCompiler } from './fast/fast-compiler.ts'
import type { Test } from './fast/plan.ts'
import type { FromSchema } from './from-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Problem } from './problem.ts'
import { refuseLarge } from './refuse-large.ts'
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

export type CheckResult<T = unknown> =
  /** `value` is the given one, with defaults if they were asked for. */
  | { readonly ok: true; readonly value: T }
  /** At least one problem, in the order of the schema's keywords. */
  | { readonly ok: false; readonly errors: readonly Problem[] }

/** A compiled schema. It holds no state of a check. */
export type Schema<T = unknown> = {
  readonly schema: JsonSchema
  /** Only yes or no: nothing is allocated, and no problem is looked for. The same limits as check(). */
  accepts(value: unknown, options?: Pick<CheckOptions, 'formats'>): value is T
  /** @throws WonderError `limit_exceeded` for a value (or a reference) that is nested too deeply. */
  check(value: unknown, options?: CheckOptions): CheckResult<T>
}

export type CompileOptions = {
  /** Types of the caller's own, for the keyword `x-type`. */
  readonly types?: CustomTypes
  /** Let the host's engine run patterns with look-around or back-references. Only for schemas that you wrote yourself. */
  readonly trusted?: boolean
  /** Other documents that `$ref` may name, by URI. Nothing is ever fetched. */
  readonly documents?: { readonly [uri: string]: JsonSchema }
  readonly limits?: {
    /** Levels of a value and of references in it; 256. */
    readonly depth?: number
    /** Members, items and characters of a value, all together; no limit. A limit costs a walk through each value. */
    readonly size?: number
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
export function compile<const S extends JsonSchema>(schema: S, options?: CompileOptions): Schema<FromSchema<S>>
export function compile(schema: JsonSchema, options: CompileOptions = {}): Schema {
  const { depth: maxDepth = 256, problems: maxProblems = 100, size: maxSize } = options.limits ?? {}
  const library = new SchemaLibrary()
  const root = library.add(schema)
  for (const [uri, document] of Object.entries(options.documents ?? {})) library.add(document, uri)
  library.readVocabularies()
  const { trusted = false, types = {} } = options
  const compiler = new Compiler(library, { trusted, types })
  const holds = compiler.root(root)
  const defaults = new Defaults(library)
  const silentTest = (formats: boolean): Test => {
    const fast = new FastCompiler({ library, patterns: compiler.patterns, types, formats, maxDepth }).compile(root)
    return fast ?? ((value) => holds(value, new Run({ formats, loud: false, maxProblems: 0, maxDepth }), undefined))
  }
  let plain: Test | undefined
  let withFormats: Test | undefined
  const accepts = (value: unknown, formats: boolean): boolean => {
    if (maxSize !== undefined) refuseLarge(value, maxSize)
    plain ??= silentTest(false)
    if (!formats) return plain(value)
    withFormats ??= silentTest(true)
    return withFormats(value)
  }
  return {
    schema,
    accepts(value, options): value is unknown {
      return guarded(() => accepts(value, options?.formats === true))
    },
    check(given, { applyDefaults = false, formats = false, stopAtFirst = false } = {}) {
      return guarded(() => {
        const value = applyDefaults ? defaults.apply(given, root) : given
        if (accepts(value, formats)) return { ok: true, value }
        const loud = new Run({ formats, loud: true, maxProblems: stopAtFirst ? 1 : maxProblems, maxDepth })
        holds(value, loud, undefined)
        if (loud.problems.length === 0)
          throw new InvariantError('no_problem_found', 'A value was refused, and no problem was found in it')
        return { ok: false, errors: loud.problems.slice(0, stopAtFirst ? 1 : maxProblems) }
      })
    },
  }
}

/** A value that is nested so deeply that the stack ends, where no reference counts levels: in `const` or `uniqueItems`. */
function guarded<T>(check: () => T): T {
  try {
    return check()
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new WonderError('limit_exceeded', 'Cannot check the value: it is nested too deeply', { cause: thrown })
  }
}
