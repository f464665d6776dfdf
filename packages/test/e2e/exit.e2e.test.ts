import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testProject, writeFiles } from '../src/index.ts'

const project = {
  'workflows/all.yaml': `
id: all
tasks:
  - { id: text, render: hello }
  - { id: command, shell: [echo, hello], interrupted: rerun }
  - { id: tool, tool: shout, with: { text: hello } }
  - { id: pause, sleep: 20ms }
  - { id: other, workflow: small }
  - { id: heard, wait: word, timeout: 1h, if: "false" }
  - { id: patient, shell: [echo, hello], timeout: 1h, retry: { max_attempts: 3 }, interrupted: rerun }
`,
  'workflows/small.yaml': 'id: small\ntasks: [{ id: one, render: small }]\n',
  'tools/shout.ts': `
import { tool } from '@wonder/sdk/tool'
export default tool({
  description: 'Shouts.', input: { text: 'string' }, output: { text: 'string' },
  run: ({ text }) => ({ text: text.toUpperCase() }),
})
`,
}

const commandLine = join(import.meta.dirname, '..', '..', '..', 'cli', 'src', 'command-line.ts')

/**
 * The command in a process that looks at itself where main.ts would leave off: what then still holds the event loop is
 * what the exit would wait for. Handles that are being closed get their turns first.
 */
const observer = `
import { writeFileSync } from 'node:fs'
import { runCommandLine } from ${JSON.stringify(commandLine)}

const [file, ...words] = process.argv.slice(2)
const code = await runCommandLine(words)
for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
writeFileSync(file, JSON.stringify({ code, held: process.getActiveResourcesInfo() }))
process.exitCode = code
`

test.each([
  ['run', ['run', 'all'], 0],
  ['a run that waits for a person', ['run', 'asks'], 4],
  ['a look at the runs', ['runs', 'list'], 0],
] as const)(
  '`wonder`: %s leaves no timer, process, thread or socket that the exit would wait for',
  async (_, words, exit) => {
    await using folder = await testProject(project)
    const { path } = folder
    await writeFiles(path, {
      'observer.mjs': observer,
      'workflows/asks.yaml': 'id: asks\ntasks: [{ id: q, ask: Go? }]\n',
    })
    const file = join(path, 'held.json')

    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(path, 'observer.mjs'), file, ...words],
      { cwd: path },
    )
    await once(child.stdout.resume(), 'end')

    // The pipes of the test itself are open as long as the process is.
    const told = JSON.parse(await readFile(file, 'utf8')) as { code: number; held: readonly string[] }
    expect({ ...told, held: told.held.filter((name) => name !== 'PipeWrap') }).toEqual({ code: exit, held: [] })
  },
)
