import Handlebars from 'handlebars'
import { describe, expect, test } from 'vitest'
import { templateGenerator } from '../test/random-template.ts'
import { parse } from './index.ts'

/** Handlebars marks contents that it has stripped; its AST does not have these marks. */
function plain(node: unknown): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => (/^(?:left|right)Stripped$/.test(key) ? undefined : value)),
  )
}

const corpus = [
  '',
  'text',
  '{{a}}',
  '{{ a.b.[c d]/e }} {{{a}}} {{&a}} {{~a~}}',
  '{{../a}} {{../../a.b}} {{this.a}} {{./a}} {{.}} {{this}} {{@root.a}} {{@../index}}',
  '{{[this]}} {{a.[\\]]}}',
  '{{h "a" \'b\' "q\\"q" 1 -2.5 true false null undefined}}',
  '{{h a b=1 c="x" d=(e f g=h)}}\n{{h [a b]=1}}',
  '{{"lit"}}{{12}}{{true}}{{null}}{{undefined}}',
  'a\\{{b}} c \\\\{{d}} e\\{{f}}\\{{g}} {{h}}',
  '{{! note }} {{!-- a }} b --}} {{~!-- x --~}}{{!}}',
  'a\n  {{! alone }}\nb\r\n{{!--\nlong\n--}}\r\nc',
  '{{#if a}}b{{/if}}',
  '{{#if a}}\n b\n{{else}}\n c\n{{/if}}\n',
  '{{#if a}}b{{else if c}}d{{else unless e}}f{{else}}g{{/if}}',
  '{{~#if a~}} b {{~else if c~}} d {{~else~}} e {{~/if~}}',
  '{{#if a}}{{else if b}}{{/if}}',
  '{{#if a}}{{else if b}}{{else}}{{/if}}',
  '{{^a}}b{{/a}}{{^a}}b{{else}}c{{/a}}{{^a as |x|}}b{{/a}}',
  '{{#each xs as |x i|}}{{x}}{{i}}{{/each}}{{#if a}}b{{else each xs as |y|}}{{y}}{{/if}}',
  '{{#a.b}}{{c}}{{/a.b}}{{#"x"}}y{{/"x"}}',
  '{{> p}} {{> a/b c d=1}} {{> "p q"}} {{> (lookup . "k") x}}\n  {{> p}}\n',
  '{{#> layout a b=c}}\n body {{x}}\n{{/layout}}',
  '{{#*inline "p"}}\n {{x}}\n{{/inline}}{{> p}}',
  '{{{{raw a}}}} {{x}} {{{{/raw}}}}',
  'a\rb{{c}}\r\nd\n{{e}}',
  '{{#with a}}\n  {{#each b}}\n    {{c}}\n  {{/each}}\n{{/with}}\n{{d}}',
]

describe('parse()', () => {
  test.each(corpus)('reads %j as Handlebars does', (text) => {
    expect(plain(parse(text))).toEqual(plain(Handlebars.parse(text)))
  })

  test('reads generated templates as Handlebars does', () => {
    const seed = Math.trunc(Math.random() * 2 ** 31)
    const next = templateGenerator(seed)
    for (let round = 0; round < 2000; round++) {
      const { template } = next()
      const about = `seed ${seed}, round ${round}: ${JSON.stringify(template)}`
      expect(
        attempt(() => plain(parse(template))),
        about,
      ).toEqual(attempt(() => plain(Handlebars.parse(template))))
    }
  })

  test('has a node of its own for {{= CEL }}', () => {
    expect(parse('{{~= a + 1 }}').body[0]).toMatchObject({
      type: 'ComputedStatement',
      value: 'a + 1',
      strip: { open: true, close: false },
      loc: { start: { line: 1, column: 0 }, end: { line: 1, column: 13 } },
    })
  })

  test('tells where the text is wrong', () => {
    expect(() => parse('a\n{{#if x}}')).toThrow(
      expect.objectContaining({ code: 'template_syntax', position: expect.objectContaining({ line: 2 }) }),
    )
  })
})

function attempt(work: () => unknown): unknown {
  try {
    return work()
  } catch {
    return 'refused'
  }
}
