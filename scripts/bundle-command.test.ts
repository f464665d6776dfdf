import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { besideBundle, bundleCommand } from './bundle-command.ts'

const root = resolve(import.meta.dirname, '..')

describe('bundleCommand()', () => {
  let folder: string
  let project: string
  let published: string
  let wonder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wonder-bundle-'))
    await bundleCommand(join(folder, 'built'))
    published = install(join(folder, 'built'), join(folder, 'elsewhere'))
    wonder = join(published, 'bin/wonder')
    project = join(folder, 'project')
    execFileSync(wonder, ['init', project])
  }, 60_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (...args: string[]) =>
    JSON.parse(execFileSync(wonder, [...args, '--json'], { cwd: project, encoding: 'utf8', stdio: 'pipe' }))

  test('tells the version of its own package.json', () => {
    const { version } = JSON.parse(readFileSync(join(published, 'package.json'), 'utf8'))

    expect(run('version')).toMatchObject({ version })
  })

  test('runs a new project, with a tool in Deno', () => {
    expect(run('run', 'hello')).toMatchObject({
      status: 'completed',
      output: { greetings: [{ text: 'Hello, world!' }, {}, {}] },
    })
  }, 60_000)

  test('goes on with a run that a kill left', async () => {
    const tasks =
      '  - { id: first, render: "1" }\n  - { id: second, shell: "test -f go || sleep 60", interrupted: rerun }\n'
    writeFileSync(join(project, 'workflows/slow.yaml'), `id: slow\ntasks:\n${tasks}`)
    const killed = spawn(wonder, ['run', 'slow'], { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] })
    const gone = once(killed, 'exit')
    for await (const text of killed.stderr) if (String(text).includes('first')) break
    killed.kill('SIGKILL')
    await gone
    writeFileSync(join(project, 'go'), '')

    expect(run('runs', 'resume', 'last')).toMatchObject({ status: 'completed' })
  }, 60_000)

  test('draws a plan with the layout that is installed beside it', () => {
    const plan = (...args: string[]) =>
      execFileSync(wonder, ['plan', 'hello', ...args], { cwd: project, encoding: 'utf8', stdio: 'pipe' })

    expect(plan()).toContain('greetings')
    plan('--svg', 'hello.svg')
    expect(readFileSync(join(project, 'hello.svg'), 'utf8')).toMatch(/^<svg[\s\S]*greetings/)
  }, 60_000)

  test('has nothing in it whose license asks for more than a notice', () => {
    const licenses = readFileSync(join(published, 'THIRD-PARTY-LICENSES'), 'utf8')
    const { dependencies } = JSON.parse(readFileSync(join(published, 'package.json'), 'utf8'))
    const bundled = [...licenses.matchAll(/^(?<name>(?:@[\w.-]+\/)?[\w.-]+) \d+\.\d+\.\d+\S*$/gm)].map(
      ([, name]) => name,
    )
    const asked = bundled.map(
      (name) => JSON.parse(readFileSync(join(root, 'node_modules', `${name}`, 'package.json'), 'utf8')).license,
    )

    expect(bundled).toContain('commander')
    expect(bundled).not.toContain('elkjs')
    expect(dependencies.elkjs).toMatch(/^\d/)
    expect(
      [...new Set(asked)].filter(
        (license) => !['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause'].includes(license),
      ),
    ).toEqual([])
    const code = globSync('dist/**/*.js', { cwd: published }).map((file) => readFileSync(join(published, file), 'utf8'))
    expect(code.filter((text) => text.includes('org.eclipse.elk.alg'))).toEqual([])
  })

  test('brings the license of each package that is in it, and no source of ours', () => {
    const licenses = readFileSync(join(published, 'THIRD-PARTY-LICENSES'), 'utf8')

    expect(licenses).toContain('commander ')
    expect(licenses).toContain('undici ')
    const sources = globSync('{src,dist}/**/*.ts', { cwd: published })
    expect(sources.filter((file) => !file.startsWith('dist/sdk/'))).toEqual([])
    expect(sources).toEqual(expect.arrayContaining(['dist/sdk/index.ts', 'dist/sdk/tool.ts']))
  })
})

describe('besideBundle()', () => {
  test('names a worker as JavaScript, and the types of tools as they are', () => {
    const text =
      "new URL('./worker.ts', import.meta.url); import.meta.resolve('@wonder/sdk/tool') + import.meta.resolve('@wonder/sdk')"

    expect(besideBundle(text)).toBe(
      "new URL('./worker.js', import.meta.url); new URL('./sdk/tool.ts', import.meta.url).href + new URL('./sdk/index.ts', import.meta.url).href",
    )
  })
})

/** What `npm install` would make of it in an empty folder: the package and what it depends on. */
function install(built: string, folder: string): string {
  const target = join(folder, 'node_modules/@wonder/cli')
  cpSync(built, target, { recursive: true })
  const { dependencies } = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), 'node']) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  return target
}
