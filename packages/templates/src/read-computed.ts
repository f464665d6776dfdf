import type { Scanner } from './scanner.ts'
import type { Span } from './syntax.ts'

/** CEL's texts: raw or not, of one or three quotes. */
const celText =
  /[rR]?(?:"""[\s\S]*?"""|'''[\s\S]*?''')|[rR](?:"[^"\n]*"|'[^'\n]*')|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y

/** The source of `{{= CEL }}`: up to the `}}` that is neither in a text nor closes a brace of the source. */
export function readComputed(scanner: Scanner, tag: number): Span {
  scanner.skipSpace()
  const start = scanner.at
  let braces = 0
  while (scanner.at < scanner.text.length) {
    if (braces === 0 && (scanner.startsWith('}}') || scanner.startsWith('~}}'))) return sourceSpan(scanner, start)
    if (scanner.match(celText) !== undefined) continue
    if (scanner.char === '{') braces += 1
    if (scanner.char === '}') braces -= 1
    scanner.at += 1
  }
  return scanner.fail('This {{= }} is not closed: write "}}"', { start: tag, end: tag + 3 })
}

function sourceSpan(scanner: Scanner, start: number): Span {
  const source = scanner.text.slice(start, scanner.at).trimEnd()
  if (source === '') scanner.fail('{{= }} is empty: write a CEL expression after the "="', { start, end: scanner.at })
  return { start, end: start + source.length }
}
