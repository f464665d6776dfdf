import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const root = resolve(import.meta.dirname, '..')
const manifests = globSync(['package.json', '{packages,services,drivers,hosts}/*/package.json', 'cli/package.json'], {
  cwd: root,
}).map((path) => JSON.parse(readFileSync(resolve(root, path), 'utf8')) as Manifest)
const dependencies = manifests.flatMap((manifest) =>
  Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }),
)

describe('dependencies', () => {
  test('are pinned exactly', () => {
    expect(dependencies.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('have one version each', () => {
    const versions = Map.groupBy(dependencies, ([name]) => name)
    const torn = [...versions].filter(([, uses]) => new Set(uses.map(([, version]) => version)).size > 1)

    expect(torn.map(([name]) => name)).toEqual([])
  })

  test('have a line in docs/dependencies.md, and no other has', () => {
    const lines = readFileSync(resolve(root, 'docs/dependencies.md'), 'utf8').split('\n')
    const explained = lines
      .filter((line) => line.startsWith('- `'))
      .flatMap((line) => [...line.slice(0, line.indexOf(':')).matchAll(/`([^`]+)`/g)].map(([, name]) => name))

    const foreign = dependencies.map(([name]) => name).filter((name) => !name.startsWith('@wonder/'))
    expect(explained.sort()).toEqual([...new Set(foreign)].sort())
  })
})
