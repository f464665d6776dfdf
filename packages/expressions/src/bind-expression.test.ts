import { describe, expect, test } from 'vitest'
import { bindExpression, compileExpression, type Path, references, type ScopeReader } from './index.ts'

const scope: Record<string, unknown> = {
  input: { n: 3, xs: [1, 2], none: null },
  tasks: { a: { output: { score: 12 } } },
}

/** Reads the scope by paths and writes down which were read. */
function reader(read: string[] = []): ScopeReader<Record<string, unknown>> {
  return {
    path: (path: Path) => (context) => {
      read.push(path.join('.'))
      let value: unknown = context
      for (const step of path) value = (value as Record<string, unknown> | null | undefined)?.[step]
      return value
    },
    names: Object.keys,
    now: () => 1_700_000_000_000,
  }
}

describe('bindExpression()', () => {
  test.each([
    'input.n + 1',
    'tasks.a.output.score < 40 && input.n == 3',
    'input.xs.map(x, x * input.n)',
    'input.xs[0] + input["n"]',
    'has(input.n) && !has(input.nope)',
    'input.?nope.orValue(5) + input.?n.orValue(0)',
    'input.?none.?x.orValue(1)',
    'input.none == null',
    'cel.bind(input, {"n": 9}, input.n)',
    'input.xs.exists(input, input == 2)',
    'string(now())',
  ])('%s gives what it gives over a scope', (source) => {
    expect(bindExpression(source, reader()).evaluate(scope)).toEqual(
      compileExpression(source).evaluate(scope, { now: 1_700_000_000_000 }),
    )
  })

  test.each(['input.nope', 'inptu.n', 'tasks.rnak.output', 'has(nope.x)', 'input.xs[7]', 'input.none.x', 'nope.?x'])(
    'the error of %s is the same as over a scope',
    (source) => {
      const message = (work: () => unknown) => {
        try {
          return String(work())
        } catch (thrown) {
          return String(thrown)
        }
      }
      expect(message(() => bindExpression(source, reader()).evaluate(scope))).toBe(
        message(() => compileExpression(source).evaluate(scope)),
      )
    },
  )

  test('reads whole paths, each by one reader', () => {
    const read: string[] = []

    bindExpression('tasks.a.output.score + input.n', reader(read)).evaluate(scope)

    expect(read).toEqual(['tasks.a.output.score', 'input.n'])
  })
})

test('references() tells the paths that an expression reads', () => {
  expect(references('input.n > 1 && has(state.done)').map(({ path }) => path.join('.'))).toContain('state.done')
})
