import { describe, expect, test } from 'vitest'
import { Problems } from '../problems.ts'
import { readYaml } from '../read-yaml.ts'
import { SourceText } from '../source-text.ts'
import { child, entriesOf } from '../tree.ts'
import { readReference } from './compozy-reference.ts'
import { fieldsOf } from './convert-fields.ts'
import { durationText } from './go-duration.ts'
import { celOf, readGoExpression } from './go-expression.ts'
import { idOf } from './names.ts'
import { candidates } from './source-files.ts'
import { pathsIn } from './source-path.ts'

describe('The words of the other system', () => {
  test.each([
    ['30s', '30s'],
    ['1m30s', '90s'],
    ['1h30m', '90m'],
    ['1.5h', '90m'],
    ['500ms', '500ms'],
    ['5 minutes', '5m'],
    ['1 day', '1d'],
    ['48h', '2d'],
    ['{{ .x }}', undefined],
    ['soon', undefined],
    ['5', undefined],
  ])('durationText() of %j is %j', (text, expected) => {
    expect(durationText(text)).toBe(expected)
  })

  test.each([
    ['eq .a "x"', 'a == "x"'],
    ['and (eq .a 1) (not .b)', '(a == 1) && !b'],
    ['or .a (gt (len .b) 2)', 'a || (size(b) > 2)'],
    ['not (eq .a .b)', '!(a == b)'],
    ['.a', 'a'],
    ['.a | len', 'size(a)'],
    ['hasPrefix "x" .a', 'a.startsWith("x")'],
    ['ne .a nil', 'a != null'],
    ['.a | unheardOf', undefined],
    ['if .a', undefined],
    ['(.a', undefined],
  ])('The Go condition %j is %j in CEL', (text, expected) => {
    const expression = readGoExpression(text)

    expect(expression && celOf(expression, (path) => path.replace(/^\./, ''))).toBe(expected)
  })

  test.each([
    ['tool(id=a)', { what: 'tool', by: 'id', value: 'a' }],
    ['task(file=./x.yaml)', { what: 'task', by: 'file', value: './x.yaml' }],
    ['agent(dep=owner/repo:pkg@v1)', { what: 'agent', by: 'dep', value: 'owner/repo:pkg@v1' }],
    ['tool(local::tools.#(id=="a b"))', { what: 'tool', by: 'id', value: 'a b' }],
    ['global::models.#(id=="m")', { what: 'model', by: 'id', value: 'm' }],
    ['plain', undefined],
    ['tool(a)', undefined],
    ['box(id=a)', undefined],
  ])('readReference() of %j', (text, expected) => {
    expect(readReference(text)).toEqual(expected)
  })

  test.each([
    ['process-{{ .index }}', 'process'],
    ['checkStock', 'check_stock'],
    ['9 lives', 't_9_lives'],
    ['--', 'task'],
  ])('idOf(%j) is %j', (text, expected) => {
    expect(idOf(text)).toBe(expected)
  })

  test('pathsIn() leaves texts alone and walks index', () => {
    const found = pathsIn('if and (eq .a.b ".no.path") (index .tasks "x-y" "output") $.c')

    expect(found.map(({ parts, root }) => [parts.join('/'), root])).toEqual([
      ['a/b', false],
      ['tasks/x-y/output', false],
      ['c', true],
    ])
  })

  test('candidates() never leave the project', () => {
    expect(candidates('flows/main.yaml', './tools/a.ts')).toEqual(['flows/tools/a.ts', 'tools/a.ts'])
    expect(candidates('main.yaml', '../../etc/passwd')).toEqual([])
    expect(candidates('a/main.yaml', '/etc/passwd')).toEqual(['a/etc/passwd', 'etc/passwd'])
  })
})

describe('fieldsOf() says in short text', () => {
  const schema = `
properties:
  a: { type: string }
  b: { type: integer, default: 3 }
  c: { type: array, items: { type: number } }
  d: { type: string, enum: [x, y] }
  e: { description: anything at all }
  f: { type: string, format: date }
  g: { type: integer, minimum: 1, default: 2 }
required: [a, d]
`
  test('what can be said so, and the rest as JSON Schema', () => {
    const fields = fieldsOf(readYaml(new SourceText('s.yaml', schema), new Problems()))

    expect(fields).toEqual({
      fields: [
        { name: 'a', type: 'string' },
        { name: 'b', type: 'integer = 3' },
        { name: 'c', type: 'number[]?' },
        { name: 'd', type: '"x" | "y"' },
        { name: 'e', type: 'any?', description: 'anything at all' },
        { name: 'f', type: 'date?' },
        { name: 'g', type: { type: 'integer', minimum: 1, default: 2 } },
      ],
    })
  })

  test('nothing of a schema whose optional field says more than a short text can', () => {
    const tree = readYaml(new SourceText('s.yaml', 'properties: { a: { type: integer, minimum: 1 } }'), new Problems())

    expect(fieldsOf(tree)).toEqual({ schema: { properties: { a: { type: 'integer', minimum: 1 } } } })
    expect(entriesOf(child(tree, 'properties')).length).toBe(1)
  })
})
