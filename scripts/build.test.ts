import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { build, publishedManifest, publishedWorkspaces } from './build.ts'
import { namingJavaScript } from './naming-javascript.ts'

describe('build()', () => {
  let outDir: string

  beforeAll(async () => {
    outDir = mkdtempSync(join(tmpdir(), 'wonder-build-'))
    await build({ workspaces: ['packages/errors'], outDir })
  })

  afterAll(() => rmSync(outDir, { recursive: true, force: true }))

  test('makes a package that the oldest Node of this machine imports, without type stripping', () => {
    const entry = join(outDir, 'packages/errors/src/index.js')
    const program = `const { WonderError } = await import(${JSON.stringify(entry)}); console.log(new WonderError('internal', 'x').code)`

    const output = execFileSync(machineNode(), ['--input-type=module', '--eval', program], { encoding: 'utf8' })

    expect(output.trim()).toBe('internal')
  })

  test('points exports at JavaScript and declarations that exist', () => {
    const folder = join(outDir, 'packages/errors')
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

    expect(exports).toEqual({ '.': { types: './src/index.d.ts', default: './src/index.js' } })
    expect(existsSync(join(folder, exports['.'].types))).toBe(true)
  })

  test('leaves TypeScript out, and brings the license and the README', () => {
    const folder = join(outDir, 'packages/errors')

    expect(existsSync(join(folder, 'src/index.ts'))).toBe(false)
    expect(existsSync(join(folder, 'LICENSE'))).toBe(true)
    expect(existsSync(join(folder, 'README.md'))).toBe(true)
  })
})

test('build() publishes every library, with all that its exports name and nothing that serves its tests', async () => {
  const outDir = mkdtempSync(join(tmpdir(), 'wonder-build-'))
  onTestFinished(() => rmSync(outDir, { recursive: true, force: true }))
  const workspaces = publishedWorkspaces().filter((path) => path !== 'cli')

  await build({ workspaces, outDir })

  const named = workspaces.flatMap((path) => {
    const { exports } = JSON.parse(readFileSync(join(outDir, path, 'package.json'), 'utf8'))
    return Object.values<string | Record<string, string>>(exports)
      .flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)))
      .map((file) => join(path, file))
  })
  expect(named.filter((file) => !existsSync(join(outDir, file)))).toEqual([])
  expect(globSync(['**/test/**', '**/fixtures/**', '**/*.test.*'], { cwd: outDir })).toEqual([])
})

describe('publishedManifest()', () => {
  test('keeps what is not code', () => {
    const manifest = { name: 'a', bin: { a: './bin/a' }, exports: { './style': './style.css' } }

    expect(publishedManifest(manifest)).toMatchObject(manifest)
  })
})

describe('namingJavaScript()', () => {
  test('renames a worker that is named by its URL, and nothing else', () => {
    const text = "new URL('./worker.ts', import.meta.url); const other = './worker.ts'"

    expect(namingJavaScript(text)).toBe("new URL('./worker.js', import.meta.url); const other = './worker.ts'")
  })
})

/** The Node that the machine has beside the pinned one: the oldest that users may have. */
function machineNode(): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file)) ?? process.execPath
}
