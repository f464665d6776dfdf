import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalogue } from '@wonder/errors'
import { expect, onTestFinished, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/wonder', import.meta.url))

test('`wonder version` prints the version, through a link and from any folder', () => {
  const folder = temporaryFolder()
  symlinkSync(bin, join(folder, 'wonder'))
  symlinkSync('wonder', join(folder, 'again'))

  for (const program of [bin, join(folder, 'wonder'), join(folder, 'again')]) {
    const { status, stdout } = spawnSync(program, ['version'], { encoding: 'utf8', cwd: folder })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^wonder \d+\.\d+\.\d+ \(Node v?24\./)
  }
})

test('`wonder version --json` is one object', () => {
  expect(JSON.parse(wonder('version', '--json').stdout)).toMatchObject({ version: expect.stringMatching(/^\d/) })
})

test.each([[[]], [['help']], [['--help']], [['-h']]])('%j lists the commands', (words) => {
  const { status, stdout, stderr } = wonder(...words)

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const command of ['init', 'validate', 'run', 'start', 'runs', 'explain', 'schema', 'version']) {
    expect(stdout).toContain(`\n  ${command} `)
  }
})

test.each([
  ['init'],
  ['validate'],
  ['run'],
  ['start'],
  ['runs'],
  ['runs', 'list'],
  ['runs', 'show'],
  ['runs', 'watch'],
  ['runs', 'events'],
  ['runs', 'logs'],
  ['runs', 'artifacts'],
  ['runs', 'pause'],
  ['runs', 'resume'],
  ['runs', 'cancel'],
  ['explain'],
  ['schema'],
  ['version'],
])('The help of %s %s has examples that it understands', (...words) => {
  const given = words.filter((word) => word !== undefined)
  const { status, stdout } = wonder('help', ...given)

  expect(status).toBe(0)
  expect(stdout).toContain(`Usage: wonder ${given.join(' ')}`)
  expect(stdout).toContain(`Examples:\n  wonder ${given.join(' ')}`.slice(0, 24))
  expect(stdout).toBe(wonder(...given, '--help').stdout)
})

test.each([
  [['rnu'], 'unknown_command', 'There is no command "wonder rnu"', 'Did you mean "wonder run"?'],
  [['runs', 'shwo'], 'unknown_command', 'There is no command "wonder runs shwo"', 'Did you mean "wonder runs show"?'],
  [['help', 'rnus'], 'unknown_command', 'There is no command "wonder rnus"', 'Did you mean "wonder runs"?'],
  [['run', '--dry-rum'], 'unknown_command', 'There is no option "--dry-rum" of "wonder run"', '"--dry-run"?'],
  [['validate', '--jsno'], 'unknown_command', 'There is no option "--jsno" of "wonder validate"', '"--json"?'],
  [['runs', 'show'], 'invalid_usage', 'Cannot run "wonder runs show": missing required argument "run"', '--help'],
  [['version', 'now'], 'invalid_usage', 'Cannot run "wonder version": too many arguments', '--help'],
  [['start', '--idle-exit', 'soon'], 'invalid_usage', 'Cannot read --idle-exit "soon": expected a duration', '5m'],
  [['explain', 'unknown_tsk'], 'unknown_code', 'No error has the code "unknown_tsk"', 'Did you mean "unknown_task"?'],
])('%j is told on stderr, in JSON, and by exit code 6', (words, code, message, hint) => {
  const text = wonder(...words)
  const json = wonder(...words, '--json')

  expect([text.status, json.status]).toEqual([6, 6])
  expect(text.stdout).toBe('')
  expect(text.stderr).toContain(message)
  expect(text.stderr).toContain(hint)
  expect(json.stderr).toBe('')
  const { error } = JSON.parse(json.stdout)
  expect(error).toMatchObject({ code, retry: 'never' })
  expect(error.message).toContain(message)
})

test('Outside of a project a command says so', () => {
  const { status, stderr } = wonder('run', 'hello', '--project', temporaryFolder())

  expect(status).toBe(6)
  expect(stderr).toContain('Cannot find a project: there is no wonder.yaml in')
  expect(stderr).toContain('wonder init')
})

test('`wonder explain CODE` tells cause, mend, example and exit code', () => {
  const { status, stdout } = wonder('explain', 'invalid_usage')

  expect(status).toBe(0)
  expect(stdout).toContain(catalogue.invalid_usage.cause)
  expect(stdout).toContain(catalogue.invalid_usage.fix)
  expect(stdout).toContain('Right  wonder runs show last')
  expect(stdout).toContain('Exit code 6')
})

test('`wonder explain` lists every code', () => {
  const { stdout } = wonder('explain')

  for (const code of Object.keys(catalogue)) expect(stdout).toContain(`${code} `)
})

test('Colours come to a terminal only, or where they are forced', () => {
  expect(wonder('explain', 'unknown_task').stdout).not.toContain('\x1b[')
  const forced = spawnSync(bin, ['explain', 'unknown_task'], {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '1' },
  })
  expect(forced.stdout).toContain('\x1b[1m')
})

test('A reader that stops reading is no failure', () => {
  const { stdout, stderr } = spawnSync('sh', ['-c', `"${bin}" explain --json | head -c 20`], { encoding: 'utf8' })

  expect(stdout).toHaveLength(20)
  expect(stderr).toBe('')
})

function wonder(...words: readonly string[]) {
  const env: NodeJS.ProcessEnv = { ...process.env }
  delete env.FORCE_COLOR
  return spawnSync(bin, words, { encoding: 'utf8', env })
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wonder-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'note.txt'), 'no project')
  return folder
}
