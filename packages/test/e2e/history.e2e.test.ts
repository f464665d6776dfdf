import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { testProject, wonder, wonderJson, writeFiles } from '../src/index.ts'

const flow = (extra = '') => `
id: flow
input: { name: string }
state: { n: { type: integer, default: 1 } }
tasks:
  - { id: a, shell: "echo a >> ran" }
  - { id: b, shell: "echo b >> ran; test -e good" }
  - { id: c, shell: "echo c >> ran; echo {{ state.n }} {{ input.name }}" }
${extra}
outputs: { said: "{{= tasks.c.output.stdout.trim() }}" }
`
const files = {
  'workflows/flow.yaml': flow(),
  'workflows/ask.yaml': `
id: ask
tasks:
  - { id: first, shell: "echo first >> ran" }
  - { id: door, ask: "May it go on?" }
`,
}

/** A project with one failed run, and its id. */
async function failedRun() {
  const project = await testProject(files)
  const { run } = (await wonderJson(project.path, 'run', 'flow', 'name=bob')) as { run: string }
  const ran = () => readFileSync(join(project.path, 'ran'), 'utf8').split('\n').filter(Boolean).join('')
  return { project, run, ran }
}

test('a failed run is retried where it failed, forked with other values, seen as it was, and verified', async () => {
  const { project, run, ran } = await failedRun()
  await using _ = project
  await writeFiles(project.path, { good: '' })

  const retried = await wonderJson(project.path, 'runs', 'retry', run)
  expect(retried).toMatchObject({ status: 'completed', output: { said: '1 bob' }, forked_from: { run } })
  expect(ran()).toBe('abbc')

  const forked = await wonderJson(
    project.path,
    'runs',
    'fork',
    run,
    '--at',
    '2',
    '--set',
    'state.n=7',
    '--set',
    'input.name=eve',
  )
  expect(forked).toMatchObject({ status: 'completed', output: { said: '7 eve' } })

  const shown = await wonderJson(project.path, 'runs', 'show', run, '--at', '2')
  expect(shown).toMatchObject({ record: 2, status: 'running', state: { n: 1 }, input: { name: 'bob' } })
  const verified = await wonder(project.path, 'runs', 'replay', run, '--verify')
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('all as it was written')])
})

test('a fork follows the present files only when it is told so, and is refused where they lack what it needs', async () => {
  const { project, run } = await failedRun()
  await using _ = project
  await writeFiles(project.path, { good: '', 'workflows/flow.yaml': flow('  - { id: d, shell: "echo d >> ran" }') })

  const own = await wonderJson(project.path, 'runs', 'fork', run, '--at', '2')
  const fresh = await wonderJson(project.path, 'runs', 'fork', run, '--at', '2', '--definition', 'new')
  const tasks = async (id: unknown) =>
    ((await wonderJson(project.path, 'runs', 'show', String(id))) as { tasks: { id: string }[] }).tasks.map(
      ({ id }) => id,
    )

  expect(await tasks((own as { run: string }).run)).toEqual(['a', 'b', 'c'])
  expect(await tasks((fresh as { run: string }).run)).toEqual(['a', 'b', 'c', 'd'])
  await writeFiles(project.path, {
    'workflows/flow.yaml': 'id: flow\ninput: { name: string }\ntasks: [{ id: x, collect: { y: 1 } }]\n',
  })
  const refused = await wonder(project.path, 'runs', 'fork', run, '--at', '2', '--definition', 'new')
  expect(refused.code).toBe(6)
  expect(refused.stderr).toContain('it has no task "a", where the run stands')
})

test('a run that waits moves to the present files; one that has ended does not', async () => {
  await using project = await testProject(files)
  const { run } = (await wonderJson(project.path, 'run', 'ask')) as { run: string }
  await writeFiles(project.path, {
    'workflows/ask.yaml': `${files['workflows/ask.yaml']}  - { id: after, shell: "echo after >> ran" }\n`,
  })

  const moved = await wonderJson(project.path, 'runs', 'migrate', run)
  expect(moved).toMatchObject({ run, status: 'blocked_decision' })
  expect((await wonder(project.path, 'runs', 'replay', run, '--verify')).code).toBe(0)
  const { tasks } = (await wonderJson(project.path, 'runs', 'show', run)) as { tasks: { id: string }[] }
  expect(tasks.map(({ id }) => id)).toEqual(['first', 'door', 'after'])
  await wonder(project.path, 'runs', 'cancel', run)
  const again = await wonder(project.path, 'runs', 'migrate', run)
  expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('it is cancelled')])
})

const refusals: readonly (readonly [words: readonly string[], code: number, text: string])[] = [
  [['runs', 'show', 'RUN', '--at', '99'], 6, 'its last record is 5'],
  [['runs', 'fork', 'RUN', '--at', '99'], 6, 'its last record is 5'],
  [['runs', 'fork', 'RUN', '--at', '5'], 6, 'choose an earlier record'],
  [['runs', 'fork', 'RUN'], 6, '--at says at which record'],
  [['runs', 'fork', 'RUN', '--at', 'x'], 6, 'expected the number of a record'],
  [['runs', 'fork', 'RUN', '--at', '2', '--set', 'n=1'], 6, 'expected state.NAME=value'],
  [['runs', 'fork', 'RUN', '--at', '2', '--set', 'state.n=no'], 6, '/state/n'],
  [['runs', 'fork', 'RUN', '--at', '2', '--definition', 'old'], 6, 'it is new or own'],
  [['runs', 'fork', 'nothing', '--at', '2'], 6, 'There is no run "nothing"'],
  [['runs', 'retry', 'nothing'], 6, 'There is no run "nothing"'],
  [['runs', 'retry'], 6, 'name runs, or say --failed'],
  [['runs', 'migrate', 'RUN'], 6, 'it is failed'],
  [['runs', 'replay', 'nothing', '--verify'], 6, 'There is no run "nothing"'],
  [['runs', 'prune'], 6, 'say how old or how many'],
  [['runs', 'prune', '--keep', 'x'], 6, '--keep is a number'],
  [['runs', 'prune', '--keep', '0', '--status', 'running'], 6, 'only runs that have ended'],
  [['runs', 'prune', '--keep', '0'], 8, 'nothing was'],
]

test('what cannot be done is refused with its exit code, says what would be right, and changes nothing', async () => {
  const { project, run } = await failedRun()
  await using _ = project

  for (const [words, code, text] of refusals) {
    const answer = await wonder(project.path, ...words.map((word) => (word === 'RUN' ? run : word)))
    expect.soft(answer.stderr, words.join(' ')).toContain(text)
    expect.soft(answer.code, words.join(' ')).toBe(code)
  }
  expect(((await wonderJson(project.path, 'runs', 'list')) as { runs: unknown[] }).runs).toHaveLength(1)
})

test('failed runs are retried together, and removed together', async () => {
  const { project } = await failedRun()
  await using _ = project
  await wonder(project.path, 'run', 'flow', 'name=two')
  await writeFiles(project.path, { good: '' })

  const many = (await wonderJson(project.path, 'runs', 'retry', '--failed', '--since', '1h')) as {
    retried: { status: string }[]
  }
  expect(many.retried.map(({ status }) => status)).toEqual(['completed', 'completed'])

  expect(await wonderJson(project.path, 'runs', 'prune', '--keep', '0', '--status', 'failed', '--yes')).toMatchObject({
    removed: 2,
  })
  const left = (await wonderJson(project.path, 'runs', 'list')) as { runs: { status: string }[] }
  expect(left.runs.map(({ status }) => status)).toEqual(['completed', 'completed'])
})

test('an unknown event or a torn record stops that run alone and says what to do; the others go on', async () => {
  await using project = await testProject(files)
  const begin = async () => ((await wonderJson(project.path, 'run', 'ask')) as { run: string }).run
  const [unknown, torn, whole] = [await begin(), await begin(), await begin()]
  const database = new DatabaseSync(join(project.path, '.wonder', 'wonder.db'))
  const change = database.prepare(
    'UPDATE journal SET body = replace(body, ?, ?) WHERE entity = (SELECT id FROM entity WHERE key = ?)',
  )
  change.run('"task_completed"', '"task_perfected"', unknown)
  change.run('"e":[', '"e":{', torn)
  database.close()

  for (const run of [unknown, torn]) {
    const resumed = await wonder(project.path, 'runs', 'resume', run)
    expect([resumed.code, resumed.stderr]).toEqual([1, expect.stringContaining(`of run "${run}"`)])
    expect(resumed.stderr).toContain('wonder explain store_corrupt')
    const verified = await wonder(project.path, 'runs', 'replay', run, '--verify')
    expect([verified.code, verified.stdout]).toEqual([2, expect.stringMatching(/ecord \d of run/)])
  }
  expect((await wonder(project.path, 'runs', 'cancel', whole)).code).toBe(0)
  const started = await wonder(project.path, 'start', '--idle-exit', '1s')
  expect(started.code).toBe(0)
  expect(await wonderJson(project.path, 'run', 'flow', 'name=x')).toMatchObject({ status: 'failed' })
})
