import type { Sink } from '@wonder/engine'
import { SourceError, type SourcePosition } from '@wonder/errors'
import { compileExpression } from '@wonder/expressions'
import { type Classified, type CompiledTemplate, classify, compile, type Reference } from '@wonder/templates'

/** What a template reads. */
export type Template = Pick<CompiledTemplate, 'references' | 'secrets'> & { readonly computed: readonly Computed[] }

/** CEL inside of a template, and where it begins. */
type Computed = { readonly source: string; readonly offset: number }

/** Reads the templates and the CEL of a project. A text that stands in many places is read once. */
export class TextReader {
  readonly #kinds = new Map<string, Classified>()
  readonly #expressions = new Map<string, readonly Reference[]>()
  readonly #templates = new Map<string, Template>()

  /** What a text of a value is: a literal, one reference, one expression, or a template. */
  kind(text: string): Classified {
    return once(this.#kinds, text, () => classify(text))
  }

  /** What CEL reads. Throws SourceError as `compileExpression` does. */
  expression(source: string): readonly Reference[] {
    return once(this.#expressions, source, () => compileExpression(source).references)
  }

  /** What a template reads. Throws SourceError as `compile` of templates does; places count from the template's beginning. */
  template(text: string, sink: Sink): Template {
    return once(this.#templates, `${sink} ${text}`, () => {
      const computed: Computed[] = []
      const evaluate = (source: string, position: SourcePosition) => {
        computed.push({ source, offset: position.offset })
        return this.#computed(source, position)
      }
      const { references, secrets } = compile(text, { escape: sink, evaluate })
      return { references, secrets, computed }
    })
  }

  /** A `{{= CEL }}` of a template. */
  #computed(source: string, position: SourcePosition) {
    try {
      return { references: shifted(this.expression(source), position), evaluate: () => null }
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown
      const at = { ...thrown.position, offset: thrown.position.offset + position.offset }
      throw new SourceError(thrown.code, thrown.message, at)
    }
  }
}

/** The same references, in a text that holds theirs. */
export function shifted(references: readonly Reference[], by: SourcePosition): readonly Reference[] {
  return references.map((reference) => {
    const { position } = reference
    return { ...reference, position: { ...position, offset: position.offset + by.offset } }
  })
}

function once<T>(known: Map<string, T>, text: string, read: () => T): T {
  const before = known.get(text)
  if (before !== undefined) return before
  const found = read()
  known.set(text, found)
  return found
}
