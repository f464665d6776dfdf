import type { SourcePosition } from '@wonder/errors'
import type { Escape, Escaper } from './escape.ts'
import type { Json, Scope } from './json.ts'
import type { Limits } from './limits.ts'

/** A place of the scope that a template reads. */
export type Reference = {
  readonly path: readonly (string | number)[]
  readonly position: SourcePosition
  /** Tested by `if`, read by `default` and the like: it may be missing. */
  readonly optional: boolean
}

/** One CEL expression, ready to be computed. */
export type Evaluator = { readonly references: readonly Reference[]; evaluate(scope: Scope): Json }

/** Makes an evaluator of a `{{= source }}`; throws a SourceError whose position is in the template. */
export type EvaluatorFactory = (source: string, position: SourcePosition) => Evaluator

/** What a helper is called with, beside its arguments. */
export type HelperCall = {
  readonly hash: Readonly<Record<string, Json | undefined>>
  /** `this` of the place where the helper stands. */
  readonly context: Json
  /** Only of `{{#helper}}`: writes the block with another `this` and values for its parameters. */
  readonly block?: (context: Json, params?: readonly Json[]) => string
  /** Only of `{{#helper}}`: writes what follows `{{else}}`, or nothing. */
  readonly otherwise?: () => string
}

/** A function that a template can call. A block's result enters the text as it is, any other is escaped. Must be pure. */
export type Helper = (args: readonly Json[], call: HelperCall) => Json | undefined

export type CompileOptions = {
  /** How values enter the text: one of the sinks, or a function of the caller. Default `none`. */
  readonly escape?: Escape | Escaper
  /** What is missing is an error (default), or, when false, empty as in Handlebars. */
  readonly strict?: boolean
  /** Where not strict: only the last name of a path may be missing, what it is read of must be there. Default false. */
  readonly assumeObjects?: boolean
  /** Values of `@name`, beside those that the language has. */
  readonly data?: Readonly<Record<string, Json>>
  readonly limits?: Partial<Limits>
  /** Beside the built-in ones, which they may replace (but for if, unless, each, with and lookup). */
  readonly helpers?: Readonly<Record<string, Helper>>
  /** Texts that `{{> name}}` inserts. */
  readonly partials?: Readonly<Record<string, string>>
  /** Computes `{{= CEL }}`; without it such a tag is a syntax error. */
  readonly evaluate?: EvaluatorFactory
}
