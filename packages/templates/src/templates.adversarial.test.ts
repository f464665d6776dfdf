import { SourceError } from '@wonder/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CompileOptions, compile, type Json, type Scope } from './index.ts'

const many: Scope = { xs: Array.from({ length: 1000 }, (_, index) => index), s: 'x'.repeat(1000) }

describe('prototypes', () => {
  const names = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf']
  test.each(names)('"%s" cannot be reached by any path', (name) => {
    const templates = [
      `{{ ${name} }}`,
      `{{ a.${name} }}`,
      `{{ s.${name} }}`,
      `{{ xs.[${name}] }}`,
      `{{ @root.${name} }}`,
      `{{lookup a "${name}"}}`,
    ]

    for (const template of templates) {
      const rendering = () => compile(template).render({ a: {}, s: 'x', xs: [] })
      expect(rendering, template).toThrow(expect.objectContaining({ code: 'missing_reference' }))
    }
    expect(() => compile(`{{ ${name} 1 }}`)).toThrow(expect.objectContaining({ code: 'template_syntax' }))
    expect(() => compile(`{{> ${name}}}`, { partials: {} })).toThrow(
      expect.objectContaining({ code: 'template_syntax' }),
    )
  })

  test('an own property of such a name is data like any other', () => {
    const scope = JSON.parse('{"__proto__":{"a":1},"constructor":2}') as Scope

    const text = compile('{{__proto__.a}}{{constructor}}').render(scope)

    expect(text).toBe('12')
  })

  test('a partial’s hash cannot set a prototype', () => {
    const text = compile('{{> p __proto__=a}}', { partials: { p: '{{default x "none"}}' } }).render({ a: { x: 1 } })

    expect(text).toBe('none')
  })
})

test('functions in data are never called', () => {
  let calls = 0
  const hostile = () => {
    calls += 1
    return 'called'
  }
  const scope = { f: hostile, o: { toJSON: hostile, toString: hostile, a: 1 }, xs: [hostile] } as object as Scope
  const template = compile(
    '{{default f "none"}}{{o}}{{#each xs}}{{default this "none"}}{{/each}}{{#if f}}x{{/if}}{{json o}}',
  )

  const text = template.render(scope)

  expect(text).toBe('none{"a":1}none{"a":1}')
  expect(calls).toBe(0)
})

describe('limits', () => {
  const stopped: readonly (readonly [name: string, template: string, options?: CompileOptions])[] = [
    ['loops in loops', '{{#each xs}}{{#each @root.xs}}{{#each @root.xs}}{{/each}}{{/each}}{{/each}}'],
    ['much output', '{{#each xs}}{{@root.s}}{{/each}}', { limits: { output: 10_000 } }],
    ['much text', '{{#each xs}}abcdefghijkl{{/each}}', { limits: { output: 10_000 } }],
    ['a replacement that grows', '{{replace (replace s "x" s) "x" s}}'],
    ['a join that grows', '{{join xs (join xs (join xs s))}}', { limits: { output: 100_000 } }],
    ['a split into many', '{{#each xs}}{{length (split @root.s "")}}{{/each}}'],
    ['a large value', '{{#each xs}}{{@root.xs}}{{/each}}'],
    ['a partial in itself', '{{> p}}', { partials: { p: 'x{{> p}}' } }],
    [
      'partials that double',
      '{{> p}}',
      { partials: { p: '{{> q}}{{> q}}', q: '{{> r}}{{> r}}', r: '{{#if s}}{{> p}}{{> p}}{{/if}}' } },
    ],
    ['deep blocks', '{{#if s}}'.repeat(100) + '{{/if}}'.repeat(100)],
    ['very deep blocks', '{{#if s}}'.repeat(100_000)],
    ['deep parentheses', `{{not ${'(not '.repeat(100_000)}`],
    ['a long chain of else', `{{#if s}}${'{{else if s}}'.repeat(10_000)}{{/if}}`],
  ]
  for (const [name, template, options = {}] of stopped) {
    test(`stop ${name}`, () => {
      const rendering = () => compile(template, options).render(many)

      expect(rendering).toThrow(expect.objectContaining({ code: 'limit_exceeded' }))
    })
  }

  test('stop a text that inserts too many partials while it is compiled', () => {
    const partials = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`p${n}`, `{{> p${n + 1}}}{{> p${n + 1}}}`]),
    )

    const compiling = () => compile('{{> p0}}', { partials: { ...partials, p30: '' } })

    expect(compiling).toThrow(expect.objectContaining({ code: 'limit_exceeded' }))
  })

  test('stop a value that contains itself', () => {
    const loop: { self?: Json } = {}
    loop.self = loop as Json

    expect(() => compile('{{x}}').render({ x: loop as Json })).toThrow(
      expect.objectContaining({ code: 'limit_exceeded' }),
    )
  })

  test('are whole again for each rendering', () => {
    const template = compile('{{#each xs}}{{.}}{{/each}}', { limits: { fuel: 4000 } })

    template.render(many)

    expect(template.render(many)).toHaveLength(2890)
  })
})

test('a helper’s error gets the place of its tag', () => {
  const boom = () => {
    throw new Error('no')
  }
  const template = compile('a {{boom 1}}', { helpers: { boom } })

  expect(() => template.render({})).toThrow(
    expect.objectContaining({
      code: 'evaluation_failed',
      message: 'Cannot compute "boom": no',
      position: expect.objectContaining({ column: 5 }),
    }),
  )
})

test('the result of a helper is escaped, that of a block is not', () => {
  const helpers = { inline: () => '<', block: () => '<' }

  const text = compile('{{inline}}{{#block}}{{/block}}', { helpers, escape: 'html' }).render({})

  expect(text).toBe('&lt;<')
})

test('long runs of whitespace are read in linear time', () => {
  const template = `${' '.repeat(200_000)}x${'\n \t'.repeat(100_000)}{{~#if a}}${' '.repeat(200_000)}{{/if~}}`

  const text = compile(template).render({})

  expect(text).toHaveLength(200_001)
})

test('any text is either a template or an error with a place in it', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{{',
    '}}}',
    '{{{{',
    '~',
    '#',
    '/',
    '^',
    'if',
    'each',
    'else',
    ' ',
    'a',
    '.',
    '..',
    '[',
    ']',
    '(',
    ')',
    '"',
    '=',
    '|',
    'as',
    '@',
    '!',
    '--',
    '>',
    '*',
    '\\',
    '$',
    '\n',
    '{{#if a}}',
    '{{/if}}',
    '{{else}}',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('')
      try {
        compile(text).render({ a: [{}] })
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(SourceError)
        const { offset } = (thrown as SourceError).position
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(offset).toBeLessThanOrEqual(text.length)
      }
    }),
    { numRuns: 5000, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false },
  )
})
