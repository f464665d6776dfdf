import type { Json } from './json.ts'

/** Offsets into the template's text, UTF-16 units from 0; `end` is past the last. */
export type Span = { readonly start: number; readonly end: number }

/** Which sides of a tag carry a `~`. */
export type Strip = { readonly open: boolean; readonly close: boolean }

export type Path = Span & {
  readonly kind: 'path'
  readonly original: string
  /** `@root`, `@index`: the first segment is the data's name. */
  readonly data: boolean
  /** How many `../` stand before the segments. */
  readonly up: number
  /** Begins with `this`, `.` or `..`: a helper or a block parameter is not meant. */
  readonly scoped: boolean
  readonly segments: readonly (string | number)[]
}

export type Literal = Span & { readonly kind: 'literal'; readonly value: Json | undefined; readonly original: string }

/** What stands in a tag or in parentheses: a value alone, or a helper with its arguments. */
export type Call = Span & {
  readonly kind: 'call'
  readonly callee: Expression
  readonly args: readonly Expression[]
  readonly hash: readonly HashArgument[]
}

export type HashArgument = Span & { readonly name: string; readonly value: Expression }

export type Expression = Path | Literal | Call

/** `value` and the two flags change as whitespace is taken away; `original` is what was written. */
export type Content = Span & {
  readonly kind: 'content'
  readonly original: string
  value: string
  strippedLeft: boolean
  strippedRight: boolean
}

export type Comment = Span & { readonly kind: 'comment'; readonly strip: Strip }

export type Mustache = Span & {
  readonly kind: 'mustache'
  readonly call: Call
  /** `{{{ }}}` or `{{& }}`. */
  readonly raw: boolean
  readonly strip: Strip
}

/** `{{= CEL }}`. */
export type Computed = Span & { readonly kind: 'computed'; readonly source: Span; readonly strip: Strip }

export type Program = { readonly body: Statement[]; readonly chained: boolean }

export type BlockKind = 'block' | 'partial-block' | 'inline'

export type Block = Span & {
  readonly kind: BlockKind
  readonly call: Call
  readonly params: readonly string[]
  readonly program: Program | undefined
  readonly inverse: Program | undefined
  readonly openStrip: Strip
  readonly inverseStrip: Strip
  closeStrip: Strip
}

export type RawBlock = Span & { readonly kind: 'raw-block'; readonly call: Call; readonly program: Program }

export type Partial = Span & {
  readonly kind: 'partial'
  readonly call: Call
  readonly strip: Strip
  /** The whitespace before a partial that stands alone on its line. */
  indent: string
}

export type Statement = Content | Comment | Mustache | Computed | Block | RawBlock | Partial
