import { existsSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newestRun, Terminal, testProject, until, wonder, writeFiles } from '../src/index.ts'

const bin = join(import.meta.dirname, '..', '..', '..', 'cli', 'bin', 'wonder')

const files = {
  'workflows/gated.yaml': `
id: gated
input: { who: string }
tasks:
  - id: all
    each: { in: "1..12", as: n, max_workers: 2 }
    do:
      - id: one
        shell: [sh, -c, '[ "$0" -le 3 ] && exit; touch began; while [ ! -e go ]; do [ -e began ] || exit; sleep 0.02; done', "{{ n }}"]
        interrupted: rerun
  - id: last
    shell: [echo, "bye {{ input.who }}"]
    interrupted: rerun
outputs: { said: "{{ tasks.last.output.stdout }}" }
`,
}

type Opened = { readonly path: string; readonly terminal: Terminal }

/** A project with a terminal in it. Both end with the test, even when it takes too long and is given up. */
async function open(): Promise<Opened> {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const project = stack.use(await testProject(files))
  await symlink(bin, join(project.path, 'wonder'))
  const terminal = stack.use(await Terminal.open(project.path))
  return { path: project.path, terminal }
}

test('at a terminal the tree is drawn live, with done and total, and its last state stays', async () => {
  const it = await open()
  await it.terminal.enter('./wonder run gated who=Ada; echo "exit $?"')

  const live = await it.terminal.untilShown(/all .*3\/12/)
  await writeFiles(it.path, { go: '' })
  const end = await it.terminal.untilShown('exit 0')

  expect(live).not.toContain('gated completed')
  expect(end).toMatch(/✓ all\s+12\/12/)
  expect(end).toMatch(/✓ last/)
  expect(end).toContain('gated completed')
  expect(end).toContain('bye Ada')
  expect(end.match(/all\s+\d+\/12/g)).toHaveLength(1)
})

test('Ctrl-C pauses after what is in flight and says how to go on; resume finishes the run', async () => {
  const it = await open()
  await it.terminal.enter('./wonder run gated who=Ada; echo "exit $?"')
  await it.terminal.untilShown(/all .*3\/12/)

  await it.terminal.press('C-c')
  await it.terminal.untilShown('Pausing after what is in flight')
  await writeFiles(it.path, { go: '' })
  const paused = await it.terminal.untilShown('exit 130')
  const run = await newestRun(it.path)
  await it.terminal.enter('clear; ./wonder runs resume last; echo "exit $?"')
  const resumed = await it.terminal.untilShown('exit 0')

  expect(paused).toContain(`wonder runs resume ${run}`)
  expect(paused).not.toContain('12/12')
  expect(resumed).toMatch(/✓ all\s+12\/12/)
  expect(resumed).toContain('gated completed')
})

test('a second Ctrl-C stops at once, ends what is in flight, and the run can be resumed', async () => {
  const it = await open()
  await it.terminal.enter('./wonder run gated who=Ada; echo "exit $?"')
  await until('a task that waits', () => existsSync(join(it.path, 'began')))
  await it.terminal.untilShown(/all .*3\/12/)

  await it.terminal.press('C-c')
  await it.terminal.untilShown('Pausing after what is in flight')
  await it.terminal.press('C-c')
  const stopped = await it.terminal.untilShown('exit 130')
  await writeFiles(it.path, { go: '' })
  const resumed = await wonder(it.path, 'runs', 'resume', 'last')

  expect(stopped).toContain('Stopped at once')
  expect(resumed.code, resumed.stderr).toBe(0)
})

test('at a terminal a missing input is asked for', async () => {
  const it = await open()
  await writeFiles(it.path, { go: '' })
  await it.terminal.enter('./wonder run gated; echo "exit $?"')

  await it.terminal.untilShown('who (string)')
  await it.terminal.enter('Grace')
  const end = await it.terminal.untilShown('exit 0')

  expect(end).toContain('bye Grace')
})
