import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, resolve } from 'node:path'

/** The fast checks: everything that can be said of the repository without running it. */
const checks = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'portable', command: ['node', 'scripts/portable.ts'] },
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '--diagnostic-level=warn', '.'] },
  { name: 'imports', command: ['node', 'scripts/imports.ts'] },
  { name: 'unused', command: ['knip', '--no-progress', '--no-config-hints'] },
  { name: 'docs', command: ['node', 'scripts/docs.ts', '--check'] },
] as const

type Check = (typeof checks)[number]

const root = resolve(import.meta.dirname, '..')
const environment = {
  ...process.env,
  PATH: [resolve(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
}

/** Runs one check and prints its line, with its whole output when it fails. True if it passed. */
function run({ name, command: [program, ...args] }: Check): Promise<boolean> {
  const begin = performance.now()
  const { promise, resolve: settle } = Promise.withResolvers<boolean>()
  const child = spawn(program, args, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const finish = (passed: boolean) => {
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    console.log(
      `${passed ? '✓' : '✗'} ${name}  ${seconds} s${passed ? '' : `  (${[program, ...args].join(' ')})\n${output}`}`,
    )
    settle(passed)
  }
  child.on('error', (error) => {
    output += error.message
    finish(false)
  })
  child.on('close', (code) => finish(code === 0))
  return promise
}

const waiting = [...checks]
const failed: string[] = []

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    if (!(await run(check))) failed.push(check.name)
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), checks.length) }, work))

const reportFlag = process.argv.indexOf('--report')
const report = reportFlag === -1 ? undefined : process.argv[reportFlag + 1]
if (report !== undefined) {
  writeFileSync(report, JSON.stringify({ passed: checks.length - failed.length, failed: failed.length }))
}
if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}. What can be fixed by itself: npm run fix, npm run docs`)
  process.exitCode = 1
}
