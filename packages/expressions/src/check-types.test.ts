import { describe, expect, test } from 'vitest'
import { checkTypes, type ScopeTypes } from './index.ts'

type Schema = ScopeTypes['schema']

/** The least that a reader of schemas can be. */
function at(schema: Schema, path: readonly (string | number)[]): Schema | 'absent' | undefined {
  let found: Schema | undefined = schema
  for (const step of path) {
    if (typeof found !== 'object') return undefined
    if (typeof step === 'number') found = found.items as Schema | undefined
    else {
      const properties = (found.properties ?? {}) as Record<string, Schema>
      if (Object.hasOwn(properties, step)) found = properties[step]
      else return found.additionalProperties === false ? 'absent' : undefined
    }
  }
  return found
}

const closed = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
})

const schema = closed({
  input: closed({
    n: { type: 'integer' },
    name: { type: 'string' },
    maybe: { type: ['string', 'null'] },
    xs: { type: 'array', items: { type: 'number' } },
    people: { type: 'array', items: closed({ name: { type: 'string' }, age: { type: 'integer' } }) },
    open: { type: 'object' },
    any: true,
    kind: { enum: ['a', 'b'] },
  }),
})

describe('checkTypes()', () => {
  test.each([
    'input.n + 1 > 2 && input.name == "x"',
    'input.maybe == null || input.maybe.startsWith("a")',
    'input.xs.map(x, x + 1).filter(y, y > 1)',
    'input.people.exists(p, p.age > 3 && p.name == "a")',
    'input.people.sortBy(p, p.age)[0].name',
    'input.open.whatever.deep + 1',
    'input.any.x[0].y',
    'has(input.maybe) ? input.maybe : 1',
    'timestamp(input.name) - duration("1h") < now()',
    'now() - now() > duration("1s")',
    'input.?n.orValue(1) + 1',
    'cel.bind(x, input.n, x + 1)',
    'input.kind == "a" ? [1] : ["a"]',
    'size(input.xs) + size(input.name) + input.open.size()',
    'input.xs.transformList(i, x, i + x)',
    '[1, 2][0] + math.max(input.xs)',
    '{"a": input.n}.a',
    'input.name in ["a", "b"]',
    'input.n != null && input.n > 1',
  ])('has nothing to say of %s', (source) => {
    expect(checkTypes(source, { schema, at })).toEqual([])
  })

  test.each([
    ['input.nmae', 'nmae', 'missing_reference', 'Did you mean "name"'],
    ['inptu.n', 'inptu', 'missing_reference', 'Did you mean "input"'],
    ['input.n + "a"', 'input.n + "a"', 'expression_type', 'string(x)'],
    ['input.name * 2', 'input.name * 2', 'expression_type', 'does not work on a text and a number'],
    ['input.name < 2', 'input.name < 2', 'expression_type', 'needs two values of one kind'],
    ['input.name == 2', 'input.name == 2', 'expression_type', 'never equal'],
    ['input.n && true', 'input.n', 'expression_type', 'needs true or false'],
    ['!input.name', 'input.name', 'expression_type', '`!` needs true or false'],
    ['input.n ? 1 : 2', 'input.n', 'expression_type', 'needs true or false'],
    ['input.n.foo', 'foo', 'expression_type', 'is a number, which has no "foo"'],
    ['input.xs["a"]', '"a"', 'expression_type', 'a list is read by a number'],
    ['input.n.startsWith("a")', 'input.n', 'expression_type', 'startsWith() needs a text'],
    ['input.people.exists(p, p.agee > 3)', 'agee', 'missing_reference', 'Did you mean "age"'],
    ['input.people.map(p, p.name + 1)', 'p.name + 1', 'expression_type', 'string(x)'],
    ['input.xs.filter(x, x + 1)', 'x + 1', 'expression_type', 'filter() needs true or false'],
    ['input.n.map(x, x)', 'input.n', 'expression_type', 'map() needs a list or a map'],
    ['1 in input.name', 'input.name', 'expression_type', 'needs on its right a list or a map'],
    ['now() + now()', 'now() + now()', 'expression_type', 'a timestamp and a timestamp'],
    ['input.?n + 1', 'input.?n + 1', 'expression_type', 'an optional and a number'],
  ])('marks in %s the part %s', (source, mark, code, message) => {
    const [problem] = checkTypes(source, { schema, at })

    expect(problem?.code).toBe(code)
    expect(`${problem?.message} ${problem?.help}`).toContain(message)
    const { offset = 0, length = 0 } = problem?.position ?? {}
    expect(source.slice(offset, offset + length).replace(/^\./, '')).toBe(mark)
  })

  test('tells what a condition must be', () => {
    expect(checkTypes('input.n + 1', { schema, at, expected: 'bool' })).toHaveLength(1)
    expect(checkTypes('input.n > 1', { schema, at, expected: 'bool' })).toEqual([])
  })

  test('tells a comparison that is never true apart from what fails', () => {
    expect(checkTypes('input.n == "1"', { schema, at })).toMatchObject([{ outcome: 'never' }])
    expect(checkTypes('input.n + "1"', { schema, at })).toMatchObject([{ outcome: 'fails' }])
  })

  test('tells every problem', () => {
    expect(checkTypes('input.a + input.b && input.n', { schema, at })).toHaveLength(3)
  })
})
