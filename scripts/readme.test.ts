import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadProject, type ProjectSource } from '@wonder/language'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(resolve(root, 'README.md'), 'utf8')

describe('README.md', () => {
  test('shows a workflow that has nothing to complain about', async () => {
    const workflow = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1]
    const files: Readonly<Record<string, string | undefined>> = {
      'wonder.yaml': 'wonder: 1\nname: readme\n',
      'workflows/shown.yaml': workflow,
    }
    const source: ProjectSource = {
      read: async (path) => files[path] ?? null,
      find: async (patterns) =>
        patterns.some((pattern) => pattern.startsWith('workflows/')) ? ['workflows/shown.yaml'] : [],
      tool: async (path) => {
        throw new Error(`Cannot load ${path}: the README shows no tool`)
      },
    }

    const loaded = await loadProject(source)

    expect(loaded.ok ? loaded.project.warnings : loaded.diagnostics).toEqual([])
  })

  test('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
    const named = [...readme.matchAll(/npm (?:run )?(demo|test|start|bench|check|build|docs|fix)\b/g)].map(
      ([, name]) => name,
    )

    expect(named.filter((name) => name === undefined || !Object.hasOwn(scripts, name))).toEqual([])
  })
})
