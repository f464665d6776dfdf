import { kindOf, type Value } from '../json.ts'
import type { Allowance } from '../limits.ts'
import { textOf } from '../text-of.ts'
import { numberOf } from './arguments.ts'

const verb = /%([-+0 #]*)(\d{1,4})?(?:\.(\d{1,2}))?([a-zA-Z%])/g

/** Fills the verbs of a C-like pattern: %s %v %d %f %q %t %x %X %e %g %c %%, with flags - + 0, width and precision. */
export function format(pattern: string, args: readonly Value[], allowance: Allowance): string {
  let next = 0
  let built = pattern.length
  const text = pattern.replace(verb, (_, flags: string, width = '0', precision: string | undefined, letter: string) => {
    if (letter === '%') return '%'
    if (next >= args.length) throw new RangeError(`the pattern has more places than the ${args.length} values given`)
    const shown = one(
      { letter, flags, precision: precision === undefined ? undefined : Number(precision) },
      args[next],
      allowance,
    )
    next += 1
    const padded = pad(shown, flags, Number(width), letter)
    built += padded.length
    allowance.fits(built)
    return padded
  })
  if (next < args.length) throw new RangeError(`the pattern has places for ${next} values, ${args.length} were given`)
  return text
}

type Verb = { readonly letter: string; readonly flags: string; readonly precision: number | undefined }

function one({ letter, flags, precision }: Verb, value: Value, allowance: Allowance): string {
  const signed = (text: string) => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text)
  switch (letter) {
    case 's':
    case 'v': {
      const text = textOf(value, allowance)
      return precision === undefined || letter === 'v' ? text : Array.from(text).slice(0, precision).join('')
    }
    case 'q':
      return JSON.stringify(textOf(value, allowance))
    case 't':
      if (typeof value === 'boolean') return String(value)
      throw new TypeError(`%t needs true or false, this is ${kindOf(value)}`)
    case 'd': {
      const number = numberOf(value)
      if (!Number.isInteger(number)) throw new TypeError(`%d needs a whole number, this is ${kindOf(value)}`)
      return signed(String(number))
    }
    case 'f':
      return signed(numberOf(value).toFixed(precision ?? 6))
    case 'e':
      return signed(
        numberOf(value)
          .toExponential(precision ?? 6)
          .replace(/e([+-])(\d)$/, 'e$10$2'),
      )
    case 'g':
      return signed(String(numberOf(value)))
    case 'c':
      return String.fromCodePoint(numberOf(value))
    case 'x':
      return hexadecimal(value)
    case 'X':
      return hexadecimal(value).toUpperCase()
    default:
      throw new TypeError(`there is no verb %${letter}`)
  }
}

function hexadecimal(value: Value): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value.toString(16)
  throw new TypeError(`%x needs a whole number, this is ${kindOf(value)}`)
}

function pad(text: string, flags: string, width: number, letter: string): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  if (!flags.includes('0') || !'dfxXeg'.includes(letter)) return ' '.repeat(missing) + text
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}
