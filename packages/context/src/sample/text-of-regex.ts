import { type Draw, Unlucky } from './draw.ts'
import type { Regex } from './regex.ts'

/** A text that an expression matches. `more` is how often what may be repeated without end is repeated beyond its least. */
export function textOfRegex(regex: Regex, draw: Draw, more: number): string {
  switch (regex.kind) {
    case 'characters': {
      const [first, last] = draw.pick(regex.ranges)
      return String.fromCodePoint(draw.integer(first, last))
    }
    case 'choice':
      return textOfRegex(draw.pick(regex.parts), draw, more)
    case 'sequence':
      return regex.parts.map((part) => textOfRegex(part, draw, more)).join('')
    case 'repeat': {
      const count = draw.integer(regex.min, Math.min(regex.max, regex.min + more))
      if (count > 10_000) throw new Unlucky('a pattern repeats too often')
      return Array.from({ length: count }, () => textOfRegex(regex.part, draw, more)).join('')
    }
    default:
      return ''
  }
}
