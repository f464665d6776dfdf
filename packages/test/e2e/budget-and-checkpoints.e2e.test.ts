import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testProject, wonder, wonderJson } from '../src/index.ts'

const files = {
  'workflows/review.yaml': `
id: review
budget: { steps: 2, wall_time: 1h, warn_at: 0.5 }
tasks:
  - { id: one, shell: [sh, -c, 'echo one >> notes'], budget: { steps: 1 } }
  - { id: two, shell: [sh, -c, 'echo two >> notes'], budget: { steps: 1 } }
  - { id: three, shell: [sh, -c, 'echo three >> notes'], budget: { steps: 1 } }
outputs: { done: true }
`,
  'workflows/deploy.yaml': `
id: deploy
description: Builds and deploys.
checkpoints: { on: [plan, completed], every_steps: 1 }
tasks:
  - { id: build, render: "app-7", save: app.txt, checkpoint: { type: progress, summary: "Built {{ tasks.build.output.text }}" } }
  - id: check
    shell: [echo, checked]
    interrupted: rerun
    checkpoint:
      type: decision-needed
      summary: Deploy to production?
      required_action: { kind: approve, instructions: Look at the numbers first. }
      reasons: [irreversible]
  - { id: ship, render: shipped }
`,
}

type Checkpoint = { readonly id: string; readonly type: string; readonly summary: string }

test('`wonder runs budget` shows what is used of each limit; raised, the run goes on where it stopped', async () => {
  await using project = await testProject(files)
  const { path } = project

  const blocked = await wonder(path, 'run', 'review')
  const shown = await wonder(path, 'runs', 'budget', 'last')
  const object = await wonderJson(path, 'runs', 'budget', 'last')
  const less = await wonder(path, 'runs', 'budget', 'last', '--steps', '1')
  const wrong = await wonder(path, 'runs', 'budget', 'last', '--steps', 'many')
  const raised = await wonder(path, 'runs', 'budget', 'last', '--steps', '3')
  const after = await wonderJson(path, 'runs', 'budget', 'last')

  expect(blocked.code, blocked.stderr).toBe(4)
  expect(shown.stdout).toMatch(/^review {2}\w{26} {2}blocked_budget\n/)
  expect(shown.stdout).toMatch(/^steps +2 {2}of 2 {2}\(1 task waits\)$/m)
  expect(shown.stdout).toMatch(/^tokens +0 {2}no limit$/m)
  expect(object).toMatchObject({
    workflow: 'review',
    status: 'blocked_budget',
    budget: { steps: { used: 2, reserved: 0, limit: 2, waiting: 1 }, wall_time: { limit: 3_600_000 } },
  })
  expect([less.code, less.stderr]).toEqual([6, expect.stringContaining('2')])
  expect([wrong.code, wrong.stderr]).toEqual([6, expect.stringContaining('--steps takes a number from 0')])
  expect(raised.code, raised.stderr).toBe(0)
  expect(after).toMatchObject({ status: 'completed', budget: { steps: { used: 3, limit: 3, waiting: 0 } } })
  expect(await readFile(join(path, 'notes'), 'utf8')).toBe('one\ntwo\nthree\n')
})

test('`wonder runs checkpoints` lists what a run told of itself, and shows one whole', async () => {
  await using project = await testProject(files)
  const { path } = project

  const asked = await wonder(path, 'run', 'deploy')
  const { checkpoints } = await wonderJson<{ checkpoints: readonly Checkpoint[] }>(path, 'runs', 'checkpoints', 'last')
  const decision = checkpoints.find(({ type }) => type === 'decision-needed')
  const one = await wonder(path, 'runs', 'checkpoints', 'last', '--id', decision?.id ?? '')
  const none = await wonder(path, 'runs', 'checkpoints', 'last', '--id', '99.9')
  const approved = await wonder(path, 'runs', 'approve', 'last')
  const lines = await wonder(path, 'runs', 'checkpoints', 'last')

  expect(asked.code, asked.stderr).toBe(4)
  expect(checkpoints[0]).toMatchObject({ type: 'plan', summary: 'Builds and deploys.' })
  expect(checkpoints).toContainEqual(
    expect.objectContaining({ type: 'progress', summary: 'Built app-7', task: 'build' }),
  )
  expect(decision).toMatchObject({
    summary: 'Deploy to production?',
    required_action: { kind: 'approve', instructions: 'Look at the numbers first.' },
    reason_codes: ['irreversible'],
  })
  expect(one.stdout).toMatch(/^decision-needed {2}\d+\.\d+ {2}\d{4}-/)
  expect(one.stdout).toContain('approve: Look at the numbers first.')
  expect([none.code, none.stderr]).toEqual([6, expect.stringContaining(`it has: ${checkpoints[0]?.id}, `)])
  expect(approved.code, approved.stderr).toBe(0)
  expect(lines.stdout.trim().split('\n').at(-1)).toMatch(/^\d+\.\d+ +completed +just now +/)
})
