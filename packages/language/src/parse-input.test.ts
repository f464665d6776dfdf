import { WonderError } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { loadProject } from './load-project.ts'
import { parseInput } from './parse-input.ts'

async function workflow(input: string) {
  const files = {
    'wonder.yaml': 'wonder: 1\nname: demo\n',
    'workflows/w.yaml': `id: w\ninput:\n${input}\ntasks: [{ id: a, shell: [ls] }]`,
  }
  const loaded = await loadProject(memorySource(files))
  const found = loaded.ok ? loaded.project.workflows.get('w') : undefined
  if (found === undefined) throw new Error('the workflow does not load')
  return found
}

function problemsOf(run: () => unknown): unknown {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof WonderError) return thrown.details.problems
    throw thrown
  }
  return 'nothing'
}

const all = `  limit: integer = 20
  ratio: number?
  deep: boolean = false
  tags: 'string[] = []'
  options: object?
  mode: '"fast" | "slow" = "fast"'
  repository: path = "."
  name: string`

describe('parseInput()', () => {
  test('makes typed values of texts, and fills in defaults', async () => {
    const pairs = {
      limit: '5',
      ratio: '0.5',
      deep: 'true',
      tags: '["a"]',
      options: '{"x":1}',
      mode: 'slow',
      name: '12',
    }

    const input = parseInput(await workflow(all), pairs, { resolvePath: (path) => `/home/me/${path}` })

    expect(input).toEqual({
      limit: 5,
      ratio: 0.5,
      deep: true,
      tags: ['a'],
      options: { x: 1 },
      mode: 'slow',
      name: '12',
      repository: '/home/me/.',
    })
  })

  test('names every field that is wrong at once', async () => {
    const pairs = { limit: '5.5', deep: 'yes', tags: 'a,b', mode: 'medium', nmae: 'x' }
    const w = await workflow(all)

    const problems = problemsOf(() => parseInput(w, pairs))

    expect(problems).toEqual([
      { field: 'limit', message: 'input "limit" must be an integer, and it is "5.5"' },
      { field: 'deep', message: 'input "deep" must be true or false, and it is "yes"' },
      { field: 'tags', message: `input "tags" must be a JSON list such as '["a", "b"]', and it is "a,b"` },
      { field: 'mode', message: 'input "mode" must be one of fast, slow, and it is "medium"' },
      { field: 'nmae', message: 'there is no input "nmae"; did you mean "name"?' },
      { field: 'name', message: 'input "name" (string) is required' },
    ])
  })

  test('checks what a schema says beyond the type', async () => {
    const w = await workflow('  n: { type: integer, maximum: 10 }\n  xs: integer[]')

    expect(problemsOf(() => parseInput(w, { n: '11', xs: '[1, "a"]' }))).toMatchObject([
      { field: 'n' },
      { field: 'xs' },
    ])
  })
})
