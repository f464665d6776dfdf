import { positionAt, type SourcePosition } from '@wonder/errors'
import { type GoNode, type GoSpan, GoSyntaxError } from './go-syntax.ts'
import { GoWriter } from './go-writer.ts'
import { parseGo } from './parse-go.ts'

/** What a reader of the translation has to know, at its place in the Go template. */
export type TranslationNote = {
  readonly position: SourcePosition
  readonly message: string
  /** `error`: left out of the translation; `warning`: may render otherwise; `info`: renders otherwise for rare values. */
  readonly severity: 'error' | 'warning' | 'info'
}

export type Translated = { readonly text: string; readonly notes: readonly TranslationNote[] }

/**
 * A Go template (text/template with the common functions of sprig), in our language. What cannot be said is left out as a
 * comment that holds it, with a note of severity `error`; nothing changes silently. A text that Go could not read is
 * given back as it is, with one note.
 *
 * @example
 * translateGoTemplate('{{ .input.city | upper }}').text // '{{upper input.city}}'
 */
export function translateGoTemplate(text: string): Translated {
  const notes: TranslationNote[] = []
  const note = (severity: TranslationNote['severity'], message: string, span: GoSpan) => {
    notes.push({ position: positionAt(text, span.start, Math.max(1, span.end - span.start)), message, severity })
  }
  let nodes: readonly GoNode[]
  try {
    nodes = parseGo(text)
  } catch (thrown) {
    if (!(thrown instanceof GoSyntaxError)) throw thrown
    note('error', thrown.message, thrown.span)
    return { text, notes }
  }
  const writer = new GoWriter(text, note)
  return { text: writer.write(nodes), notes: notes.toSorted((a, b) => a.position.offset - b.position.offset) }
}
