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
