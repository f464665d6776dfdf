import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seededRandom, testProject, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

/** A deployment that blocks until somebody has put a key there. */
const blocking = {
  'workflows/ship.yaml': `
id: ship
tasks:
  - id: build
    shell: [sh, -c, 'echo build >> notes']
    interrupted: rerun
  - id: deploy
    shell: [sh, -c, 'echo deploy >> notes; test -e key || { echo no key >&2; exit 3; }']
    interrupted: rerun
    on_error: block
  - id: tell
    shell: [sh, -c, 'echo tell >> notes']
    interrupted: rerun
`,
}

test('a task with on_error: block waits for a repair: exit 4, why, and the commands to go on', async () => {
  await using project = await testProject(blocking)

  const blocked = await wonder(project.path, 'run', 'ship')
  const shown = await wonder(project.path, 'runs', 'show', 'last')
  const object = await wonderJson<{ run: string }>(project.path, 'runs', 'show', 'last')
  const { run } = object

  expect(blocked.code, blocked.stderr).toBe(4)
  expect(blocked.stdout).toContain(`wonder runs repair ${run} deploy`)
  expect(shown.stdout).toContain('! ship is blocked')
  expect(shown.stdout).toMatch(/deploy: .*no key/)
  expect(object).toMatchObject({
    status: 'blocked_error',
    blocked: [{ task: 'deploy', error: { code: 'shell_failed' } }],
    next: [
      `wonder runs repair ${run} deploy`,
      `wonder runs repair ${run} deploy --skip`,
      `wonder runs repair ${run} deploy --fail`,
    ],
  })
  expect(await wonderJson(project.path, 'runs', 'list', '--status', 'blocked_error')).toMatchObject({
    runs: [{ id: run }],
  })
})

test('a repair goes on at the blocked task, and nothing before it runs again', async () => {
  await using project = await testProject(blocking)
  await wonder(project.path, 'run', 'ship')
  const again = await wonder(project.path, 'runs', 'repair', 'last')
  const other = await wonder(project.path, 'runs', 'repair', 'last', 'build')
  await writeFiles(project.path, { key: '' })

  const repaired = await wonder(project.path, 'runs', 'repair', 'last', 'deploy')

  expect(again.code).toBe(4)
  expect(other).toMatchObject({ code: 6, stderr: expect.stringContaining('blocked: deploy') })
  expect(repaired.code, repaired.stderr).toBe(0)
  expect(await notes(project.path)).toEqual(['build', 'deploy', 'deploy', 'deploy', 'tell'])
  expect(await wonder(project.path, 'runs', 'repair', 'last')).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('it is completed'),
  })
})

test('--skip goes on without the blocked task, --fail lets it fail, both at once are refused', async () => {
  await using skipped = await testProject(blocking)
  await using failed = await testProject(blocking)
  await wonder(skipped.path, 'run', 'ship')
  await wonder(failed.path, 'run', 'ship')

  expect((await wonder(skipped.path, 'runs', 'repair', 'last', '--skip', '--fail')).code).toBe(6)
  expect((await wonder(skipped.path, 'runs', 'repair', 'last', '--skip')).code).toBe(0)
  expect((await wonder(failed.path, 'runs', 'repair', 'last', '--fail')).code).toBe(1)
  expect(await notes(skipped.path)).toEqual(['build', 'deploy', 'tell'])
  expect(await notes(failed.path)).toEqual(['build', 'deploy'])
})

test('a kill -9 while a run is blocked loses nothing: the process that stays, and the next, know it as blocked', async () => {
  await using project = await testProject(blocking)
  await using start = new WonderCommand(project.path, ['start'])
  await start.untilPrinted('drives the runs')
  const { run } = await wonderJson<{ run: string }>(project.path, 'run', 'ship', '--detach')
  await until('the run to be blocked', async () => (await status(project.path, run)) === 'blocked_error')
  await start.kill()

  await using next = new WonderCommand(project.path, ['start'])
  await next.untilPrinted('drives the runs')
  const between = await status(project.path, run)
  await writeFiles(project.path, { key: '' })
  const repaired = await wonder(project.path, 'runs', 'repair', run)

  expect(between).toBe('blocked_error')
  expect(repaired.code, repaired.stderr).toBe(0)
  expect(await notes(project.path)).toEqual(['build', 'deploy', 'deploy', 'tell'])
})

test('a run that has used up its time says so, and a resume gives it the same again', async () => {
  await using project = await testProject({
    'workflows/slow.yaml': `
id: slow
timeout: 300ms
on_timeout: block
tasks:
  - id: first
    shell: [sh, -c, 'sleep 0.6; echo first >> notes']
    interrupted: rerun
  - id: second
    shell: [sh, -c, 'echo second >> notes']
    interrupted: rerun
`,
  })

  const held = await wonder(project.path, 'run', 'slow')
  const resumed = await wonder(project.path, 'runs', 'resume', 'last')

  expect(held.code, held.stderr).toBe(4)
  expect(held.stdout).toContain('! slow has used up its time')
  expect(held.stdout).toMatch(/Go on, with the same time again: {2}wonder runs resume/)
  expect(resumed.code, resumed.stderr).toBe(0)
  expect(await notes(project.path)).toEqual(['first', 'second'])
})

test('a run that is out of time with on_timeout: fail is timed_out everywhere', async () => {
  await using project = await testProject({
    'workflows/slow.yaml': `
id: slow
timeout: 300ms
on_timeout: fail
tasks:
  - { id: first, shell: [sleep, '60'], interrupted: rerun }
`,
  })

  const run = await wonder(project.path, 'run', 'slow')

  expect(run.code).toBe(1)
  expect(run.stdout).toContain('✗ slow timed out')
  expect(run.stdout).toContain('wonder explain run_timeout')
  expect(await wonderJson(project.path, 'runs', 'list', '--status', 'timed_out')).toMatchObject({
    runs: [{ workflow: 'slow', status: 'timed_out' }],
  })
  expect((await wonder(project.path, 'runs', 'watch', 'last')).code).toBe(1)
})

/** Three bookings and a fourth that fails; each notes its idempotency key with what it does. */
const bookings = ['flight', 'hotel', 'car']
const trip = {
  'workflows/trip.yaml': `
id: trip
tasks:
${bookings
  .map(
    (id) => `
  - id: ${id}
    shell: [sh, -c, 'echo "book ${id} $0" >> notes; printf ${id}-7', "{{ run.attempt_key }}"]
    interrupted: rerun
    compensate:
      - id: cancel_${id}
        shell: [sh, -c, 'echo "begin ${id} $0 $1" >> notes; sleep 0.15; echo "undo ${id} $0 $1" >> notes', "{{ run.attempt_key }}", "{{ tasks.${id}.output.stdout }}"]
        interrupted: rerun
      - id: note_${id}
        shell: [sh, -c, 'echo "note ${id} $0" >> notes', "{{ run.attempt_key }}"]
        interrupted: rerun`,
  )
  .join('')}
  - id: pay
    shell: [sh, -c, 'echo "pay" >> notes; exit 3']
    interrupted: rerun
finally:
  - id: close
    shell: [sh, -c, 'echo "close x $0" >> notes', "{{ run.attempt_key }}"]
    interrupted: rerun
`,
}

test('kill -9 again and again during compensation: each booking is undone, the newest first, and only what was cut off runs twice', async () => {
  const seed = Number(process.env.WONDER_SEED ?? Math.floor(Date.now() % 1_000_000))
  console.log(`seed ${seed} (WONDER_SEED=${seed} repeats it)`)
  const random = seededRandom(seed)
  await using project = await testProject(trip)
  let command = new WonderCommand(project.path, ['run', 'trip'])
  await until('something to be undone', async () =>
    (await notesIfAny(project.path)).some((note) => note.startsWith('begin')),
  )
  let killed = 0
  for (; killed < 8; killed++) {
    const ended = await Promise.race([command.finished, after(50 + random() * 600)])
    if (ended !== null) break
    await command.kill()
    command = new WonderCommand(project.path, ['runs', 'resume', 'last'])
  }
  const end = await command.finished
  const shown = await wonderJson(project.path, 'runs', 'show', 'last')

  // A kill may come when the run has ended and the process has not: then there is nothing to resume.
  expect(end.code === 1 || end.stderr.includes('it is failed'), `${end.stdout}${end.stderr}`).toBe(true)
  expect(shown).toMatchObject({ status: 'failed', error: { code: 'shell_failed', details: { task: 'pay' } } })
  const written = await notes(project.path)
  const order = [
    ...new Set(written.filter((note) => !note.startsWith('begin')).map((note) => note.split(' ', 2).join(' '))),
  ]
  expect(order).toEqual([
    ...bookings.map((id) => `book ${id}`),
    'pay',
    ...bookings.toReversed().flatMap((id) => [`undo ${id}`, `note ${id}`]),
    'close x',
  ])
  const counts = new Map<string, number>()
  for (const note of written) counts.set(note, (counts.get(note) ?? 0) + 1)
  // A step in flight at a kill may run again, with its key; nothing else does.
  const repeated = [...counts]
    .filter(([note]) => !note.startsWith('undo'))
    .reduce((sum, [, count]) => sum + count - 1, 0)
  expect(repeated, JSON.stringify([...counts])).toBeLessThanOrEqual(killed)
  for (const id of bookings) {
    const keys = new Set(written.filter((note) => note.startsWith(`undo ${id} `)))
    expect([...keys], `undoes of ${id}`).toHaveLength(1)
    expect([...keys][0]).toMatch(new RegExp(` ${id}-7$`))
  }
}, 120_000)

async function status(folder: string, run: string): Promise<string> {
  return (await wonderJson<{ status: string }>(folder, 'runs', 'show', run)).status
}

async function notes(folder: string): Promise<readonly string[]> {
  return (await readFile(join(folder, 'notes'), 'utf8')).trim().split('\n')
}

async function notesIfAny(folder: string): Promise<readonly string[]> {
  return await notes(folder).catch(() => [])
}

/** Resolves with null after so many milliseconds: the moments of the kills are what this test draws. */
function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms))
}
