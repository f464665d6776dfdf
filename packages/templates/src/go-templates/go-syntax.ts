/** Offsets into the Go template's text. */
export type GoSpan = { readonly start: number; readonly end: number }

/** An operand or a call of a Go pipeline. */
export type GoExpression = GoSpan &
  (
    | { readonly kind: 'text'; readonly value: string }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'word'; readonly value: 'true' | 'false' | 'nil' }
    /** `.a.b`, `$.a`, `$x.a`, `(…).a`: `from` is what the fields are read of; undefined for the dot. */
    | { readonly kind: 'field'; readonly from: GoExpression | undefined; readonly fields: readonly string[] }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly GoExpression[] }
  )

/** `$a, $b := pipeline`: names without the dollar sign; none for a plain pipeline. */
export type GoPipeline = GoSpan & {
  readonly names: readonly string[]
  readonly assigns: boolean
  readonly value: GoExpression
}

export type GoNode = GoSpan &
  (
    | { readonly kind: 'literal'; readonly value: string }
    | { readonly kind: 'comment'; readonly value: string }
    | { readonly kind: 'action'; readonly pipeline: GoPipeline }
    | {
        readonly kind: 'if' | 'range' | 'with'
        readonly pipeline: GoPipeline
        readonly body: readonly GoNode[]
        readonly otherwise: readonly GoNode[] | undefined
        /** Made by `{{else if}}`. */
        readonly chained: boolean
      }
    | { readonly kind: 'define'; readonly name: string; readonly body: readonly GoNode[] }
    | { readonly kind: 'template'; readonly name: string; readonly context: GoPipeline | undefined }
    /** What cannot be said in the other language. */
    | { readonly kind: 'unknown'; readonly why: string; readonly at: GoSpan }
  )

/** What is wrong with a Go template, at its place. */
export class GoSyntaxError extends Error {
  readonly span: GoSpan
  constructor(message: string, span: GoSpan) {
    super(message)
    this.span = span
  }
}
