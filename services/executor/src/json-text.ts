import { positionAt, type SourcePosition } from '@wonder/errors'
import type { Json } from '@wonder/platform'

export type ParsedJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly reason: string; readonly position: SourcePosition }

/** Reads a text as JSON; what is wrong comes with its place, the same on every engine. */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) as Json }
  } catch {
    const offset = firstMistake(text)
    const reason = offset >= text.length ? 'the text ends too early' : `unexpected ${JSON.stringify(text[offset])}`
    return { ok: false, reason, position: positionAt(text, offset) }
  }
}

const space = /[ \t\n\r]*/y
const scalar =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const key = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y

/** Offset of the first character that cannot stand where it stands. Works without recursion: depth is up to the text. */
function firstMistake(text: string): number {
  const open: string[] = []
  let at = 0
  let expects: 'value' | 'first' | 'end' = 'value'
  for (;;) {
    at = skip(space, text, at)
    if (at >= text.length) return text.length
    const unit = text[at] as string
    const holder = open.at(-1)
    if (expects === 'end') {
      if (holder === undefined) return at
      if (unit === holder) {
        open.pop()
        at++
        continue
      }
      if (unit !== ',') return at
      at = skip(space, text, at + 1)
    } else if (expects === 'first' && unit === holder) {
      open.pop()
      at++
      expects = 'end'
      continue
    }
    if (expects !== 'value' && holder === '}') {
      const colon = skip(space, text, skip(key, text, at))
      if (colon === at || text[colon] !== ':') return colon
      at = skip(space, text, colon + 1)
    }
    if (text[at] === '{' || text[at] === '[') {
      open.push(text[at] === '{' ? '}' : ']')
      expects = 'first'
      at++
      continue
    }
    const end = skip(scalar, text, at)
    if (end === at) return at
    at = end
    expects = 'end'
  }
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
