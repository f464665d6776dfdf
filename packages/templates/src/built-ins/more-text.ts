import type { Json } from '../json.ts'
import { textOf } from '../text-of.ts'
import { countOf, textCost, wordsOf } from './arguments.ts'
import type { BuiltIn } from './built-in.ts'
import { format } from './format.ts'

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\ufffd',
}

const scriptEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

/** What texts are asked for and made of, beside changing their case. */
export const moreTextHelpers: Readonly<Record<string, BuiltIn>> = {
  title: changing('(title text)', (text) =>
    text.replace(/(^|[\s\p{P}])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
  ),
  capitalize: changing('(capitalize text)', (text) => text.charAt(0).toUpperCase() + text.slice(1)),
  htmlEscape: changing('(htmlEscape text)', (text) => text.replace(/[&<>"'\0]/g, (unit) => htmlEntities[unit] ?? unit)),
  jsEscape: changing('(jsEscape text)', (text) => text.replace(/[\\'"<>&=\u0000-\u001f\u2028\u2029]/g, scriptEscape)),
  urlEscape: changing('(urlEscape text)', (text) => encodeURIComponent(text.toWellFormed())),
  quote: {
    usage: '(quote value)',
    takes: [1, 1],
    compute: ([value], { allowance }) => JSON.stringify(textOf(value, allowance)),
  },
  startsWith: {
    usage: '(startsWith text "part")',
    takes: [2, 2],
    compute: ([text, part]) => wordsOf(text).startsWith(wordsOf(part)),
  },
  endsWith: {
    usage: '(endsWith text "part")',
    takes: [2, 2],
    compute: ([text, part]) => wordsOf(text).endsWith(wordsOf(part)),
  },
  repeat: {
    usage: '(repeat text 3)',
    takes: [2, 2],
    compute: ([text, times], { allowance }) => {
      const unit = wordsOf(text)
      const count = countOf(times, 0, 10_000_000)
      allowance.fits(unit.length * count)
      allowance.spend(textCost(unit) * count)
      return unit.repeat(count)
    },
  },
  format: {
    usage: '(format "%s is %d" a b)',
    takes: [1, 32],
    compute: ([pattern, ...values], { allowance }) => format(wordsOf(pattern), values, allowance),
  },
  parseJson: {
    usage: '(parseJson text)',
    takes: [1, 1],
    compute: ([text], { allowance }) => {
      const source = wordsOf(text)
      allowance.spend(source.length >>> 3)
      return JSON.parse(source) as Json
    },
  },
}

function scriptEscape(unit: string): string {
  return scriptEscapes[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

function changing(usage: string, change: (text: string) => string): BuiltIn {
  return {
    usage,
    takes: [1, 1],
    compute: ([value], { allowance }) => {
      const text = wordsOf(value)
      allowance.spend(textCost(text))
      const changed = change(text)
      allowance.fits(changed.length)
      return changed
    },
  }
}
