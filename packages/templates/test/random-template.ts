import type { Json, Scope } from '../src/json.ts'
import { seededRandom } from './seeded-random.ts'

export type RandomTemplate = { readonly template: string; readonly html: boolean; readonly broken: boolean }

/** Partials that generated templates insert. */
export const partials: Readonly<Record<string, string>> = {
  leaf: '<{{s}}>',
  lines: '1 {{s}}\n2\n',
  wrap: '[{{> @partial-block}}]',
  list: '{{#each @root.ns}}{{.}},{{/each}}\n',
}

const spaces = ['', '', ' ', '\n', '  \n', '\n  ', '\r\n', ' \n\n ', 'x', 'x\n', '\ny', ' z ', '\t', 'a\\ ', '{']
const values = [
  'a',
  'b',
  's',
  'o.a',
  'o',
  './a',
  'this.s',
  'xs',
  'ns',
  'nope',
  'o.nope',
  'nope.deep.er',
  'xs.0.a',
  'xs.[1].s',
  'ns.length',
  'm.k.b',
]
const rooted = ['@root.s', '@root.o.a', '@root.xs', '@root.nope', '@root.ns.[0]']
const texts = ['@root.s', 's', 'o.s', 'nope', '@root.o.s']
const literals = ['"lit"', "'q\"'", '7', '-1.5', 'true', 'null']
/** Appended at the outermost level, where whoever renders must meet them. */
const mistakes = [
  '{{#if a}}',
  '{{/if}}',
  '{{else}}',
  '{{#if a}}x{{/unless}}',
  '{{a',
  '{{(a}}',

  '{{#if}}x{{/if}}',
  '{{> nowhere}}',
  '{{unknown a}}',
  '{{#each}}x{{/each}}',
  '{{#with}}x{{/with}}',
  '{{}}',
  '{{#}}{{/}}',
  '{{{a}}',
  '{{#if a}}{{else}}{{else}}{{/if}}',
  '{{#unless a b}}x{{/unless}}',
  '{{a/../b}}',
  '{{h |x|}}',
  '{{{{raw}}}} x',
  '{{#> nowhere}}x{{/leaf}}',
  '{{> (cat "no" "where")}}',
]

/** Makes one template after the other, all following from the seed. Cheap: some microseconds each. */
export function templateGenerator(seed: number): () => RandomTemplate {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.trunc(random() * from.length)] as T
  const tilde = () => (random() < 0.12 ? '~' : '')
  const tag = (inner: string) => `{{${tilde()}${inner}${tilde()}}}`

  /** `above`: names that may be read with `../` here; `here`: what `this` was taken from. */
  type Place = {
    readonly above: boolean
    readonly loop: boolean
    readonly here: string
    readonly params: readonly string[]
  }

  function path(place: Place): string {
    const chance = random()
    if (chance < 0.15) return pick(rooted)
    if (place.above && chance < 0.25) return pick(['../s', '../a', '../o.b', '../nope'])
    if (place.params.length > 0 && chance < 0.35) return pick(place.params) + pick(['', '.a', '.s', '.nope'])
    return pick(values)
  }

  function test(place: Place): string {
    const chance = random()
    if (chance < 0.2) return `(not ${path(place)})`
    if (chance < 0.4) return `(eq ${path(place)} ${random() < 0.5 ? path(place) : pick(literals)})`
    return path(place)
  }

  function mustache(place: Place): string {
    const chance = random()
    if (chance < 0.35) return tag(pick(['', ' ']) + path(place) + pick(['', ' ']))
    if (chance < 0.43) return `{{{${pick(texts)}}}}`
    if (chance < 0.48) return tag(`&${pick(texts)}`)
    if (chance < 0.55) return tag(`lookup ${pick(['@root', 'o', 'nope'])} "${pick(['s', 'a', 'none'])}"`)
    if (chance < 0.62) return tag(`cat ${path(place)} ${pick(literals)} k=${path(place)} l=(cat "x" ${path(place)})`)
    if (chance < 0.7) return tag(pick(['! note ', '!', '!-- {{a}} --']))
    if (chance < 0.76) return pick(['\\{{a}}', '\\\\{{s}}', 'x\\{{a}} {{s}}'])
    if (chance < 0.88)
      return pick([
        '{{> leaf}}',
        '{{~> leaf @root.o}}',
        '{{> lines }}',
        '{{> leaf s="h"}}',
        '{{> leaf o s=a}}',
        '\n  {{> lines}}\n',
        '\n\t{{> list }}',
        '{{> (cat "le" "af")}}',
      ])
    return place.loop
      ? pick(['{{@index}}', '{{@key}}', '{{#if @last}}l{{/if}}', '{{#unless @first}},{{/unless}}'])
      : pick(['{{@index}}', '{{@key}}', '{{this.s}}'])
  }

  function otherwise(depth: number, place: Place): string {
    const chance = random()
    if (chance < 0.45) return ''
    if (chance < 0.75) return tag(pick(['else', '^', ' else '])) + body(depth, place)
    if (chance < 0.88) return tag(`else if ${test(place)}`) + body(depth, place) + tag('else') + body(depth, place)
    return tag(`else unless ${test(place)}`) + body(depth, place)
  }

  function block(depth: number, place: Place): string {
    const same = depth - 1
    const inside = (here: string, loop: boolean, params: readonly string[] = []): Place => ({
      // Handlebars takes no level for a block whose value is the very `this` around.
      above: place.here !== here,
      loop: loop || place.loop,
      here,
      params: [...place.params, ...params],
    })
    switch (Math.trunc(random() * 13)) {
      case 0:
      case 1:
        return tag(`#if ${test(place)}`) + body(same, place) + otherwise(same, place) + tag('/if')
      case 2:
        return tag(`#if ${path(place)} includeZero=true`) + body(same, place) + otherwise(same, place) + tag('/if')
      case 3:
        return tag(`#unless ${test(place)}`) + body(same, place) + otherwise(same, place) + tag('/unless')
      case 4:
        return tag('#each @root.xs') + body(same, inside('xs', true)) + otherwise(same, place) + tag('/each')
      case 5:
        return tag('#each @root.m as |v k|') + body(same, inside('m', true, ['v'])) + pick(['', '{{k}}']) + tag('/each')
      case 6:
        return (
          tag(`#each ${pick(['@root.ns', '@root.nope', '@root.s', '@root.ns'])}`) +
          pick(['{{.}}', ' {{this}}\n', '{{@root.s}}{{@index}}{{@last}}', '{{#if this}}y{{/if}}']) +
          otherwise(same, place) +
          tag('/each')
        )
      case 7:
        return (
          tag('#with @root.o as |p|') + body(same, inside('o', false, ['p'])) + otherwise(same, place) + tag('/with')
        )
      case 8:
        return (
          tag(`^${'@root.ns'}`) +
          body(same, place) +
          (random() < 0.3 ? tag('else') + body(same, place) : '') +
          tag('/@root.ns')
        )
      case 9:
        return tag('#@root.o') + body(same, inside('o', false)) + tag('/@root.o')
      case 10:
        return tag('#@root.xs') + body(same, inside('xs', true)) + otherwise(same, place) + tag('/@root.xs')
      case 11:
        return random() < 0.5
          ? `${tag('#> wrap')}${body(same, { ...place, above: false, params: [] })}${tag('/wrap')}`
          : `${tag('#*inline "in"')}i{{s}}${pick(spaces)}${tag('/inline')}${body(same, place)}{{> in}}{{> in @root.o}}`
      default:
        return random() < 0.5
          ? tag(`#box ${path(place)}`) + body(same, place) + otherwise(same, place) + tag('/box')
          : tag('#twice as |n|') + body(same, { ...place, params: [...place.params, 'n'] }) + tag('/twice')
    }
  }

  function body(depth: number, place: Place): string {
    let out = ''
    for (let count = Math.trunc(random() * 3.5); count >= 0; count--) {
      const chance = random()
      if (chance < 0.35) out += pick(spaces)
      else if (depth > 0 && chance > 0.7) out += block(depth, place)
      else out += mustache(place)
    }
    return out
  }

  return () => {
    const template = body(2, { above: false, loop: false, here: '', params: [] })
    const broken = random() < 0.04
    return { template: broken ? `${template} ${pick(mistakes)}` : template, html: random() < 0.5, broken }
  }
}

const leaves: readonly Json[] = ['', 'a b', '<i>&"\'`=', 0, 1, -2.5, true, false, null, '😀', 'x\ny']

/** Makes one scope after the other, all following from the seed. */
export function scopeGenerator(seed: number): () => Scope {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.trunc(random() * from.length)] as T
  const item = (): { [key: string]: Json } => ({ a: pick(leaves), b: pick(leaves), s: pick(['deep', '', '&']) })
  return () => {
    const count = Math.trunc(random() * 4)
    const scope: { [key: string]: Json } = {
      a: pick(leaves),
      b: pick(leaves),
      s: pick(['s', '', '<b>', 'two\nlines']),
      o: item(),
      xs: Array.from({ length: count }, item),
      ns: Array.from({ length: Math.trunc(random() * 4) }, (_, index) => index * 3 + 1),
      m: Object.fromEntries(['k', 'l', 'm'].slice(0, Math.trunc(random() * 4)).map((key) => [key, item()])),
    }
    if (random() < 0.2) delete scope.a
    return scope
  }
}
