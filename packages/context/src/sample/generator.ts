import type { CustomTypes } from '../custom-type.ts'
import { textOf } from '../equal.ts'
import type { JsonType } from '../json-schema.ts'
import { isMultiple } from '../keywords/number.ts'
import { lengthOf } from '../keywords/string.ts'
import type { Patterns } from '../pattern.ts'
import type { SchemaLibrary, SchemaNode } from '../schema-document.ts'
import { type Draw, Unlucky } from './draw.ts'
import { type Goal, listOf, mapOf, Rules } from './goal.ts'
import { parseRegex } from './regex.ts'
import { textOfFormat } from './text-of-format.ts'
import { textOfRegex } from './text-of-regex.ts'

export type GeneratorOptions = {
  readonly library: SchemaLibrary
  readonly patterns: Patterns
  readonly types: CustomTypes
  readonly draw: Draw
  /** Does a value fit the schema? */
  readonly fits: (node: SchemaNode, value: unknown) => boolean
}

/** How often a place is tried again with other choices before what is around it is. */
const TRIES = 40
/** Below this depth only what must be there is made. */
const SPARSE = 4
const DEEPEST = 24

/** Makes values by following the keywords. Where a choice may turn out wrong, that place is checked and tried again. */
export class Generator {
  readonly #options: GeneratorOptions
  readonly #draw: Draw
  #budget = 2_000

  constructor(options: GeneratorOptions) {
    this.#options = options
    this.#draw = options.draw
  }

  value(goal: Goal, depth = 0): unknown {
    if (depth > DEEPEST) throw new Unlucky('the values nest too deeply')
    let last: Unlucky | undefined
    for (let attempt = 0; attempt < TRIES; attempt++) {
      this.#budget -= 1
      if (this.#budget < 0) break
      try {
        const rules = new Rules(goal, this.#options)
        const value = this.#ofRules(rules, depth, attempt)
        if (!rules.doubtful || goal.every((node) => this.#options.fits(node, value))) return value
      } catch (thrown) {
        if (!(thrown instanceof Unlucky)) throw thrown
        last = thrown
      }
    }
    throw last ?? new Unlucky('no value was found that fits')
  }

  #ofRules(rules: Rules, depth: number, attempt: number): unknown {
    const custom = rules.texts('x-type')[0]
    if (custom !== undefined) {
      const sample = this.#options.types[custom]?.sample
      if (!sample) throw new Unlucky(`the type "${custom}" has no sample()`)
      rules.doubtful = true
      return sample(this.#draw.random)
    }
    const listed = this.#listed(rules)
    if (listed) return structuredClone(this.#draw.pick(listed))
    const types = rules.types()
    const simple = types.filter((type) => type !== 'array' && type !== 'object')
    return this.#ofType(this.#draw.pick(depth > SPARSE && simple.length > 0 ? simple : types), {
      rules,
      depth,
      attempt,
    })
  }

  /** The values of `const` and `enum` that all parts allow. */
  #listed(rules: Rules): readonly unknown[] | undefined {
    const lists = rules.parts.flatMap(({ schema }) => [
      ...('const' in schema ? [[schema.const]] : []),
      ...(Array.isArray(schema.enum) ? [schema.enum as unknown[]] : []),
    ])
    const [first, ...others] = lists
    if (!first) return undefined
    const texts = others.map((list) => new Set(list.map(textOf)))
    return first.filter(
      (value) =>
        texts.every((set) => set.has(textOf(value))) &&
        rules.parts.every(({ node }) => this.#options.fits(node, value)),
    )
  }

  #ofType(type: JsonType, { rules, depth, attempt }: { rules: Rules; depth: number; attempt: number }): unknown {
    switch (type) {
      case 'null':
        return null
      case 'boolean':
        return this.#draw.chance(0.5)
      case 'integer':
      case 'number':
        return this.#number(rules, type)
      case 'string':
        return this.#text(rules, attempt)
      case 'array':
        return this.#list(rules, depth)
      case 'object':
        return this.#object(rules, depth)
    }
  }

  #number(rules: Rules, type: 'integer' | 'number'): number {
    const factors = rules.parts.map(({ schema }) => schema.multipleOf).filter((value) => typeof value === 'number')
    const whole = type === 'integer' || this.#draw.chance(0.5)
    const step = factors.length > 0 ? commonMultiple(factors, type === 'integer') : whole ? 1 : 0.25
    const min = rules.most('minimum', Number.NEGATIVE_INFINITY)
    const max = rules.least('maximum', Number.POSITIVE_INFINITY)
    const above = rules.most('exclusiveMinimum', Number.NEGATIVE_INFINITY)
    const below = rules.least('exclusiveMaximum', Number.POSITIVE_INFINITY)
    const holds = (value: number) =>
      value >= min &&
      value <= max &&
      value > above &&
      value < below &&
      factors.every((factor) => isMultiple(value, factor)) &&
      (type === 'number' || Number.isInteger(value))
    const [low, high] = [Math.max(min, above), Math.min(max, below)]
    let first = Math.ceil(low / step)
    let last = Math.floor(high / step)
    if (!Number.isFinite(first)) first = Number.isFinite(last) ? last - 20 : -10
    if (!Number.isFinite(last)) last = first + 20
    const candidates = [
      decimal(this.#draw.integer(first, Math.max(first, last)), step),
      decimal(this.#draw.chance(0.5) ? first : last, step),
      decimal(first + 1, step),
      decimal(last - 1, step),
      ...(type === 'number' && factors.length === 0 ? [low + (high - low) * this.#draw.random(), low, high] : []),
    ]
    const found = candidates.find(holds)
    if (found === undefined) throw new Unlucky('no number is in the range')
    return found + 0
  }

  #text(rules: Rules, attempt: number): string {
    const [min, max] = [rules.most('minLength', 0), rules.least('maxLength', Number.POSITIVE_INFINITY)]
    if (min > max || min > 100_000) throw new Unlucky('no text is so long')
    const text = this.#anyText(rules, { min, max, attempt })
    const length = lengthOf(text)
    const patterns = rules.texts('pattern').map((source) => this.#options.patterns.compile(source))
    const holds = patterns.every((pattern) => typeof pattern === 'function' && pattern(text))
    if (length < min || length > max || !holds) throw new Unlucky('no text fits pattern and length')
    rules.doubtful ||= rules.has('format')
    return text
  }

  #anyText(rules: Rules, { min, max, attempt }: { min: number; max: number; attempt: number }): string {
    const format = rules.texts('format').find((name) => Object.hasOwn(textOfFormat, name))
    if (format !== undefined && (attempt % 2 === 0 || !rules.has('pattern')))
      return textOfFormat[format]?.(this.#draw) ?? ''
    const [pattern] = rules.texts('pattern')
    if (pattern !== undefined) {
      const regex = parseRegex(pattern)
      if (!regex) throw new Unlucky(`no text can be made from the pattern ${pattern}`)
      const more = Math.max(3, Math.min(min, 10_000)) + Math.floor(attempt / 4)
      const text = textOfRegex(regex, this.#draw, attempt % 3 === 2 ? 0 : more)
      // What is not tied to the end may go on.
      return pattern.endsWith('$') || lengthOf(text) >= min ? text : text + this.#letters(min - lengthOf(text))
    }
    return this.#letters(this.#draw.integer(min, Math.min(max, min + 8)))
  }

  #letters(length: number): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz'
    return Array.from({ length }, () => letters[this.#draw.integer(0, 25)]).join('')
  }

  #list(rules: Rules, depth: number): unknown[] {
    const [min, most] = [rules.most('minItems', 0), rules.least('maxItems', Number.POSITIVE_INFINITY)]
    const contained = this.#contained(rules)
    const least = Math.max(min, contained.length)
    if (least > most || least > 10_000) throw new Unlucky('no list is so long')
    const length = depth > SPARSE ? least : this.#draw.integer(least, Math.min(most, least + 3))
    const unique = rules.parts.some(({ schema }) => schema.uniqueItems === true)
    const met = new Set<string>()
    const list: unknown[] = []
    for (let index = 0; index < length; index++) {
      const goal = rules.item(index)
      // Nothing more may come: enough, if it is enough.
      if (!goal) break
      const extra = contained[index - (length - contained.length)]
      const item = this.#item(extra ? [...goal, extra] : goal, { depth, met: unique ? met : undefined })
      list.push(item)
    }
    if (list.length < min) throw new Unlucky('the list may not be as long as it must')
    rules.doubtful ||= rules.has('contains') || rules.has('unevaluatedItems')
    return list
  }

  #item(goal: Goal, { depth, met }: { depth: number; met: Set<string> | undefined }): unknown {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const item = this.value(goal, depth + 1)
      if (!met) return item
      const text = textOf(item)
      if (met.has(text)) continue
      met.add(text)
      return item
    }
    throw new Unlucky('there are not enough different items')
  }

  /** What the last items must fit besides, for `contains`. */
  #contained(rules: Rules): SchemaNode[] {
    return rules.parts.flatMap((part) => {
      if (!('contains' in part.schema)) return []
      const { minContains = 1, contains } = part.schema
      return Array.from({ length: Math.min(Number(minContains), 10_000) }, () =>
        rules.child(part, contains, 'contains'),
      )
    })
  }

  #object(rules: Rules, depth: number): unknown {
    const names = this.#names(rules, depth)
    const members = [...names].map((name): [string, unknown] => {
      const goal = rules.member(name)
      if (!goal) throw new Unlucky(`the property "${name}" must be there and must not`)
      return [name, this.value(goal, depth + 1)]
    })
    rules.doubtful ||= rules.has('unevaluatedProperties')
    return Object.fromEntries(members)
  }

  #names(rules: Rules, depth: number): Set<string> {
    const names = new Set(rules.wanted)
    for (const { schema } of rules.parts) for (const name of listOf(schema.required)) names.add(String(name))
    const [min, max] = [rules.most('minProperties', 0), rules.least('maxProperties', Number.POSITIVE_INFINITY)]
    const optional = rules.parts.flatMap(({ schema }) => Object.keys(mapOf(schema.properties)))
    for (const name of optional) {
      if (rules.unwanted.has(name) || names.size >= max) continue
      if ((names.size < min || (depth <= SPARSE && this.#draw.chance(0.5))) && this.#mayBe(rules, name)) names.add(name)
    }
    this.#dependents(rules, names)
    for (let attempt = 0; names.size < min && attempt < TRIES * 4; attempt++) {
      const name = this.#newName(rules)
      if (this.#mayBe(rules, name) && !rules.unwanted.has(name)) names.add(name)
      this.#dependents(rules, names)
    }
    if (names.size < min || names.size > max) throw new Unlucky('there are too few or too many properties')
    if ([...names].some((name) => rules.unwanted.has(name))) throw new Unlucky('a property is needed that must not be')
    if (rules.has('propertyNames') && ![...names].every((name) => this.#isName(rules, name))) {
      throw new Unlucky('a name that is needed is not allowed')
    }
    return names
  }

  #mayBe(rules: Rules, name: string): boolean {
    return rules.member(name) !== undefined && this.#isName(rules, name)
  }

  #isName(rules: Rules, name: string): boolean {
    return rules.parts.every(
      (part) =>
        !('propertyNames' in part.schema) ||
        this.#options.fits(rules.child(part, part.schema.propertyNames, 'propertyNames'), name),
    )
  }

  #newName(rules: Rules): string {
    const sources = rules.parts.flatMap(({ schema }) => Object.keys(mapOf(schema.patternProperties)))
    if (sources.length > 0 && this.#draw.chance(0.7)) {
      const regex = parseRegex(this.#draw.pick(sources))
      if (regex) return textOfRegex(regex, this.#draw, 3)
    }
    const goal = rules.parts.flatMap((part) =>
      'propertyNames' in part.schema ? [rules.child(part, part.schema.propertyNames, 'propertyNames')] : [],
    )
    const name = goal.length > 0 ? this.value(goal, DEEPEST - 1) : this.#letters(this.#draw.integer(1, 8))
    return typeof name === 'string' ? name : this.#letters(4)
  }

  /** Whoever is there brings those that depend on it. */
  #dependents(rules: Rules, names: Set<string>): void {
    for (const name of names) {
      for (const { schema } of rules.parts) {
        const dependent = mapOf(schema.dependentRequired)
        if (Object.hasOwn(dependent, name)) for (const other of listOf(dependent[name])) names.add(String(other))
      }
    }
  }
}

/** A number of which each factor is a divisor: exact for whole numbers, else the greatest factor. */
function commonMultiple(factors: readonly number[], whole: boolean): number {
  const scaled = (factor: number) => (whole && !Number.isInteger(factor) ? scaleToWhole(factor) : factor)
  return factors.map(scaled).reduce((a, b) => {
    if (!Number.isInteger(a) || !Number.isInteger(b)) return Math.max(a, b)
    return (a / divisor(a, b)) * b
  })
}

function scaleToWhole(factor: number): number {
  for (let times = 1; times <= 1_000_000; times *= 10) {
    const scaled = decimal(times, factor)
    if (Number.isInteger(scaled)) return scaled
  }
  return factor
}

function divisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : divisor(b, a % b)
}

/** The product without the noise of binary fractions. */
function decimal(count: number, step: number): number {
  return Number.isInteger(step) ? count * step : Number((count * step).toPrecision(12))
}
