import { stripVTControlCharacters } from 'node:util'
import type { Json } from '@wonder/engine'

const maxLines = 20

/** `name: value`; a text of several lines and a large value stand indented below their name. */
export function outputText(name: string, value: Json): string {
  if (typeof value === 'string' && !value.includes('\n')) return `  ${name}: ${printable(value)}`
  const flat = typeof value === 'string' ? undefined : JSON.stringify(value)
  if (flat !== undefined && flat.length <= 100) return `  ${name}: ${flat}`
  const lines = (typeof value === 'string' ? printable(value).trimEnd() : JSON.stringify(value, null, 2)).split('\n')
  const more = lines.length - maxLines
  const shown = more > 1 ? [...lines.slice(0, maxLines), `… ${more} more lines; --json has all`] : lines
  return [`  ${name}:`, ...shown.map((line) => `    ${line}`)].join('\n')
}

/** Without what could drive the terminal. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
}

/** As a shell reads it back. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
