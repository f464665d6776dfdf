import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/wonder', import.meta.url))
let project: string

beforeAll(() => {
  project = join(mkdtempSync(join(tmpdir(), 'wonder-')), 'shop')
  expect(spawnSync(bin, ['init', project], { encoding: 'utf8' }).stderr).toBe('')
  writeFileSync(join(project, 'workflows', 'gate.yaml'), gate)
})

afterAll(() => rmSync(join(project, '..'), { recursive: true, force: true }))

/** Waits for a file that the test writes, so that the test decides when the task ends. */
const gate = `id: gate
input:
  name: string
tasks:
  - id: door
    shell: "touch at-door.{{ input.name }}; until test -e open.{{ input.name }}; do sleep 0.02; done; echo through"
    interrupted: ask
  - { id: after, render: "done" }
`

const wrong = `id: wrong
tasks:
  - { id: a, render: "{{ tasks.b.output.text }}" }
`

test('`wonder init` writes a project with schemas and types for editors, and never overwrites', () => {
  for (const file of [
    '.gitignore',
    'AGENTS.md',
    'schemas/workflow.schema.json',
    'types/wonder-sdk/index.ts',
    'types/wonder-sdk/tool.ts',
    'tsconfig.json',
  ]) {
    expect(existsSync(join(project, file)), file).toBe(true)
  }
  expect(readFileSync(join(project, 'wonder.yaml'), 'utf8')).toContain('name: shop')

  writeFileSync(join(project, 'AGENTS.md'), 'mine')
  const again = wonder('init', '.')

  expect(again.status).toBe(8)
  expect(again.stderr).toContain('AGENTS.md')
  expect(readFileSync(join(project, 'AGENTS.md'), 'utf8')).toBe('mine')
})

test('The tool of a new project, and a workflow in TypeScript that uses it, have the types that its fields tell', () => {
  const page = readFileSync(fileURLToPath(new URL('../templates/init/AGENTS.md', import.meta.url)), 'utf8')
  const example = /```ts\n(import \{ cel[\s\S]*?)```/.exec(page)?.[1] ?? ''
  const path = join(project, 'workflows', 'greet_all.ts')
  writeFileSync(
    path,
    example.replace('const all', '// @ts-expect-error a list has no such field\n  input.names.length\n  const all'),
  )
  onTestFinished(() => rmSync(path))
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))
  const { status, stdout } = spawnSync(tsc, ['--noEmit', '-p', project], { encoding: 'utf8' })

  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(JSON.parse(wonder('run', 'greet_all', 'names=["Ada", ""]', '--json').stdout)).toMatchObject({
    output: { greetings: [{ text: 'Hello, Ada!' }] },
  })
})

test('`wonder validate` finds a new project without mistakes', () => {
  const { status, stdout, stderr } = wonder('validate')

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('✓ shop: no mistakes (2 workflows with 1 tool)')
})

test('`wonder validate` tells a mistake with file, line, column and mark, and exits 6', () => {
  writeFileSync(join(project, 'workflows', 'wrong.yaml'), wrong)
  try {
    const text = wonder('validate')
    const json = wonder('validate', '--json')

    expect([text.status, json.status]).toEqual([6, 6])
    expect(text.stdout).toBe('')
    expect(text.stderr).toMatch(/^workflows\/wrong\.yaml:3:\d+ {2}error {2}\w+\n/)
    expect(text.stderr).toContain('^^^')
    const { error } = JSON.parse(json.stdout)
    expect(error.code).toBe('invalid_project')
    expect(error.details.diagnostics[0]).toMatchObject({ file: 'workflows/wrong.yaml', line: 3, severity: 'error' })
  } finally {
    rmSync(join(project, 'workflows', 'wrong.yaml'))
  }
})

test('`wonder validate` and `--dry-run` tell which secrets have no value here', () => {
  const path = join(project, 'wonder.yaml')
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, `${before}secrets: [WONDER_TEST_HOOK]\n`)
  try {
    expect(wonder('validate').stdout).toContain('Secrets without a value here: WONDER_TEST_HOOK')
    expect(JSON.parse(wonder('validate', '--json').stdout)).toMatchObject({ missing_secrets: ['WONDER_TEST_HOOK'] })
    expect(JSON.parse(wonder('run', 'hello', '--dry-run', '--json').stdout)).toMatchObject({ missing_secrets: [] })
  } finally {
    writeFileSync(path, before)
  }
})

test('WONDER_ENV chooses the environment, and `--env` over it', () => {
  const env = { ...process.env, WONDER_ENV: 'nowhere' }
  const byVariable = spawnSync(bin, ['validate'], { encoding: 'utf8', cwd: project, env })
  const byOption = spawnSync(bin, ['validate', '--env', 'elsewhere'], { encoding: 'utf8', cwd: project, env })

  expect(byVariable.status).toBe(6)
  expect(byVariable.stderr).toContain('"nowhere"')
  expect(byOption.stderr).toContain('"elsewhere"')
})

test('`wonder run` without a name lists the workflows with their inputs', () => {
  const { status, stdout } = wonder('run')

  expect(status).toBe(0)
  expect(stdout).toContain('name       string = "world"  who is greeted')
  expect(stdout).toContain('wonder run gate name=…')
})

test('`wonder run` runs to its outputs and artifacts, which can be fetched', () => {
  const { status, stdout, stderr } = wonder('run', 'hello', 'name=Ada')
  const artifact = wonder('runs', 'artifacts', 'last', 'card.md')
  const shown = JSON.parse(wonder('runs', 'show', 'last', '--json').stdout)

  expect(status).toBe(0)
  expect(stderr).toMatch(/✓ greetings {2}3\/3/)
  expect(stdout).toMatch(/^✓ hello completed in /)
  expect(stdout).toContain('"text": "Bonjour, Ada!"')
  expect(stdout).toMatch(/card\.md +\d+ B {2}wonder runs artifacts \w{26} card\.md/)
  expect(artifact.stdout).toMatch(/^# For Ada\n/)
  expect(shown).toMatchObject({
    status: 'completed',
    input: { name: 'Ada' },
    tasks: [{ id: 'greetings', status: 'completed', fan: { total: 3, done: 3 } }, { id: 'today' }, { id: 'card' }],
  })
})

test('`wonder run --json` is one object on stdout and nothing else', () => {
  const { status, stdout, stderr } = wonder('run', 'hello', 'languages=["es"]', '--json')

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.trimEnd()).not.toContain('\n')
  expect(JSON.parse(stdout)).toMatchObject({
    workflow: 'hello',
    status: 'completed',
    output: { greetings: [{ language: 'es', text: 'Hola, world!' }] },
    artifacts: [{ name: 'card.md', media_type: 'text/markdown' }],
  })
})

test('A failed run exits 1, says why, and what to do next', () => {
  const { status, stdout } = wonder('run', 'hello', 'languages=["xx"]')
  const { run } = JSON.parse(wonder('runs', 'show', 'last', '--json').stdout)

  expect(status).toBe(1)
  expect(stdout).toContain('✗ hello failed')
  expect(stdout).toContain('I do not know "xx"')
  expect(stdout).toContain('branches_failed in task greetings')
  expect(stdout).toContain(`wonder runs logs ${run}`)
})

test.each([
  [['run', 'gate'], 'input "name" (string) is required'],
  [['run', 'hello', 'nmae=x'], 'there is no input "nmae"; did you mean "name"?'],
  [['run', 'helo'], 'no workflow "helo"'],
  [['runs', 'show', '0000'], 'There is no run "0000"'],
  [['runs', 'list', '--status', 'complete'], 'Did you mean "completed"?'],
])('%j is told in words and exits 6', (words, message) => {
  const { status, stdout, stderr } = wonder(...words)

  expect({ status, stdout }).toEqual({ status: 6, stdout: '' })
  expect(stderr).toContain(message)
})

test('`wonder run --dry-run` shows the tasks and what they need, and stores nothing', () => {
  const before = wonder('runs', 'list', '--json').stdout
  const { status, stdout } = wonder('run', 'hello', '--dry-run')
  const json = JSON.parse(wonder('run', 'hello', '--dry-run', '--json').stdout)

  expect(status).toBe(0)
  expect(stdout).toContain('greetings  (each)\n    greet  (tool)')
  expect(json).toMatchObject({
    input: { name: 'world' },
    tasks: [{ id: 'greetings' }, { id: 'today' }, { id: 'card' }],
  })
  expect(wonder('runs', 'list', '--json').stdout).toBe(before)
})

test('Ctrl-C pauses a run after what is in flight and exits 130; `runs resume` ends it', async () => {
  const { child, ended } = begin('run', 'gate', 'name=pause')
  await appears('at-door.pause')
  child.kill('SIGINT')
  await says(child, 'Pausing after what is in flight')
  writeFileSync(join(project, 'open.pause'), '')
  const paused = await ended
  const { run, next } = JSON.parse(wonder('runs', 'show', 'last', '--json').stdout)
  const resumed = wonder('runs', 'resume', 'last', '--json')

  expect(paused.code).toBe(130)
  expect(paused.stdout).toContain(`wonder runs resume ${run}`)
  expect(next).toEqual([`wonder runs resume ${run}`])
  expect(resumed.status).toBe(0)
  expect(JSON.parse(resumed.stdout)).toMatchObject({ run, status: 'completed' })
})

test('A second Ctrl-C stops at once, and the run is not lost', async () => {
  const { child, ended } = begin('run', 'gate', 'name=twice')
  await appears('at-door.twice')
  child.kill('SIGINT')
  await says(child, 'Pausing after what is in flight')
  child.kill('SIGINT')
  const stopped = await ended
  const open = wonder('runs', 'list', '--open')
  const cancelled = wonder('runs', 'cancel', 'last')

  expect(stopped.code).toBe(130)
  expect(stopped.stderr).toContain('Stopped at once. Go on with: wonder runs resume')
  expect(open.stdout).toContain('gate')
  expect(cancelled.stdout).toContain('was cancelled')
})

test('A task that a crash cut off waits for a decision: exit 4, then --rerun', async () => {
  const { child, ended } = begin('run', 'gate', 'name=crash')
  await appears('at-door.crash')
  child.kill('SIGKILL')
  await ended
  const blocked = wonder('runs', 'resume', 'last')
  writeFileSync(join(project, 'open.crash'), '')
  const wrongTask = wonder('runs', 'resume', 'last', '--rerun', 'after')
  const rerun = wonder('runs', 'resume', 'last', '--rerun', 'door')

  expect(blocked.status).toBe(4)
  expect(blocked.stdout).toMatch(/wonder runs resume \w{26} --rerun door/)
  expect(wrongTask.status).toBe(6)
  expect(rerun.status).toBe(0)
  expect(rerun.stdout).toContain('✓ gate completed')
})

test('`runs watch` and `runs pause` reach a run in another process', async () => {
  const { ended } = begin('run', 'gate', 'name=watch')
  await appears('at-door.watch')
  const watching = begin('runs', 'watch', 'last', '--json')
  const paused = wonder('runs', 'pause', 'last')
  const watched = await watching.ended
  writeFileSync(join(project, 'open.watch'), '')
  const left = await ended

  expect(paused).toMatchObject({ status: 0, stderr: expect.stringContaining('Go on with') })
  expect(watched.code).toBe(130)
  const lines = watched.stdout.trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'run', status: 'paused' })
  expect(left.code).toBe(130)
  expect(wonder('runs', 'cancel', 'last').status).toBe(0)
})

test('`runs events --json` is the journal, one event a line; `runs logs` what tasks printed', () => {
  wonder('run', 'hello')
  const types = wonder('runs', 'events', 'last', '--json')
    .stdout.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).type)
  const logs = wonder('runs', 'logs', 'last', '--task', 'greet')
  const unknown = wonder('runs', 'logs', 'last', '--task', 'crad')

  expect(types[0]).toBe('run_started')
  expect(types.at(-1)).toBe('run_ended')
  expect(logs.stdout).toContain('greeting world in en')
  expect(unknown.status).toBe(6)
  expect(unknown.stderr).toContain('Did you mean "card"?')
})

test('`run --detach` returns the id at once, and a `wonder start` of its own drives it', async () => {
  onTestFinished(endDrivers)
  const { run } = JSON.parse(wonder('run', 'hello', '--detach', '--json').stdout)
  const watched = wonder('runs', 'watch', run)

  expect(watched.status).toBe(0)
  expect(watched.stdout).toContain('✓ hello completed')
  expect(drivers()).toHaveLength(1)
})

/** Processes that a `--detach` has left in the project. */
function drivers(): readonly number[] {
  const log = join(project, '.wonder', 'start.log')
  if (!existsSync(log)) return []
  return [...readFileSync(log, 'utf8').matchAll(/Process (\d+) drives the runs of/g)].map(([, pid]) => Number(pid))
}

/** Resolves when none of them is left. */
async function endDrivers(): Promise<void> {
  const living = drivers().filter(isAlive)
  for (const pid of living) process.kill(pid, 'SIGTERM')
  while (living.some(isAlive)) await setTimeout(20)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function wonder(...words: readonly string[]) {
  return spawnSync(bin, words, { encoding: 'utf8', cwd: project })
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

function begin(...words: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(bin, words, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { child, ended }
}

/** A task has made this file: it runs. */
async function appears(file: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (existsSync(join(project, file))) resolve()
  }
  const watcher = watch(project, look)
  look()
  await promise
  watcher.close()
}

async function says(child: ChildProcess, text: string): Promise<void> {
  let heard = ''
  for (;;) {
    const [data] = await once(child.stderr ?? child, 'data')
    heard += data
    if (heard.includes(text)) return
  }
}
