import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventsOf, testProject, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

const toolFile = (run: string, permissions = '{}') => `
import { tool } from '@wonder/sdk/tool'
let calls = 0
export default tool({
  description: 'A tool.',
  input: { n: 'integer?' },
  output: { value: 'any' },
  permissions: ${permissions},
  run: async ({ n }, context) => { calls += 1; ${run} },
})
`

const single = (fields = '') => `
id: call
tasks:
  - id: it
    tool: it
    with: { n: 1 }
${fields}
outputs: { value: "{{ tasks.it.output.value }}" }
`

type Shown = { run: string; status: string; error: { code: string; message: string }; output: { value: unknown } }

/** Runs a project of one tool and shows the run. */
async function called(run: string, options: { readonly permissions?: string; readonly fields?: string } = {}) {
  await using project = await testProject({
    'workflows/call.yaml': single(options.fields),
    'tools/it.ts': toolFile(run, options.permissions),
  })
  await wonder(project.path, 'run', 'call')
  const shown = await wonderJson<Shown>(project.path, 'runs', 'show', 'last')
  const logs = await wonder(project.path, 'runs', 'logs', 'last')
  const events = await eventsOf(project.path, shown.run)
  return { shown, logs: logs.stdout, attempts: events.filter(({ type }) => type === 'task_dispatched').length }
}

test('a tool that reads what it may not is tool_forbidden, and what it may is read', async () => {
  const forbidden = await called(`return { value: await Deno.readTextFile('/etc/hostname') }`)
  const allowed = await called(`return { value: await Deno.readTextFile('wonder.yaml') }`, {
    permissions: `{ read: ['.'] }`,
  })
  expect(forbidden.shown).toMatchObject({ status: 'failed', error: { code: 'tool_forbidden' } })
  expect(forbidden.shown.error.message).toContain('/etc/hostname')
  expect(allowed.shown).toMatchObject({ status: 'completed', output: { value: 'wonder: 1\nname: test\n' } })
})

test('a tool that ends its process or gives what does not fit its output fails by its own code', async () => {
  const crashed = await called('Deno.exit(3)', { fields: '    retry: { max_attempts: 1 }' })
  const misfit = await called('return { other: 1 } as never')
  expect(crashed.shown).toMatchObject({ status: 'failed', error: { code: 'tool_crashed' } })
  expect(misfit.shown).toMatchObject({ status: 'failed', error: { code: 'tool_invalid_output' } })
})

test('a tool that never yields is ended by its timeout, and its process with it', async () => {
  const hung = await called('for (;;) {}', { fields: '    timeout: 500ms' })
  expect(hung.shown).toMatchObject({ status: 'failed', error: { code: 'task_timeout' } })
})

test('a tool that throws is tried again, and what it printed is in the logs', async () => {
  const { shown, logs, attempts } = await called(
    `console.log('call', calls); context.log.warn('careful'); if (calls < 3) throw new Error('not yet'); return { value: calls }`,
    { fields: '    retry: { max_attempts: 3, initial_delay: 10ms }' },
  )
  expect(shown).toMatchObject({ status: 'completed', output: { value: 3 } })
  expect(attempts).toBe(3)
  expect(logs).toMatch(/call 1[\s\S]*careful[\s\S]*call 2[\s\S]*call 3/)
})

test('a mistake in a tool file is told by validate with file, line and column', async () => {
  await using project = await testProject({
    'workflows/call.yaml': single(),
    'tools/it.ts': `import { tool } from '@wonder/sdk/tool'\n\nexport default tool({ description: 'x', input: {}, output: {}, run: async () => { return { } )\n`,
  })
  const { code, stderr } = await wonder(project.path, 'validate')
  expect(code).toBe(6)
  expect(stderr).toMatch(/tools\/it\.ts:3:\d+ {2}error/)
  expect(stderr).not.toMatch(/^\s+at /m)
})

test('many calls of one tool share a few warm processes', async () => {
  await using project = await testProject({
    'workflows/many.yaml': `
id: many
tasks:
  - id: all
    each: { in: "1..100", as: n, max_workers: 8 }
    do: [{ id: one, tool: it, with: { n: "{{ n }}" } }]
outputs: { pids: "{{ tasks.all.output }}" }
`,
    'tools/it.ts': toolFile('return { value: [n, Deno.pid] }'),
  })

  const { output } = await wonderJson<{ output: { pids: { value: [number, number] }[] } }>(project.path, 'run', 'many')

  expect(output.pids.map(({ value: [n] }) => n)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  expect(new Set(output.pids.map(({ value: [, pid] }) => pid)).size).toBeLessThanOrEqual(8)
})

test('a resumed run goes on with the workflow and the tools that it began with', async () => {
  const answer = (word: string) =>
    toolFile(
      `await Deno.writeTextFile('began', ''); while (!(await Deno.stat('go').then(() => true, () => false))) await new Promise((resolve) => setTimeout(resolve, 20)); return { value: '${word}' }`,
      `{ read: ['.'], write: ['.'] }`,
    )
  await using project = await testProject({ 'workflows/call.yaml': single(), 'tools/it.ts': answer('old') })
  await using command = new WonderCommand(project.path, ['run', 'call'])
  await until('the tool to begin', () => existsSync(join(project.path, 'began')))
  await command.kill()
  await writeFiles(project.path, { 'tools/it.ts': answer('new'), 'workflows/call.yaml': 'id: broken: yaml', go: '' })

  expect(await wonderJson(project.path, 'runs', 'resume', 'last')).toMatchObject({ output: { value: 'old' } })
})
