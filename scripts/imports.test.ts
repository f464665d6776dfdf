import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImportProblem, importProblems, layers } from './imports.ts'

const files: Readonly<Record<string, string>> = {
  'packages/errors/src/index.ts': `import { b } from './b.ts'\nexport const a = 1 + b`,
  'packages/errors/src/b.ts': `import { a } from './index.ts'\nexport const b = a`,
  'packages/platform/src/index.ts': `import type { E } from '@wonder/engine'\nexport type P = E`,
  'packages/engine/src/index.ts': `import '@wonder/errors'\nexport type E = string\nexport const e = 1`,
  'packages/engine/src/hidden.ts': 'export const hidden = 1',
  'packages/engine/src/hidden.test.ts': `import 'node:fs'\nimport '@wonder/language'`,
  'packages/engine/src/oracle.ts': `export * from './hidden.test.ts'`,
  'packages/language/src/index.ts': `import { e } from '@wonder/engine'\nimport type { P } from '@wonder/platform'\nexport const l: P = String(e)`,
  'packages/language/src/values.ts': `import * as platform from '@wonder/platform'\nexport { platform }`,
  'packages/language/src/deep.ts': `export { hidden } from '../../engine/src/hidden.ts'`,
  'packages/language/src/past.ts': `export { hidden } from '@wonder/engine/src/hidden.ts'`,
  'services/executor/src/index.ts': `import { readFileSync } from 'node:fs'\nexport const x = readFileSync`,
  'services/coordinator/src/index.ts': `export { x } from '@wonder/executor'`,
  'drivers/memory/src/index.ts': `import '@wonder/platform'\nimport 'node:fs'\nexport const m = 1`,
  'drivers/sqlite/src/index.ts': `export { e } from '@wonder/engine'`,
  'drivers/sqlite/src/sibling.ts': `export { m } from '@wonder/memory'`,
  'scripts/report.ts': `import '@wonder/errors'`,
  'scripts/reach.ts': `export { hidden } from '../packages/engine/src/hidden.ts'`,
  'hosts/local/src/index.ts': `export { x } from '@wonder/executor'\nexport { m } from '@wonder/memory'`,
}

describe('importProblems()', () => {
  let root: string
  let problems: ImportProblem[]

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'wonder-imports-'))
    for (const [path, text] of Object.entries(files)) write(join(root, path), text)
    write(join(root, 'package.json'), JSON.stringify({ name: 'root', workspaces: ['packages/*'] }))
    const sources = Object.keys(files).filter((name) => !name.startsWith('scripts/'))
    for (const path of new Set(sources.map((name) => name.split('/').slice(0, 2).join('/')))) {
      const name = `@wonder/${path.split('/')[1]}`
      const dependencies = path === 'packages/platform' ? { '@wonder/engine': '0.1.0', yaml: '1.0.0' } : {}
      write(join(root, path, 'package.json'), JSON.stringify({ name, exports: './src/index.ts', dependencies }))
      mkdirSync(join(root, 'node_modules/@wonder'), { recursive: true })
      symlinkSync(join(root, path), join(root, 'node_modules', name))
    }
    write(join(root, 'packages/novelty/package.json'), JSON.stringify({ name: '@wonder/novelty' }))
    problems = await importProblems(root)
  })

  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test.each([
    ['packages/platform/src/index.ts', 'packages/engine/src/index.ts', /platform-imports-only/],
    ['packages/language/src/values.ts', 'packages/platform/src/index.ts', /language-imports-only-types/],
    ['services/coordinator/src/index.ts', 'services/executor/src/index.ts', /services\/\*-imports-only/],
    ['services/executor/src/index.ts', 'fs', /nothing-of-node/],
    ['drivers/sqlite/src/index.ts', 'packages/engine/src/index.ts', /drivers\/\*-imports-only/],
    ['drivers/sqlite/src/sibling.ts', 'drivers/memory/src/index.ts', /drivers\/\*-imports-only/],
    ['packages/language/src/deep.ts', 'packages/engine/src/hidden.ts', /past-exports/],
    ['packages/language/src/past.ts', '@wonder/engine/src/hidden.ts', /past-exports/],
    ['scripts/reach.ts', 'packages/engine/src/hidden.ts', /past-exports/],
    ['packages/engine/src/oracle.ts', 'packages/engine/src/hidden.test.ts', /test-code/],
    ['packages/platform/package.json', 'packages/engine', /dependencies-follow/],
    ['packages/novelty', 'scripts/imports.ts', /every-workspace/],
  ])('refuses that %s imports %s', (from, to, rule) => {
    const found = problems.filter((problem) => problem.from === from && problem.to === to)

    expect(found.map((problem) => problem.rule)).toContainEqual(expect.stringMatching(rule))
  })

  test('refuses a cycle within a workspace', () => {
    expect(problems.filter(({ rule }) => rule === 'no-cycles')).not.toEqual([])
  })

  test.each([
    'packages/engine/src/index.ts',
    'packages/engine/src/hidden.test.ts',
    'packages/language/src/index.ts',
    'drivers/memory/src/index.ts',
    'hosts/local/src/index.ts',
    'scripts/report.ts',
  ])('allows what %s imports', (from) => {
    expect(problems.filter((problem) => problem.from === from)).toEqual([])
  })

  test('finds nothing in this repository', async () => {
    expect(await importProblems(resolve(import.meta.dirname, '..'))).toEqual([])
  })
})

describe('layers', () => {
  test('has no cycle among packages', () => {
    const rows = new Map(layers.map(({ from, may, types = [] }) => [from, [...may, ...types]]))
    const reach = (name: string, path: readonly string[]): string[] => {
      if (path.includes(name)) return [[...path, name].join(' → ')]
      return (rows.get(name) ?? []).flatMap((next) => reach(next, [...path, name]))
    }

    expect([...rows.keys()].flatMap((name) => reach(name, []))).toEqual([])
  })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
