import { Compilation } from './compilation.ts'
import { partialTable } from './compile-partial.ts'
import { checkShell, compilePieces, join, type Piece } from './compile-program.ts'
import type { Escape } from './escape.ts'
import { Frame } from './frame.ts'
import type { Scope } from './json.ts'
import { Allowance, defaultLimits } from './limits.ts'
import type { CompileOptions, Reference } from './options.ts'
import { parse } from './parse.ts'
import { Scanner } from './scanner.ts'
import { rootScope } from './static-scope.ts'

/** A piece of a text that holds secrets: text that is done, or the place of a secret. */
export type Part = string | { readonly secret: string; readonly escape: Escape }

export type CompiledTemplate = {
  /** What the template reads of the scope, by paths from its root, in the order of the text. Secrets are not among them. */
  readonly references: readonly Reference[]
  /** The names in `{{ secrets.NAME }}`, each once. */
  readonly secrets: readonly string[]
  /** The text. Throws missing_reference, evaluation_failed or limit_exceeded. */
  render(scope: Scope): string
  /** As `render`, but a secret is a part of its own and never read. Neighbouring text is one part. */
  parts(scope: Scope): readonly Part[]
}

/**
 * Reads a template and makes functions of it.
 *
 * @throws SourceError template_syntax, secret_not_allowed, raw_in_shell, quoted_in_shell or limit_exceeded, with the place in `text`.
 * @example
 * compile('Hello {{ input.name }}').render({ input: { name: 'Ada' } }) // 'Hello Ada'
 */
export function compile(text: string, options: CompileOptions = {}): CompiledTemplate {
  const limits = { ...defaultLimits, ...options.limits }
  const scanner = new Scanner(text)
  const compilation = new Compilation({ options, limits, scanner })
  const program = parse(scanner, limits.depth)
  if (compilation.escape === 'shell') checkShell(compilation, program)
  const pieces = compilePieces({ compilation, partials: partialTable(), inlines: undefined }, program, rootScope)
  const write = join(pieces)
  const secrets = pieces.flatMap((piece) => (typeof piece === 'object' ? [piece.secret] : []))
  return {
    references: compilation.references,
    secrets: [...new Set(secrets)],
    render: (scope) => write(Frame.root(scope, new Allowance(limits))),
    parts: (scope) => partsOf(pieces, Frame.root(scope, new Allowance(limits))),
  }
}

function partsOf(pieces: readonly Piece[], frame: Frame): Part[] {
  const { allowance } = frame.rendering
  const parts: Part[] = []
  let text = ''
  for (const piece of pieces) {
    allowance.spend(1)
    if (typeof piece === 'string') {
      allowance.write(piece.length)
      text += piece
    } else if (typeof piece === 'function') {
      text += piece(frame)
    } else {
      if (text !== '') parts.push(text)
      text = ''
      parts.push({ secret: piece.secret, escape: piece.escape })
    }
  }
  if (text !== '') parts.push(text)
  return parts
}
