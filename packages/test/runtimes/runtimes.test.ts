import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleSuites, portableSuites, type Suites } from './portable-suites.ts'
import type { Outcome } from './portable-vitest.ts'

const run = promisify(execFile)
const binaries = resolve(import.meta.dirname, '../../../node_modules/.bin')
const folder = mkdtempSync(join(tmpdir(), 'wonder-runtimes-'))
let suites: Suites
let node: Outcome

beforeAll(async () => {
  suites = await portableSuites()
  await bundleSuites(suites.portable, join(folder, 'suites.mjs'))
  writeFileSync(
    join(folder, 'main.mjs'),
    "import { runSuites } from './suites.mjs'\nconsole.log('outcome:' + JSON.stringify(await runSuites()))\n",
  )
  writeFileSync(
    join(folder, 'worker.mjs'),
    "import { runSuites } from './suites.mjs'\nexport default { async test() { console.log('outcome:' + JSON.stringify(await runSuites())) } }\n",
  )
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .suites)]);
const suites :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs"), (name = "suites.mjs", esModule = embed "suites.mjs")],
  compatibilityDate = "2026-01-01",
);
`,
  )
  node = await outcomeOf('node', ['main.mjs'])
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the bundle and reads the line that it prints. */
async function outcomeOf(program: string, args: readonly string[]): Promise<Outcome> {
  const { stdout, stderr } = await run(join(binaries, program), [...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })
  const line = `${stdout}\n${stderr}`.split('\n').find((text) => text.includes('outcome:'))
  if (line === undefined) throw new Error(`${program} printed no outcome: ${stdout}${stderr}`)
  return JSON.parse(line.slice(line.indexOf('outcome:') + 8)) as Outcome
}

describe('the suites of the kernel’s packages, from one definition each', () => {
  test('pass in Node', () => {
    expect(node.failed).toEqual([])
    expect(node.passed).toBeGreaterThan(1_000)
  })

  test('pass in Deno without any permission', { timeout: 300_000 }, async () => {
    const deno = await outcomeOf('deno', ['run', '--no-prompt', '--quiet', '--no-config', 'main.mjs'])

    expect(deno.failed).toEqual([])
    expect(deno.passed).toBe(node.passed)
  })

  test('pass in workerd, where nothing compiles code from texts', { timeout: 300_000 }, async () => {
    const workerd = await outcomeOf('workerd', ['test', 'config.capnp'])

    expect(workerd.failed).toEqual([])
    expect(workerd.passed).toBe(node.passed)
  })

  test('leave out only what needs Node or an oracle', () => {
    expect(suites.leftOut.length).toBeLessThan(suites.portable.length)
    expect(suites.portable).toEqual(
      expect.arrayContaining([
        'packages/templates/src/language.test.ts',
        'packages/expressions/src/conformance.test.ts',
        'packages/context/src/schema.test.ts',
        'packages/context/src/suite.test.ts',
        'packages/engine/src/fan-out.test.ts',
      ]),
    )
  })
})
