import type { Json } from '@wonder/engine'
import { WonderError } from '@wonder/errors'

/**
 * Reads `name=value` words of `--set` into an object. What `read` does not know is JSON, or else a text.
 *
 * @throws WonderError `invalid_usage` for a word without `=` and a name that is given twice
 */
export function setPairs(
  words: readonly string[],
  read: (name: string, text: string) => Json | undefined = () => undefined,
): { readonly [name: string]: Json } {
  const pairs = new Map<string, Json>()
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) {
      throw new WonderError('invalid_usage', `Cannot read --set "${word}": expected name=value`, {
        details: { hint: 'For example: --set publish=true' },
      })
    }
    const name = word.slice(0, at)
    if (pairs.has(name)) throw new WonderError('invalid_usage', `"${name}" is set twice`)
    const text = word.slice(at + 1)
    pairs.set(name, read(name, text) ?? jsonOrText(text))
  }
  return Object.fromEntries(pairs)
}

/** JSON where it is JSON. */
export function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
