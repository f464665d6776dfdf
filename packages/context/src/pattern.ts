import { RE2JS } from 're2js'

/** A user's regular expression on a linear-time engine. */
export type Pattern = (text: string) => boolean

/** ECMAScript's long names of Unicode categories; RE2 knows the short ones. */
const CATEGORIES: { readonly [name: string]: string } = {
  Letter: 'L',
  Lowercase_Letter: 'Ll',
  Uppercase_Letter: 'Lu',
  Mark: 'M',
  Number: 'N',
  Decimal_Number: 'Nd',
  digit: 'Nd',
  Punctuation: 'P',
  Symbol: 'S',
  Separator: 'Z',
}

/**
 * Compiles a pattern, found anywhere in the text. Look-around and back-references cannot be matched in linear time: they
 * are refused, or left to the host's own engine when the schema is trusted.
 *
 * @returns the pattern, or why it cannot be used.
 */
export function compilePattern(source: string, trusted = false): Pattern | { readonly why: string } {
  if (isBeyondLinear(source)) {
    if (trusted) return hostPattern(source)
    return {
      why: `the pattern "${source}" uses look-around or a back-reference, which cannot be matched in linear time`,
    }
  }
  if (isSimple(source)) {
    const simple = hostPattern(source)
    if (typeof simple === 'function') return simple
  }
  const short = source
    .replace(/\\([pP])\{(?:General_Category=|gc=)?(\w+)\}/g, (whole, p: string, name: string) => {
      const category = CATEGORIES[name]
      return category === undefined ? whole : `\\${p}{${category}}`
    })
    .replace(/\\([pP])\{(?:Script|sc)=(\w+)\}/g, '\\$1{$2}')
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(short))
    return (text) => compiled.test(text)
  } catch (thrown) {
    return {
      why: `the pattern "${source}" cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    }
  }
}

/**
 * Anchored, without groups and choices, and with one repetition of variable length at most: each length is tried once,
 * so any engine needs linear time, and the host's own is ten times as fast.
 */
function isSimple(source: string): boolean {
  if (!SIMPLE.test(source)) return false
  const repetitions = source.replaceAll(/\\.|\[(?:[^\]\\]|\\.)*\]/g, 'x').match(/[*+?]|\{\d+,\d*\}/g) ?? []
  return repetitions.length <= 1
}

const SIMPLE =
  /^\^(?:(?:[\w\-@:,;=<>!#%&'"~`/ ]|\\[dw.+*?/\\$^]|\[\^?(?:[^[\]\\]|\\[dw.\-/\\\]])+\])(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?)*\$?$/

/** Does it have look-around or back-references? What is escaped, or stands in a class, is neither. */
function isBeyondLinear(source: string): boolean {
  const bare = source.replace(/\\(?![1-9]|k<)[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]/g, '')
  return /\(\?<?[=!]|\\[1-9]|\\k</.test(bare)
}

function hostPattern(source: string): Pattern | { readonly why: string } {
  try {
    const compiled = new RegExp(source, 'u')
    return (text) => compiled.test(text)
  } catch (thrown) {
    return {
      why: `the pattern "${source}" cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    }
  }
}

/** Compiles each pattern of a schema once. */
export class Patterns {
  readonly #trusted: boolean
  readonly #compiled = new Map<string, ReturnType<typeof compilePattern>>()

  constructor(trusted: boolean) {
    this.#trusted = trusted
  }

  compile(source: string): ReturnType<typeof compilePattern> {
    const known = this.#compiled.get(source)
    if (known) return known
    const compiled = compilePattern(source, this.#trusted)
    this.#compiled.set(source, compiled)
    return compiled
  }
}
