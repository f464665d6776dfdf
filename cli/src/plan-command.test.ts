import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wellFormed } from './plan/fixtures/well-formed.ts'

const bin = fileURLToPath(new URL('../bin/wonder', import.meta.url))
let project: string

beforeAll(() => {
  project = join(mkdtempSync(join(tmpdir(), 'wonder-')), 'shop')
  expect(spawnSync(bin, ['init', project], { encoding: 'utf8' }).stderr).toBe('')
  writeFileSync(join(project, 'workflows', 'call.yaml'), call)
})

afterAll(() => rmSync(join(project, '..'), { recursive: true, force: true }))

const call = `id: call
input: { city: string, days: integer = 3 }
tasks:
  - { id: ask, http: { url: "https://weather.example.com/{{ input.city }}" }, retry: { max_attempts: 4 } }
  - { id: note, shell: "touch ran" }
`

const ship = `id: ship
checkpoints: { on: [plan], every_steps: 5 }
nesting: { depth: 2, children: 3 }
tasks:
  - { id: paid, wait: paid, processor: { shell: [test, "{{ signal.amount }}", -gt, "0"] } }
  - id: pack
    render: box
    cache: { key: box, for: 1h }
    checkpoint: { type: decision-needed, summary: "Send it?" }
  - { id: label, workflow: label, detached: true }
`

const label = `id: label
tasks:
  - { id: fetch, http: { url: "https://labels.example.com/", headers: { key: "{{ secrets.LABEL_KEY }}" } } }
  - { id: print, shell: [lpr, label] }
`

test('`wonder plan` draws the tasks and tells hosts, programs and limits; nothing runs, nothing is stored', () => {
  const runs = wonder('runs', 'list', '--json').stdout
  const { status, stdout, stderr } = wonder('plan', 'call')

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/╭─+╮[^╭]*╭─+╮/)
  expect(stdout).toContain('▶│ http GET weather.example.com')
  expect(stdout).toContain('city: required')
  expect(stdout).toContain('every public host: settings.network.allow has no list\n  weather.example.com')
  expect(stdout).toContain('note: touch ran')
  expect(stdout).toContain(
    'ask: 30 s at most, 4 attempts, exponential waits from 1.0 s to 30 s; after a crash it runs again',
  )
  expect(existsSync(join(project, 'ran'))).toBe(false)
  expect(wonder('runs', 'list', '--json').stdout).toBe(runs)
})

test('`wonder plan --json` is one object with the graph, the needs and the limits', () => {
  const { status, stdout } = wonder('plan', 'hello', '--json')
  const plan = JSON.parse(stdout)

  expect(status).toBe(0)
  expect(stdout.trimEnd()).not.toContain('\n')
  expect(plan).toMatchObject({
    workflow: 'hello',
    input: { name: 'world' },
    required: [],
    start: 'greetings',
    nodes: [{ id: 'greet', kind: 'tool', detail: 'greeting', group: 'greetings' }, { id: 'today' }, { id: 'card' }],
    groups: [{ id: 'greetings', kind: 'each', detail: 'each language in input.languages (3) ×8' }],
    edges: expect.arrayContaining([expect.objectContaining({ from: 'greetings', to: 'greet', kind: 'opens' })]),
    hosts: [],
    permissions: [],
    secrets: [],
    missing_secrets: [],
    limits: { budget: {}, groups: [{ group: 'greetings', workers: 8 }] },
  })
})

test('`wonder plan` tells what stands around the tasks: sub-workflows, processors, checkpoints, limits', () => {
  writeFileSync(join(project, 'workflows', 'ship.yaml'), ship)
  writeFileSync(join(project, 'workflows', 'label.yaml'), label)
  writeFileSync(join(project, 'wonder.yaml'), 'wonder: 1\nname: shop\nsecrets: [LABEL_KEY]\n')
  const { status, stdout, stderr } = wonder('plan', 'ship')

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('waits until it is approved')
  const sections = Object.fromEntries(
    stdout
      .slice(stdout.indexOf('Hosts that'))
      .split('\n\n')
      .map((section) => section.split('\n').map((line) => line.trim()))
      .map(([title, ...lines]) => [title, lines.filter((line) => line !== '')]),
  )
  expect(sections).toMatchObject({
    'Hosts that may be reached': [expect.stringContaining('every public host'), 'labels.example.com'],
    'Programs of this machine': ['paid: test {{ signal.amount }} -gt 0', 'label/print: lpr label'],
    Secrets: ['LABEL_KEY, has no value here'],
    'Workflows that it starts': ['label (label: not waited for)'],
    Checkpoints: ['by itself: plan', 'progress after each 5 steps of tasks', 'pack: decision-needed, "Send it?"'],
  })
  expect(sections.Limits).toEqual([
    'sub-workflows: 2 deep, 3 of a run at most',
    expect.stringContaining('its result is taken again for 1 h 00 min for the same "box"'),
  ])
})

test('`wonder plan --svg` writes a picture, and tells a file that cannot be written', () => {
  const file = join(project, 'plan.svg')
  const { status, stderr } = wonder('plan', 'hello', '--svg', file)
  const nowhere = wonder('plan', 'hello', '--svg', join(project, 'nowhere', 'plan.svg'))

  expect({ status, stderr }).toEqual({ status: 0, stderr: `\nThe picture is in ${file}\n` })
  expect(wellFormed(readFileSync(file, 'utf8'))).toBe(true)
  expect(nowhere.status).toBe(6)
  expect(nowhere.stderr).toContain('Cannot write the picture')
})

test.each([
  [['plan', 'call', 'days=x'], 'Cannot plan workflow "call": input "days" must be an integer'],
  [['plan', 'call', 'ctiy=Ulm'], 'did you mean "city"?'],
  [['plan', 'hlelo'], 'no workflow "hlelo"'],
  [['plan'], 'missing required argument "workflow"'],
])('%j is told in words and exits 6', (words, message) => {
  const { status, stdout, stderr } = wonder(...words)

  expect({ status, stdout }).toEqual({ status: 6, stdout: '' })
  expect(stderr).toContain(message)
})

test('A graph that is too wide for the terminal is told as a tree, with how to see it', () => {
  const { status, stdout } = spawnSync(bin, ['plan', 'hello'], {
    encoding: 'utf8',
    cwd: project,
    env: { ...process.env, COLUMNS: '20' },
  })

  expect(status).toBe(0)
  expect(stdout).toContain('greetings  (each)\n  greet  (tool)')
  expect(stdout).toContain('wonder plan hello --svg plan.svg')
})

function wonder(...words: readonly string[]) {
  const env = { ...process.env, COLUMNS: '100' }
  return spawnSync(bin, words, { encoding: 'utf8', cwd: project, env })
}
