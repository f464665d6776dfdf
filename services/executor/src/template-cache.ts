import { compileExpression } from '@wonder/expressions'
import { type CompiledTemplate, compile, type Escape } from '@wonder/templates'
import { RecentCache } from './recent-cache.ts'

/** Templates that were compiled, by escaping and text (or digest). */
export class TemplateCache {
  readonly #compiled = new RecentCache<CompiledTemplate>(1_000)

  /** `key` names the text: its digest, or the text itself. */
  get(sink: Escape, key: string, text: string): CompiledTemplate {
    const known = this.#compiled.get(`${sink}:${key}`)
    if (known !== undefined) return known
    const template = compile(text, { escape: sink, evaluate: (source) => compileExpression(source) })
    this.#compiled.set(`${sink}:${key}`, template)
    return template
  }
}
