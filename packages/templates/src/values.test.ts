import { describe, expect, test } from 'vitest'
import { classify, compile, compileValue, type EvaluatorFactory, type Json, resolve } from './index.ts'

/** Knows one expression: a path of names, whose value it doubles. */
const evaluate: EvaluatorFactory = (source, position) => {
  const path = source.split('.')
  return {
    references: [{ path, position, optional: false }],
    evaluate: (scope) => {
      let value: Json = scope
      for (const name of path) value = (value as { [key: string]: Json })[name] ?? null
      return Number(value) * 2
    },
  }
}

function pathsOf(template: string, partials = {}): string[] {
  return compile(template, { evaluate, partials }).references.map(
    ({ path, optional }) => path.join('.') + (optional ? '?' : ''),
  )
}

describe('references', () => {
  test.each([
    ['{{ input.a }} {{upper input.b}} {{f}}', ['input.a', 'input.b', 'f']],
    ['{{#if input.a}}{{#unless b}}{{/unless}}{{/if}}{{default c "x"}}', ['input.a?', 'b?', 'c?']],
    ['{{#each input.items}}{{name}}{{../env.x}}{{@index}}{{@root.r}}{{/each}}', ['input.items', 'env.x', 'r']],
    ['{{#each input.items as |x i|}}{{x.name}}{{i}}{{/each}}', ['input.items']],
    ['{{#with input.user as |u|}}{{name}}{{u.age}}{{/with}}', ['input.user', 'input.user.name', 'input.user.age']],
    ['{{= input.n }}{{#each xs as |x|}}{{= x.n }}{{/each}}', ['input.n', 'xs']],
    ['{{> p input.o}}', ['input.o', 'input.o.v']],
  ])('of %j are %j', (template, paths) => {
    const found = pathsOf(template, { p: '{{v}}' })

    expect(found).toEqual(paths)
  })

  test('have exact places', () => {
    const [reference] = compile('a\n b {{ input.name }}').references

    expect(reference?.position).toEqual({ offset: 8, length: 10, line: 2, column: 7 })
  })
})

describe('parts()', () => {
  test('leaves secrets as parts and joins the text between', () => {
    const template = compile('Bearer {{input.a}}{{! x }}-{{ secrets.TOKEN }}{{secrets.[B]}} {{input.a}}.', {
      escape: 'url',
    })

    expect(template.secrets).toEqual(['TOKEN', 'B'])
    expect(template.references.map(({ path }) => path.join('.'))).toEqual(['input.a', 'input.a'])
    expect(template.parts({ input: { a: 'é' }, secrets: { TOKEN: 'read' } })).toEqual([
      'Bearer %C3%A9-',
      { secret: 'TOKEN', escape: 'url' },
      { secret: 'B', escape: 'url' },
      ' %C3%A9.',
    ])
  })

  test('of a raw mustache asks for no escaping', () => {
    const template = compile('{{{ secrets.A }}}', { escape: 'html' })

    expect(template.parts({})).toEqual([{ secret: 'A', escape: 'none' }])
  })

  test('never parses a value again', () => {
    const template = compile('{{ input.x }}')

    expect(template.parts({ input: { x: '{{ secrets.A }}' } })).toEqual(['{{ secrets.A }}'])
  })

  test.each([
    '{{#if secrets.A}}{{/if}}',
    '{{#if x}}{{secrets.A}}{{/if}}',
    '{{#each xs}}{{../secrets.A}}{{/each}}',
    '{{#each xs}}{{@root.secrets.A}}{{/each}}',
    '{{#with secrets}}{{A}}{{/with}}',
    '{{upper secrets.A}}',
    '{{upper (default secrets.A "")}}',
    '{{lookup secrets "A"}}',
    '{{lookup this "secrets"}}',
    '{{replace "a" "b" "c" x=secrets.A}}'.replace('replace "a" "b" "c" x', 'json 1 indent'),
    '{{= secrets.A }}',
    '{{ secrets }}',
    '{{ secrets.A.b }}',
    '{{> p}}',
  ])('refuses the secret in %j', (template) => {
    const compiling = () => compile(template, { evaluate, partials: { p: '{{secrets.A}}' } })

    expect(compiling).toThrow(expect.objectContaining({ code: 'secret_not_allowed' }))
  })
})

describe('classify()', () => {
  test.each<[string, object]>([
    ['plain } text', { kind: 'literal', text: 'plain } text' }],
    [
      '{{ input.x }}',
      { kind: 'reference', path: ['input', 'x'], position: { offset: 3, length: 7, line: 1, column: 4 } },
    ],
    [
      '{{xs[0].[a b]}}',
      { kind: 'reference', path: ['xs', 0, 'a b'], position: { offset: 2, length: 11, line: 1, column: 3 } },
    ],
    ['{{@root.x}}', { kind: 'reference', path: ['x'], position: { offset: 2, length: 7, line: 1, column: 3 } }],
    [
      '{{= {"a": {"b": "}}"}} }}',
      { kind: 'expression', source: '{"a": {"b": "}}"}}', position: { offset: 4, length: 18, line: 1, column: 5 } },
    ],
    [' {{ x }}', { kind: 'template' }],
    ['{{x}}{{y}}', { kind: 'template' }],
    ['{{ upper x }}', { kind: 'template' }],
    ['{{{ x }}}', { kind: 'template' }],
    ['{{ "x" }}', { kind: 'template' }],
    ['\\{{ x }}', { kind: 'template' }],
    ['{{ a + b }}', { kind: 'template' }],
  ])('of %j', (text, expected) => {
    const found = classify(text)

    expect(found).toEqual(expected)
  })
})

describe('resolve()', () => {
  const scope = { input: { n: 2, xs: [1], nil: null, s: "it's" } }

  test('keeps the type of a single reference and of a single expression', () => {
    const value = { a: ['{{ input.xs }}', '{{= input.n }}', 'n={{input.n}}', 7, null], '{{k}}': '{{input.nil}}' }

    const resolved = resolve(value, scope, { evaluate })

    expect(resolved).toEqual({ a: [[1], 4, 'n=2', 7, null], '{{k}}': null })
  })

  test('quotes a single reference in a shell command', () => {
    const resolved = resolve('{{ input.s }}', scope, { escape: 'shell' })

    expect(resolved).toBe("'it'\\''s'")
  })

  test('tells a missing reference with the nearest name', () => {
    const resolving = () => resolve('{{ inptu.n }}', scope)

    expect(resolving).toThrow(
      expect.objectContaining({ code: 'missing_reference', details: { path: ['inptu', 'n'], nearest: 'input' } }),
    )
  })

  test('compiled once tells what it reads and resolves for each scope', () => {
    const compiled = compileValue(
      { a: '{{ input.x }}', b: ['k={{ secrets.K }}', '{{= input.n }}'], c: 'text' },
      { evaluate },
    )

    expect(compiled.references.map(({ path }) => path.join('.'))).toEqual(['input.x', 'input.n'])
    expect(compiled.secrets).toEqual(['K'])
    expect(compiled.resolve({ input: { x: [], n: 1 }, secrets: { K: 'v' } })).toEqual({
      a: [],
      b: ['k=v', 2],
      c: 'text',
    })
    expect(compiled.resolve({ input: { x: 5, n: 3 }, secrets: { K: 'w' } })).toEqual({ a: 5, b: ['k=w', 6], c: 'text' })
  })

  test('refuses a secret in an expression', () => {
    const resolving = () => resolve('{{= secrets.K }}', {}, { evaluate })

    expect(resolving).toThrow(expect.objectContaining({ code: 'secret_not_allowed' }))
  })

  test('bounds the nesting of the value', () => {
    let deep: Json = 'x'
    for (let level = 0; level < 100; level++) deep = [deep]

    expect(() => resolve(deep, {})).toThrow(expect.objectContaining({ code: 'limit_exceeded' }))
  })
})
