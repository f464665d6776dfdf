import { isList } from '../json.ts'
import { jsonText, textOf } from '../text-of.ts'
import { countOf, listOf, textCost, wordsOf } from './arguments.ts'
import type { BuiltIn, BuiltInCall } from './built-in.ts'

export const textHelpers: Readonly<Record<string, BuiltIn>> = {
  upper: plain('(upper text)', (text) => text.toUpperCase()),
  lower: plain('(lower text)', (text) => text.toLowerCase()),
  trim: plain('(trim text)', (text) => text.trim()),
  replace: {
    usage: '(replace text "what" "by what")',
    takes: [3, 3],
    compute: ([text, what, by], { allowance }) => replaceAll([wordsOf(text), wordsOf(what), wordsOf(by)], allowance),
  },
  truncate: {
    usage: '(truncate text 80 end="…")',
    takes: [2, 2],
    options: ['end'],
    compute: ([text, most], { hash }) =>
      truncate(wordsOf(text), countOf(most, 0, 10_000_000), wordsOf(hash['end'] ?? '…')),
  },
  join: {
    usage: '(join list ", ")',
    takes: [1, 2],
    compute: ([list, separator = ', '], { allowance }) => {
      const items = listOf(list)
      allowance.spend(items.length)
      const texts = items.map((item) => textOf(item, allowance))
      const between = wordsOf(separator)
      allowance.fits(texts.reduce((sum, text) => sum + text.length + between.length, 0))
      return texts.join(between)
    },
  },
  split: {
    usage: '(split text ",")',
    takes: [2, 2],
    compute: ([text, separator], { allowance }) => {
      const parts = wordsOf(text).split(wordsOf(separator))
      allowance.spend(parts.length)
      return parts
    },
  },
  json: {
    usage: '(json value indent=2)',
    takes: [1, 1],
    options: ['indent'],
    compute: ([value], { hash, allowance }) => jsonText(value, allowance, countOf(hash['indent'] ?? 0, 0, 10)),
  },
}

function plain(usage: string, change: (text: string) => string): BuiltIn {
  const compute = ([value]: Parameters<BuiltIn['compute']>[0], { allowance }: BuiltInCall) => {
    const text = wordsOf(value)
    allowance.spend(textCost(text))
    return change(text)
  }
  return { usage, takes: [1, 1], compute }
}

/** Counts before it builds, for a short text can ask for a very long one. */
function replaceAll([text, what, by]: readonly [string, string, string], allowance: BuiltInCall['allowance']): string {
  allowance.spend(textCost(text))
  if (what === '') return text
  let found = 0
  for (let at = text.indexOf(what); at !== -1; at = text.indexOf(what, at + what.length)) found += 1
  allowance.spend(found)
  allowance.fits(text.length + found * (by.length - what.length))
  return text.replaceAll(what, () => by)
}

/** At most `most` UTF-16 units, the mark of the cut included; never half of a pair. */
function truncate(text: string, most: number, end: string): string {
  if (text.length <= most) return text
  let cut = Math.max(0, most - end.length)
  const unit = text.charCodeAt(cut - 1)
  if (unit >= 0xd800 && unit <= 0xdbff) cut -= 1
  return text.slice(0, cut) + end.slice(0, most)
}

/** Does a list hold the item, or a text the part? */
export function includes(value: Parameters<typeof wordsOf>[0], part: Parameters<typeof wordsOf>[0]): boolean {
  return isList(value) ? value.some((item) => item === part) : wordsOf(value).includes(wordsOf(part))
}
