import { globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
type Lock = { readonly packages: Readonly<Record<string, Manifest>> }

const root = resolve(import.meta.dirname, '..')
const files = globSync(['package.json', '{packages,services,drivers,hosts}/*/package.json', 'cli/package.json'], {
  cwd: root,
})
const manifests = files.map(readManifest)
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

  test('are in package-lock.json as each package.json has them', () => {
    const lock = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8')) as Lock
    const locked = Object.fromEntries(files.map((file) => [file, pick(lock.packages[workspaceOf(file)] ?? {})]))

    expect(locked).toEqual(Object.fromEntries(files.map((file) => [file, pick(readManifest(file))])))
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

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(resolve(root, file), 'utf8')) as Manifest
}

/** The key of a package.json's folder in the lock file; the repository's own is empty. */
function workspaceOf(file: string): string {
  return file === 'package.json' ? '' : dirname(file)
}

function pick({ dependencies = {}, devDependencies = {} }: Manifest): Manifest {
  return { dependencies, devDependencies }
}
