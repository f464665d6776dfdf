import type { Block, BlockKind, Call, Program, Span, Strip } from './syntax.ts'

/** `{{#each xs as |x|}}`: what opens a block. */
export type Opening = {
  readonly kind: BlockKind
  readonly call: Call
  readonly params: readonly string[]
  readonly strip: Strip
  readonly tag: Span
}

/** What ended a list of statements. */
export type Ending =
  | { readonly kind: 'end' }
  | { readonly kind: 'close'; readonly name: string; readonly strip: Strip; readonly tag: Span }
  | { readonly kind: 'else'; readonly strip: Strip; readonly tag: Span }
  | { readonly kind: 'chain'; readonly opening: Opening }

export const noStrip: Strip = { open: false, close: false }

type BlockParts = {
  readonly opening: Opening
  readonly program: Program
  readonly inverse: { readonly program: Program; readonly strip: Strip } | undefined
  readonly closeStrip: Strip
  readonly span: Span
  /** `{{^x}}`: the two programs change places. */
  readonly inverted: boolean
}

/** The last `{{else if}}` of a chain ends where the whole block ends, so it takes over the closing tag's strip. */
export function makeBlock(parts: BlockParts): Block {
  const { opening, program, inverse } = parts
  const [chained] = inverse?.program.chained === true ? inverse.program.body : []
  if (chained?.kind === 'block') chained.closeStrip = parts.closeStrip
  return {
    kind: opening.kind,
    call: opening.call,
    params: opening.params,
    program: parts.inverted ? inverse?.program : program,
    inverse: parts.inverted ? program : inverse?.program,
    openStrip: opening.strip,
    inverseStrip: inverse?.strip ?? noStrip,
    closeStrip: parts.closeStrip,
    ...parts.span,
  }
}
