import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { type TestReport, tallyLine, tallyOf } from './tally.ts'

const root = resolve(import.meta.dirname, '..')
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter) }
const reports = mkdtempSync(join(tmpdir(), 'wonder-test-'))
const checksReport = join(reports, 'checks.json')
const testsReport = join(reports, 'tests.json')

console.log('> checks')
const checksExit = run('node', ['scripts/check.ts', '--report', checksReport])
const checks = read<{ passed: number; failed: number }>(checksReport) ?? { passed: 0, failed: checksExit === 0 ? 0 : 1 }

console.log('> tests')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${testsReport}`]
const testsExit = run('vitest', ['run', ...reporters])
const tests = tallyOf(read<TestReport>(testsReport), testsExit)

rmSync(reports, { recursive: true, force: true })

// A check counts as a test.
const failed = checks.failed + tests.failed
console.log(tallyLine({ passed: checks.passed + tests.passed, failed, skipped: tests.skipped }))
process.exitCode = failed === 0 ? 0 : 1

function run(program: string, args: readonly string[]): number | null {
  const { status, error } = spawnSync(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) console.error(`Cannot run ${program}: ${error.message}`)
  return status
}

function read<Report>(file: string): Report | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined
}
