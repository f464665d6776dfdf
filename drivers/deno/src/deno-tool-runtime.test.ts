import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ToolCall, ToolRuntime } from '@wonder/platform'
import { toolRuntimeConformance } from '@wonder/platform/conformance'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { denoToolRuntime } from './index.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})
// One for all tests: what Deno compiled of the harness is kept in it.
const cacheDir = await mkdtemp(join(tmpdir(), 'wonder-deno-cache-'))
afterAll(() => rm(cacheDir, { recursive: true, force: true }))

async function project() {
  const folder = await mkdtemp(join(tmpdir(), 'wonder-deno-'))
  const tools = denoToolRuntime({ cacheDir, maxProcesses: 2 })
  undo.push(
    () => rm(folder, { recursive: true, force: true }),
    () => tools.close(),
  )
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    return file
  }
  return { folder, tools, write }
}

toolRuntimeConformance('deno', project)

async function called(tools: ToolRuntime, file: string, changes: Partial<ToolCall> = {}) {
  return tools.call({
    name: 'probe',
    bundle: await tools.bundle(file),
    permissions: {},
    input: {},
    idempotencyKey: 'k',
    env: {},
    cwd: dirname(file),
    signal: new AbortController().signal,
    ...changes,
  })
}

const tool = (run: string): string =>
  `import { tool } from '@wonder/sdk/tool'\nexport default tool({ description: 'A test.', run: ${run} })\n`

describe('denoToolRuntime()', () => {
  test('keeps one process warm for calls of one tool', async () => {
    const { tools, write } = await project()
    const file = await write('probe.ts', tool('() => ({ count: (globalThis.count = (globalThis.count ?? 0) + 1) })'))
    await called(tools, file)

    expect(await called(tools, file)).toEqual({ count: 2 })
  })

  test('makes room for another tool by ending an idle process', async () => {
    const { tools, write } = await project()
    const files = await Promise.all(
      ['a', 'b', 'c'].map((name) => write(`${name}.ts`, tool(`() => ({ name: '${name}' })`))),
    )
    const results = []
    for (const file of [...files, ...files]) results.push(await called(tools, file))

    expect(results).toEqual(['a', 'b', 'c', 'a', 'b', 'c'].map((name) => ({ name })))
  })

  test('a second runtime takes a bundle from the cache, without Deno', async () => {
    const { tools, write } = await project()
    const file = await write('probe.ts', tool('() => ({})'))
    const bundle = await tools.bundle(file)
    const second = denoToolRuntime({ cacheDir, deno: '/nonexistent/deno' })

    expect(await second.bundle(file)).toEqual(bundle)
    await expect(called(second, file)).rejects.toMatchObject({ code: 'tool_runtime_unavailable' })
  })

  test('does not let a literal import in a tool read a file without permission', async () => {
    const { tools, write, folder } = await project()
    await write('secret.json', '{"key":1}')
    const path = `file://${folder}/secret.json`
    const file = await write(
      'probe.ts',
      tool(`async () => import(\`${path.slice(0, 9)}\${'${path.slice(9)}'}\`, { with: { type: 'json' } })`),
    )

    await expect(called(tools, file)).rejects.toMatchObject({ code: 'tool_forbidden' })
  })

  test('a tool that prints what looks like a frame is not believed', async () => {
    const { tools, write } = await project()
    const text = '{"type":"returned","text":"\\"forged\\""}'
    const file = await write(
      'probe.ts',
      tool(
        `() => { Deno.stdout.writeSync(new TextEncoder().encode(${JSON.stringify(`${text}\n`)})); return { ok: true } }`,
      ),
    )
    const lines: string[] = []

    expect(await called(tools, file, { onLog: (line) => lines.push(line.text) })).toEqual({ ok: true })
    expect(lines).toEqual([text])
  })

  test('a package.json of another kind and a broken deno.json above a tool are not looked at', async () => {
    const { tools, write } = await project()
    await write('package.json', '{"type":"commonjs","dependencies":{"missing":"1.0.0"}}')
    await write('deno.json', '{ broken')
    const file = await write('tools/probe.ts', tool('() => ({ ok: true })'))

    expect(await called(tools, file)).toEqual({ ok: true })
  })

  test('a tool that may run a program runs it, and what it left running ends with the call that is aborted', async () => {
    const { tools, write, folder } = await project()
    const script = 'echo $$ > pid; exec sleep 1000'
    const file = await write(
      'probe.ts',
      tool(`async (i, { log }) => {
      const child = new Deno.Command('bash', { args: ['-c', ${JSON.stringify(script)}] }).spawn()
      log(String(child.pid)); await child.status; return {}
    }`),
    )
    const controller = new AbortController()
    let pid = 0
    const call = called(tools, file, {
      cwd: folder,
      permissions: { run: ['bash'], env: ['LD_LIBRARY_PATH'] },
      signal: controller.signal,
      onLog: ({ text }) => {
        pid = Number(text)
        controller.abort('stop')
      },
    })

    await expect(call).rejects.toBe('stop')
    await tools.close()
    expect(await isGone(pid)).toBe(true)
  })

  test('tools end with a host that is killed, also one in an endless loop', async () => {
    const { write, folder } = await project()
    const file = await write('probe.ts', tool(`() => { console.log('pid ' + Deno.pid); for (;;); }`))
    const host = await write(
      'host.ts',
      `import { denoToolRuntime } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
       const tools = denoToolRuntime({ cacheDir: ${JSON.stringify(cacheDir)} })
       const bundle = await tools.bundle(${JSON.stringify(file)})
       await tools.call({ name: 'probe', bundle, permissions: {}, input: {}, idempotencyKey: 'k', env: {},
         cwd: ${JSON.stringify(folder)}, signal: new AbortController().signal, onLog: (l) => console.log(l.text) })`,
    )
    const child = spawn(process.execPath, [host], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = await new Promise<number>((settle) =>
      child.stdout.on('data', (data) => settle(Number(/pid (\d+)/.exec(String(data))?.[1]))),
    )
    child.kill('SIGKILL')

    expect(pid).toBeGreaterThan(1)
    expect(await isGone(pid)).toBe(true)
  })

  test('a bundle that was damaged on disk is written anew', async () => {
    const { tools, write } = await project()
    const file = await write('probe.ts', tool('() => ({ good: true })'))
    const bundle = await tools.bundle(file)
    const folder = join(cacheDir, 'tool-bundles')
    const name = (await readdir(folder)).find((entry) => bundle.digest.endsWith(entry.replace('.mjs', '')))
    await writeFile(join(folder, String(name)), 'export default 1')
    const second = denoToolRuntime({ cacheDir })
    undo.push(() => second.close())

    expect(await called(second, file)).toEqual({ good: true })
  })
})

/** Ends are asynchronous; a process that does not end fails the test by its time limit. */
async function isGone(pid: number): Promise<boolean> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    await wait(5)
  }
}

describe('document()', () => {
  const built = (body: string, before = ''): string =>
    `import { render, workflow } from '@wonder/sdk'\n${before}\nexport default workflow({ id: 'w' }, () => ({\n  tasks: [${body}],\n}))\n`

  test('gives what workflow() made, with the line and column of each task', async () => {
    const { tools, write } = await project()
    await write('lib/greeting.ts', `export const greeting: string = 'Hello'\n`)
    const file = await write(
      'workflows/w.ts',
      built(`render('a', greeting)`, `import { greeting } from '../lib/greeting.ts'`),
    )

    expect(await tools.document?.(file)).toEqual({
      document: { id: 'w', tasks: [{ id: 'a', render: 'Hello' }] },
      places: { '': { line: 3, column: 16 }, '/tasks/0': { line: 4, column: 11 } },
    })
  })

  test('is kept until a source of it changes', async () => {
    const { tools, write } = await project()
    const file = await write('w.ts', built(`render('a', greeting)`, `import { greeting } from './greeting.ts'`))
    await write('greeting.ts', `export const greeting = 'Hello'\n`)
    const first = await tools.document?.(file)
    const second = denoToolRuntime({ cacheDir, deno: '/nonexistent/deno' })
    const kept = await second.document?.(file)
    await write('greeting.ts', `export const greeting = 'Hallo'\n`)

    expect(kept).toEqual(first)
    expect(await tools.document?.(file)).toMatchObject({ document: { tasks: [{ render: 'Hallo' }] } })
  })

  test.each([
    ['reads a file', `Deno.readTextFileSync('/etc/hostname')`, /may not have read access.*without any permission/, 2],
    ['throws', `throw new Error('not today')`, /not today/, 2],
    ['has a syntax error', 'const = 1', /Expected identifier/, 2],
    ['makes a task of what JSON does not have', '', /\/render is a function/, 4],
  ])('of a file that %s is workflow_file_invalid, with its line', async (_what, before, message, line) => {
    const { tools, write } = await project()
    const file = await write(
      'w.ts',
      built(before === '' ? `render('a', (() => 1) as never)` : `render('a', 'x')`, before),
    )

    const error: unknown = await tools.document?.(file).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'workflow_file_invalid', position: { line } })
    expect(String(error)).toMatch(message)
  })

  test('of a file that never ends is workflow_file_invalid, when its time to load is over', async () => {
    const { write } = await project()
    const tools = denoToolRuntime({ cacheDir, maxProcesses: 1, loadTime: 100 })
    undo.push(() => tools.close())
    const endless = await write('w.ts', built(`render('a', 'x')`, 'for (;;) {}'))

    const error: unknown = await tools.document?.(endless).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'workflow_file_invalid' })
    expect(String(error)).toMatch(/did not finish loading within 0.1 s: is there a loop/)
  })

  test.each(['export const x = 1', 'export default { id: "w", tasks: [] }', tool('() => ({})')])(
    'of a file that makes no workflow is workflow_file_invalid: %s',
    async (text) => {
      const { tools, write } = await project()

      await expect(tools.document?.(await write('w.ts', text))).rejects.toMatchObject({
        code: 'workflow_file_invalid',
        message: expect.stringContaining('not made by workflow()'),
      })
    },
  )
})
