/** A simple regular expression, as far as texts can be made from it. */
export type Regex =
  | { readonly kind: 'characters'; readonly ranges: readonly Range[] }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly part: Regex; readonly min: number; readonly max: number }
  | { readonly kind: 'start' | 'end' }

/** Code points, both ends included. */
export type Range = readonly [first: number, last: number]

const PRINTABLE: Range = [0x20, 0x7e]
const DIGITS: readonly Range[] = [[0x30, 0x39]]
const WORD: readonly Range[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const SPACE: readonly Range[] = [
  [0x20, 0x20],
  [0x09, 0x0a],
]
const CONTROLS: { readonly [letter: string]: number } = { n: 10, r: 13, t: 9, f: 12, v: 11, 0: 0 }
const CLASSES: { readonly [letter: string]: readonly Range[] } = {
  d: DIGITS,
  w: WORD,
  s: SPACE,
  D: complement(DIGITS),
  W: complement(WORD),
  S: complement(SPACE),
}
const PROPERTIES: { readonly [name: string]: readonly Range[] } = {
  L: [
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  Lu: [[0x41, 0x5a]],
  Ll: [[0x61, 0x7a]],
  N: DIGITS,
  Nd: DIGITS,
  P: [
    [0x21, 0x23],
    [0x2c, 0x2f],
  ],
}
const LONG: { readonly [name: string]: string } = {
  Letter: 'L',
  Uppercase_Letter: 'Lu',
  Lowercase_Letter: 'Ll',
  Number: 'N',
  Decimal_Number: 'Nd',
  digit: 'Nd',
  Punctuation: 'P',
}

/** @returns the expression, or undefined when it has parts that texts cannot be made from (look-around, references). */
export function parseRegex(source: string): Regex | undefined {
  try {
    return new Parser(source).parse()
  } catch (thrown) {
    if (thrown instanceof NotSimple) return undefined
    throw thrown
  }
}

class NotSimple extends Error {}

class Parser {
  readonly #characters: readonly string[]
  #at = 0

  constructor(source: string) {
    this.#characters = [...source]
  }

  parse(): Regex {
    const regex = this.#choice()
    if (this.#peek() !== undefined) throw new NotSimple()
    return regex
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #next(): string {
    const character = this.#characters[this.#at]
    if (character === undefined) throw new NotSimple()
    this.#at += 1
    return character
  }

  #take(text: string): boolean {
    if (
      !this.#characters
        .slice(this.#at, this.#at + text.length)
        .join('')
        .startsWith(text)
    )
      return false
    this.#at += text.length
    return true
  }

  #choice(): Regex {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 ? (parts[0] as Regex) : { kind: 'choice', parts }
  }

  #sequence(): Regex {
    const parts: Regex[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated(this.#atom()))
    }
    return { kind: 'sequence', parts }
  }

  #repeated(part: Regex): Regex {
    const bounds = this.#bounds()
    if (!bounds) return part
    this.#take('?')
    const [min, max] = bounds
    return { kind: 'repeat', part, min, max }
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#take('?')) return [0, 1]
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#characters.slice(this.#at, this.#at + 20).join(''))
    if (!match) return undefined
    this.#at += match[0].length
    const min = Number(match[1])
    return [min, match[2] === undefined ? min : match[3] ? Number(match[3]) : Number.POSITIVE_INFINITY]
  }

  #atom(): Regex {
    const character = this.#next()
    switch (character) {
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '(':
        return this.#group()
      case '[':
        return { kind: 'characters', ranges: this.#class() }
      case '.':
        return { kind: 'characters', ranges: [PRINTABLE] }
      case '\\':
        return { kind: 'characters', ranges: this.#escape() }
      case '*':
      case '+':
      case '?':
        throw new NotSimple()
      default:
        return { kind: 'characters', ranges: [only(character)] }
    }
  }

  #group(): Regex {
    if (this.#take('?') && !this.#take(':')) {
      if (!this.#take('<') || this.#peek() === '=' || this.#peek() === '!') throw new NotSimple()
      while (this.#next() !== '>');
    }
    const inside = this.#choice()
    if (this.#next() !== ')') throw new NotSimple()
    return inside
  }

  #class(): readonly Range[] {
    const negated = this.#take('^')
    const ranges: Range[] = []
    while (!this.#take(']')) {
      const from = this.#classMember()
      const [first] = from
      if (
        from.length === 1 &&
        first &&
        first[0] === first[1] &&
        this.#peek() === '-' &&
        this.#characters[this.#at + 1] !== ']'
      ) {
        this.#next()
        const [last] = this.#classMember()
        if (!last || last[1] < first[0]) throw new NotSimple()
        ranges.push([first[0], last[1]])
      } else ranges.push(...from)
    }
    return negated ? complement(ranges) : ranges
  }

  #classMember(): readonly Range[] {
    const character = this.#next()
    return character === '\\' ? this.#escape(true) : [only(character)]
  }

  #escape(inClass = false): readonly Range[] {
    const letter = this.#next()
    const known = CLASSES[letter]
    if (known) return known
    const control = CONTROLS[letter]
    if (control !== undefined) return [[control, control]]
    if (letter === 'x' || letter === 'u') return [this.#codePoint(letter)]
    if (letter === 'p' || letter === 'P') return this.#property(letter === 'P')
    if (inClass && letter === 'b') return [[8, 8]]
    if (/[A-Za-z1-9]/.test(letter)) throw new NotSimple()
    return [only(letter)]
  }

  #codePoint(letter: string): Range {
    const rest = this.#characters.slice(this.#at, this.#at + 10).join('')
    const match =
      letter === 'x' ? /^([0-9a-fA-F]{2})/.exec(rest) : /^(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]+)\})/.exec(rest)
    if (!match) throw new NotSimple()
    this.#at += match[0].length
    const point = Number.parseInt(match[1] ?? match[2] ?? '', 16)
    return [point, point]
  }

  #property(negated: boolean): readonly Range[] {
    const match = /^\{(?:\w+=)?(\w+)\}/.exec(this.#characters.slice(this.#at, this.#at + 60).join(''))
    const name = match?.[1] ?? ''
    const ranges = PROPERTIES[LONG[name] ?? name]
    if (!match || !ranges) throw new NotSimple()
    this.#at += match[0].length
    return negated ? complement(ranges) : ranges
  }
}

function only(character: string): Range {
  const point = character.codePointAt(0) ?? 0
  return [point, point]
}

/** What is printable and not in the ranges. */
function complement(ranges: readonly Range[]): readonly Range[] {
  const [first, last] = [0x20, 0x7e]
  const points = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  return points
    .filter((point) => !ranges.some(([from, to]) => point >= from && point <= to))
    .map((point) => [point, point])
}
