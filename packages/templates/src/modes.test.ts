import { WonderError } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import { templateGenerator } from '../test/random-template.ts'
import { type CompileOptions, compile, type Json, references, render, resolve, type Scope } from './index.ts'

const scope: Scope = { a: 1, o: { kind: 'note', x: 'X' }, xs: [{ t: 'one' }, { t: 'two' }] }

describe('what is missing', () => {
  test.each([
    ['{{nope}}|{{o.nope}}|{{nope.deep.er}}|{{@nope}}|{{../a}}|{{@index}}', '||||||'.slice(1)],
    ['{{#each nope}}x{{else}}none{{/each}}{{#each a}}x{{else}}none{{/each}}', 'nonenone'],
    ['{{lookup nope "x"}}{{upper nope}}', ''],
  ])('is empty in %s when not strict', (template, text) => {
    expect(render(template, scope, { strict: false })).toBe(text)
    expect(() => render(template, scope)).toThrow(WonderError)
  })

  test('may be the last name of a path only, where objects are assumed', () => {
    const options = { strict: false, assumeObjects: true }

    expect(render('{{o.nope}}|{{nope}}', scope, options)).toBe('|')
    expect(() => render('{{nope.x}}', scope, options)).toThrow(expect.objectContaining({ code: 'missing_reference' }))
  })

  test('has its place and the nearest name in strict mode', () => {
    expect(() => render('a\n{{ o.knid }}', scope)).toThrow(
      expect.objectContaining({
        code: 'missing_reference',
        message: expect.stringContaining('Did you mean "kind"?'),
        position: expect.objectContaining({ line: 2, column: 4 }),
      }),
    )
  })

  test('is null where a value is resolved and strict is false', () => {
    expect(resolve({ x: '{{ nope.y }}' }, scope, { strict: false })).toEqual({ x: null })
  })
})

describe('partials', () => {
  const partials = { note: 'N:{{x}}', tree: '{{v}}{{#if c}}({{> (lookup @root "p") c}}){{/if}}', bad: '{{#if}}' }
  const rows: readonly (readonly [string, string, Scope?])[] = [
    ['{{> (lookup o "kind") o}}', 'N:X'],
    ['{{> (lookup o "kind") x="h"}}', 'N:h'],
    ['{{#*inline "mine"}}M{{a}}{{/inline}}{{> (join l "")}}', 'M1', { ...scope, l: ['mi', 'ne'] }],
    ['{{> (lookup . "p") t}}', '1(2(3))', { p: 'tree', t: { v: 1, c: { v: 2, c: { v: 3 } } } }],
  ]
  test.each(rows.map(([template, text, data]) => ({ template, text, data })))(
    '$template is named when it is rendered',
    ({ template, text, data = scope }) => {
      const { bad: _, ...good } = partials
      expect(render(template, data, { partials: good })).toBe(text)
    },
  )

  test('that do not exist are told with the nearest name', () => {
    expect(() => render('{{> (lookup o "n")}}', { o: { n: 'noet' } }, { partials: { note: '' } })).toThrow(
      /Did you mean "note"/,
    )
  })

  test('with a hash read the rest of their context, which is told', () => {
    const paths = references('{{> p n=1}}', { partials: { p: '{{n}}{{a}}' } }).map(({ path }) => path)

    expect(paths).toEqual([['a']])
  })

  test('with a computed name tell what any of them reads', () => {
    const found = references('{{> (lookup o "kind")}}', { partials: { p: '{{a}}', q: '{{b.c}}' } })

    expect(found.filter(({ optional }) => optional).map(({ path }) => path.join('.'))).toEqual(['a', 'b.c'])
  })
})

test('values of @name come from the caller', () => {
  expect(render('{{@level}}{{#each xs}}{{@level}}{{/each}}', scope, { data: { level: 'L' } })).toBe('LLL')
})

test('a function of the caller escapes each value, and no secret', () => {
  const doubled = (text: string) => text.replaceAll('"', '""')

  expect(render('"{{x}}" {{{x}}}', { x: 'a"b' }, { escape: doubled })).toBe('"a""b" a"b')
  expect(() => compile('{{ secrets.X }}', { escape: doubled })).toThrow(
    expect.objectContaining({ code: 'secret_not_allowed' }),
  )
})

test('a raw block may stand in a raw block', () => {
  expect(render('{{{{raw}}}}a{{{{q}}}}{{x}}{{{{/q}}}}b{{{{/raw}}}}', {})).toBe('a{{{{q}}}}{{x}}{{{{/q}}}}b')
})

test.each([
  ['{{title "ab cd"}} {{capitalize "éa b"}} {{repeat "ab" 2}} {{quote "a\'b"}}', 'Ab Cd Éa b abab "a\'b"'],
  ['{{startsWith "abc" "ab"}} {{endsWith "abc" "x"}} {{urlEscape "a b"}}', 'true false a%20b'],
  ['{{format "%s %d %.1f %5s|%-4d|%03d" "a" 2 1.25 "x" 3 4}}', 'a 2 1.3     x|3   |004'],
  [
    '{{json (parseJson "[1, {}]")}} {{list 1 "a"}} {{dict "k" 1}} {{keys (dict "k" 1)}} {{values (dict "k" 1)}}',
    '[1,{}] [1,"a"] {"k":1} ["k"] [1]',
  ],
  ['{{unique (list 1 1 2)}} {{concat (list 1) (list 2)}} {{sum (list 1 2)}} {{range 1 3}}', '[1,2] [1,2] 3 [1,2,3]'],
  [
    '{{choose true "y" "n"}} {{min 2 1}} {{max 2 1}} {{floor 1.9}} {{ceil 1.1}} {{quotient -7 2}} {{mod 7 3}}',
    'y 1 2 1 2 -3 1',
  ],
])('helpers write %s', (template, text) => {
  expect(render(template, {})).toBe(text)
})

test('hostile templates and data give a text or an error of ours, within the limits', () => {
  const seed = Math.trunc(Math.random() * 2 ** 31)
  const next = templateGenerator(seed)
  const hostile = JSON.parse(
    '{"__proto__":{"s":"p"},"constructor":{"prototype":{"s":1}},"toString":"t","valueOf":1}',
  ) as Json
  const data: Scope = {
    a: hostile,
    b: '{{a}}',
    s: '{{{{',
    o: hostile,
    xs: [hostile, null, [[]]],
    ns: ['__proto__'],
    m: hostile as Scope,
  }
  const options: CompileOptions = {
    limits: { fuel: 500, output: 5_000, depth: 20 },
    partials: { leaf: '{{> leaf}}{{> (cat s)}}', wrap: '{{> @partial-block}}{{> leaf}}' },
  }
  for (let round = 0; round < 3_000; round++) {
    const { template } = next()
    const cut = template.slice(round % 7, template.length - (round % 5)).replaceAll('.s', '.__proto__')
    for (const strict of [true, false]) {
      try {
        expect(compile(cut, { ...options, strict }).render(data).length).toBeLessThanOrEqual(5_000)
      } catch (thrown) {
        expect(thrown, `seed ${seed}, round ${round}: ${JSON.stringify(cut)}`).toBeInstanceOf(WonderError)
      }
    }
  }
  expect(({} as { s?: unknown }).s).toBeUndefined()
})
