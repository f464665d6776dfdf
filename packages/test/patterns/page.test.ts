import { readdirSync, readFileSync } from 'node:fs'
import { loadProject } from '@wonder/language'
import { describe, expect, test } from 'vitest'
import { compiledPatterns, documentedPatterns, page } from './documented-patterns.ts'
import { PatternWorld } from './pattern-world.ts'

const tests = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8'))
  .join('\n')

describe('docs/patterns.md', () => {
  test('has each of the 43 patterns once, with one mark and one example', () => {
    expect(documentedPatterns.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 43 }, (_, n) => n + 1),
    )
    for (const { number, mark, examples } of documentedPatterns) {
      expect([number, mark]).toEqual([number, expect.stringMatching(/^(direct|with|not)$/)])
      expect([number, examples.length]).toEqual([number, 1])
    }
  })

  test('counts the marks rightly', () => {
    const count = (mark: string) => documentedPatterns.filter((pattern) => pattern.mark === mark).length

    expect(page).toContain(`${count('direct')} are direct, ${count('with')} are with, ${count('not')} is not.`)
  })

  test.each(documentedPatterns)(
    'has a test of WCP-$number $name that runs its example',
    ({ number, name, examples }) => {
      const title = tests.indexOf(`'WCP-${number} ${name}: `)
      const next = tests.indexOf("'WCP-", title + 1)
      const text = tests.slice(title, next === -1 ? undefined : next)

      expect(title).toBeGreaterThan(0)
      for (const example of examples) expect(text).toContain(`'${example}'`)
    },
  )

  test('shows workflows without a mistake or a warning', async () => {
    expect((await compiledPatterns()).size).toBe(43)
  })
})

describe('what cannot be said', () => {
  test('WCP-22 Recursion: is refused, and a loop over a stack goes down a tree', async () => {
    const files: { readonly [path: string]: string } = {
      'wonder.yaml': 'wonder: 1\nname: d\nversion: 0.1.0\n',
      'workflows/walk.yaml': 'id: walk\ntasks: [{ id: again, workflow: walk }]\n',
    }
    const loaded = await loadProject({
      read: async (path) => files[path] ?? null,
      find: async ([pattern = '']) => (pattern.startsWith('workflows/') ? ['workflows/walk.yaml'] : []),
      tool: async (path) => {
        throw new Error(path)
      },
    })
    expect(loaded.ok ? [] : loaded.diagnostics.map(({ code }) => code)).toEqual(['workflow_cycle'])

    const children: { readonly [node: string]: readonly string[] } = { a: ['b', 'e'], b: ['c', 'd'] }
    const run = await (await PatternWorld.open()).start('stack_instead_of_recursion', { root: 'a' })
    const visited: string[] = []
    while (run.out.length > 0) {
      const node = String(run.outWith[0])
      visited.push(node)
      await run.complete('visit', { value: [...(children[node] ?? [])] })
    }
    expect([run.status, visited]).toEqual(['completed', ['a', 'b', 'c', 'd', 'e']])
  })
})
