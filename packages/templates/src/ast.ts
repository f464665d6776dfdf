/** The tree of a template as the Handlebars AST has it: the same node types and fields, so that tools made for it can read ours. */

/** Lines count from 1, columns (UTF-16 units) from 0. */
export type AstPosition = { readonly line: number; readonly column: number }

/** `source` is undefined: a template has no name. */
export type AstLocation = {
  readonly source: string | undefined
  readonly start: AstPosition
  readonly end: AstPosition
}

/** Which sides of a tag carry a `~`. Empty for raw blocks. */
export type AstStrip = { readonly open?: boolean; readonly close?: boolean }

type Node<T extends string> = { readonly type: T; readonly loc: AstLocation }

export type AstProgram = {
  readonly type: 'Program'
  readonly body: readonly AstStatement[]
  readonly strip: AstStrip
  readonly blockParams?: readonly string[] | undefined
  /** Made by `{{else if}}`. */
  readonly chained?: true
  /** Undefined for a program without statements. */
  readonly loc: AstLocation | undefined
}

export type PathExpression = Node<'PathExpression'> & {
  readonly data: boolean
  /** How many `../` stand before the parts. */
  readonly depth: number
  readonly parts: readonly string[]
  readonly original: string
}

export type StringLiteral = Node<'StringLiteral'> & { readonly value: string; readonly original: string }
export type NumberLiteral = Node<'NumberLiteral'> & { readonly value: number; readonly original: number }
export type BooleanLiteral = Node<'BooleanLiteral'> & { readonly value: boolean; readonly original: boolean }
export type NullLiteral = Node<'NullLiteral'> & { readonly value: null; readonly original: null }
export type UndefinedLiteral = Node<'UndefinedLiteral'> & { readonly value: undefined; readonly original: undefined }

export type HashPair = Node<'HashPair'> & { readonly key: string; readonly value: AstExpression }
export type AstHash = Node<'Hash'> & { readonly pairs: readonly HashPair[] }

export type SubExpression = Node<'SubExpression'> & AstCall

export type AstExpression =
  | PathExpression
  | StringLiteral
  | NumberLiteral
  | BooleanLiteral
  | NullLiteral
  | UndefinedLiteral
  | SubExpression

/** What is called or read, and with what. */
export type AstCall = {
  readonly path: AstExpression
  readonly params: readonly AstExpression[]
  readonly hash: AstHash | undefined
}

export type ContentStatement = Node<'ContentStatement'> & { readonly value: string; readonly original: string }
export type CommentStatement = Node<'CommentStatement'> & { readonly value: string; readonly strip: AstStrip }
export type MustacheStatement = Node<'MustacheStatement'> &
  AstCall & { readonly escaped: boolean; readonly strip: AstStrip }

/** `{{= CEL }}`, which Handlebars does not have. */
export type ComputedStatement = Node<'ComputedStatement'> & { readonly value: string; readonly strip: AstStrip }

export type BlockStatement = Node<'BlockStatement' | 'DecoratorBlock'> &
  AstCall & {
    readonly program: AstProgram | undefined
    readonly inverse?: AstProgram | undefined
    readonly openStrip: AstStrip
    readonly inverseStrip: AstStrip | undefined
    readonly closeStrip: AstStrip
  }

export type PartialStatement = Node<'PartialStatement'> & {
  readonly name: AstExpression
  readonly params: readonly AstExpression[]
  readonly hash: AstHash | undefined
  /** The whitespace before a partial that stands alone on its line. */
  readonly indent: string
  readonly strip: AstStrip
}

export type PartialBlockStatement = Node<'PartialBlockStatement'> & {
  readonly name: AstExpression
  readonly params: readonly AstExpression[]
  readonly hash: AstHash | undefined
  readonly program: AstProgram
  readonly openStrip: AstStrip
  readonly closeStrip: AstStrip
}

export type AstStatement =
  | ContentStatement
  | CommentStatement
  | MustacheStatement
  | ComputedStatement
  | BlockStatement
  | PartialStatement
  | PartialBlockStatement
