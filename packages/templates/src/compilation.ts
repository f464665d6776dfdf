import { nearest, type SourcePosition } from '@wonder/errors'
import type { BuiltIn } from './built-ins/built-in.ts'
import { builtIns } from './built-ins.ts'
import type { Escape, Escaper } from './escape.ts'
import type { Limits } from './limits.ts'
import type { CompileOptions, Helper, Reference } from './options.ts'
import type { Scanner } from './scanner.ts'
import { isRoot, type RootedPath, type StaticScope } from './static-scope.ts'
import type { Span } from './syntax.ts'

const blockHelpers = ['if', 'unless', 'each', 'with', 'raw']

/** What compiling one template gathers. The text that is being read changes inside partials. */
export class Compilation {
  readonly options: CompileOptions
  readonly escape: Escape | Escaper
  readonly strict: boolean
  readonly assumeObjects: boolean
  readonly limits: Limits
  readonly references: Reference[] = []
  /** Inside a partial positions are in its own text, so its references take the place of the tag that inserts it. */
  readonly #outermost: { scanner: Scanner; tag: Span } | undefined
  readonly scanner: Scanner

  constructor(parts: {
    options: CompileOptions
    limits: Limits
    scanner: Scanner
    outermost?: { scanner: Scanner; tag: Span }
    references?: Reference[]
  }) {
    this.options = parts.options
    this.escape = parts.options.escape ?? 'none'
    this.strict = parts.options.strict ?? true
    this.assumeObjects = !this.strict && parts.options.assumeObjects === true
    this.limits = parts.limits
    this.scanner = parts.scanner
    this.#outermost = parts.outermost
    if (parts.references) this.references = parts.references
  }

  /** The same compilation, reading a partial's text that `tag` inserts. */
  inPartial(scanner: Scanner, tag: Span): Compilation {
    const outermost = this.#outermost ?? { scanner: this.scanner, tag }
    return new Compilation({
      options: this.options,
      limits: this.limits,
      scanner,
      outermost,
      references: this.references,
    })
  }

  refer(path: RootedPath, span: Span, how: { optional: boolean; exact?: SourcePosition }): void {
    if (path.length === 0) return
    const outer = this.#outermost
    const position = outer ? outer.scanner.position(outer.tag) : (how.exact ?? this.scanner.position(span))
    this.references.push({ path, position, optional: how.optional })
  }

  /** Runs `compile` without keeping the references that it finds. */
  unrecorded<T>(compile: () => T): T {
    const { length } = this.references
    const compiled = compile()
    this.references.length = length
    return compiled
  }

  /** Runs `compile` of what may not be rendered at all: its references may be missing. */
  optionally<T>(compile: () => T): T {
    const { length } = this.references
    const compiled = compile()
    for (let at = length; at < this.references.length; at++) {
      const reference = this.references[at]
      if (reference !== undefined) this.references[at] = { ...reference, optional: true }
    }
    return compiled
  }

  /** A secret may only stand alone in a tag outside of blocks, where it becomes a part; this is any other place. */
  refuseSecret(path: RootedPath | undefined, span: Span, scope: StaticScope): void {
    if (path?.[0] !== 'secrets') return
    const where = isRoot(scope) ? 'only alone in a tag, as {{ secrets.NAME }}' : 'only outside of blocks and partials'
    throw this.scanner.error(
      'secret_not_allowed',
      `"${path.join('.')}" cannot be read here: a secret may stand ${where}`,
      span,
    )
  }

  custom(name: string): Helper | undefined {
    const { helpers } = this.options
    return helpers && Object.hasOwn(helpers, name) ? helpers[name] : undefined
  }

  builtIn(name: string): BuiltIn | undefined {
    return Object.hasOwn(builtIns, name) ? builtIns[name] : undefined
  }

  unknownHelper(name: string, span: Span): never {
    if (blockHelpers.includes(name)) this.scanner.fail(`"${name}" is a block: write {{#${name} …}}…{{/${name}}}`, span)
    const known = [...Object.keys(builtIns), ...Object.keys(this.options.helpers ?? {}), ...blockHelpers, 'lookup']
    const near = nearest(name, known)
    const hint = near === undefined ? '' : `. Did you mean "${near}"?`
    return this.scanner.fail(`There is no helper "${name}"${hint}`, span)
  }
}
