import { describe, expect, test } from 'vitest'
import type { ToolCall, ToolRuntime } from '../src/tool-runtime.ts'

export type ToolRuntimeHarness = {
  readonly tools: ToolRuntime
  /** Writes a file into an empty folder without package.json above it; its absolute path. */
  readonly write: (name: string, text: string) => Promise<string>
  /** That folder; absolute. */
  readonly folder: string
}

/** The guarantees of ToolRuntime, for one that runs files with Deno's interfaces. */
export function toolRuntimeConformance(driver: string, make: () => Promise<ToolRuntimeHarness>): void {
  const source = (run: string, more = ''): string =>
    `import { tool } from '@wonder/sdk/tool'\nexport default tool({ description: 'A test.', ${more} run: ${run} })\n`

  /** A caller of the tool whose `run` is given. */
  const toolOf = async (run: string, more = '') => {
    const made = await make()
    const bundle = await made.tools.bundle(await made.write('probe.ts', source(run, more)))
    const call = (input: ToolCall['input'], changes: Partial<ToolCall> = {}) =>
      made.tools.call({
        name: 'probe',
        bundle,
        permissions: {},
        input,
        idempotencyKey: 'run/token/1',
        env: {},
        cwd: made.folder,
        signal: new AbortController().signal,
        ...changes,
      })
    return { ...made, bundle, call }
  }

  describe(`ToolRuntime of ${driver}`, () => {
    test('bundle() describes a tool, local imports and all', async () => {
      const { tools, write } = await make()
      await write('shared.ts', `export const unit: string = 'bytes'`)
      const file = await write(
        'probe.ts',
        `import { tool } from '@wonder/sdk/tool'
         import { unit } from './shared.ts'
         export default tool({
           description: 'Size in ' + unit,
           input: { path: 'path', kind: { type: 'string', enum: ['a', 'b'] } },
           output: { $schema: { type: 'object' } },
           permissions: { read: ['{{ input.path }}'] },
           run: () => ({}),
         })`,
      )

      expect((await tools.bundle(file)).description).toEqual({
        description: 'Size in bytes',
        input: { path: 'path', kind: { type: 'string', enum: ['a', 'b'] } },
        output: { $schema: { type: 'object' } },
        permissions: { read: ['{{ input.path }}'] },
      })
    })

    test('bundle() gives the same digest for the same files and another when an import changed', async () => {
      const { tools, write } = await make()
      const file = await write('probe.ts', `import { v } from './v.ts'\n${source('() => ({ v })')}`)
      await write('v.ts', 'export const v = 1')
      const first = await tools.bundle(file)
      const again = await tools.bundle(file)
      await write('v.ts', 'export const v = 2')
      const changed = await tools.bundle(file)

      expect(again).toEqual(first)
      expect(changed.digest).not.toBe(first.digest)
    })

    test('call() hands in input and idempotency key and gives the output', async () => {
      const { call } = await toolOf('async (input, { idempotencyKey }) => ({ input, idempotencyKey })')

      expect(await call({ text: 'Grüße\n"', list: [1, null] })).toEqual({
        input: { text: 'Grüße\n"', list: [1, null] },
        idempotencyKey: 'run/token/1',
      })
    })

    test('call() serves many calls at a time, each with its own result', async () => {
      const { call } = await toolOf('async ({ n }) => { await new Promise((s) => setTimeout(s, n % 3)); return { n } }')
      const results = await Promise.all(Array.from({ length: 40 }, (_, n) => call({ n })))

      expect(results).toEqual(Array.from({ length: 40 }, (_, n) => ({ n })))
    })

    test('call() hands on log, console and stray text as lines', async () => {
      const { call } = await toolOf(`(input, { log }) => {
        log('one', { a: 1 }); log.warn('two'); console.error('three'); console.debug('four')
        Deno.stdout.writeSync(new TextEncoder().encode('five\\n')); return {}
      }`)
      const lines: string[] = []
      await call({}, { onLog: ({ level, text }) => lines.push(`${level} ${text}`) })

      expect(lines).toEqual(['info one { a: 1 }', 'warn two', 'error three', 'debug four', 'info five'])
    })

    const forbidden: { readonly [access: string]: string } = {
      read: `() => Deno.readTextFile('/etc/passwd')`,
      write: `() => Deno.writeTextFile('/tmp/wonder-forbidden', '')`,
      net: `async () => { await fetch('http://127.0.0.1:3999/'); return {} }`,
      env: `() => Deno.env.get('HOME')`,
      run: `() => new Deno.Command('id').outputSync()`,
      'read by node': `async () => (await import('node:fs')).readFileSync('/etc/passwd')`,
      'read by import': `async () => import(['file:', '///etc/hostname'].join(''), { with: { type: 'text' } })`,
      'run by node': `async () => (await import('node:child_process')).execFileSync('/usr/bin/id')`,
      ffi: `() => Deno.dlopen('/lib/x86_64-linux-gnu/libc.so.6', {})`,
      sys: `() => Deno.hostname()`,
      'the host': `() => Deno.kill(Deno.ppid, 'SIGTERM')`,
    }
    for (const [access, run] of Object.entries(forbidden)) {
      test(`G1 without permissions ${access} is tool_forbidden`, async () => {
        const { call } = await toolOf(run)

        await expect(call({})).rejects.toMatchObject({
          code: 'tool_forbidden',
          message: expect.stringContaining('"probe"'),
        })
      })
    }

    test('G1 tool_forbidden names the access and the permission to add', async () => {
      const { call } = await toolOf(`() => Deno.readTextFile('/etc/passwd')`)

      await expect(call({})).rejects.toMatchObject({
        message: expect.stringMatching(/read access to "\/etc\/passwd".*permissions: \{ read: \['\/etc\/passwd'\] \}/),
      })
    })

    test('G1 a remote module cannot be imported', async () => {
      const { call } = await toolOf(`async ({ from }) => { await import(from); return {} }`)

      for (const from of ['https://esm.sh/ms', 'npm:ms', 'jsr:@std/path']) {
        await expect(call({ from })).rejects.toMatchObject({ code: 'tool_failed' })
      }
    })

    test('G1 a listed folder can be read, its neighbour cannot, and no link can be made to it', async () => {
      const { call, write, folder } = await toolOf(`async ({ path, link }) => {
        if (link) await Deno.symlink(path, link)
        return { text: await Deno.readTextFile(link ?? path) }
      }`)
      await write('open/b.txt', 'read')
      await write('closed/b.txt', 'secret')
      const permissions = { read: ['open'] }

      expect(await call({ path: `${folder}/open/b.txt` }, { permissions })).toEqual({ text: 'read' })
      for (const path of [`${folder}/closed/b.txt`, `${folder}/open/../closed/b.txt`, '/proc/self/environ']) {
        await expect(call({ path }, { permissions })).rejects.toMatchObject({ code: 'tool_forbidden' })
      }
      const linked = { path: '/etc/passwd', link: `${folder}/open/link` }
      await expect(call(linked, { permissions: { read: ['open'], write: ['open'] } })).rejects.toMatchObject({
        code: 'tool_forbidden',
      })
    })

    test('G1 an entry that is empty allows nothing', async () => {
      const { call } = await toolOf(`() => Deno.readTextFile('/etc/passwd')`)

      for (const kind of ['read', 'write', 'net', 'env', 'run']) {
        await expect(call({}, { permissions: { [kind]: [''] } })).rejects.toMatchObject({ code: 'tool_forbidden' })
      }
    })

    test('G1 a comma in an entry does not make two of it', async () => {
      const { call } = await toolOf(`() => Deno.readTextFile('/etc/passwd')`)

      await expect(call({}, { permissions: { read: ['/nothing,/etc'] } })).rejects.toMatchObject({
        code: 'tool_forbidden',
      })
    })

    test('G1 a listed variable has the value that is passed, others are forbidden', async () => {
      const { call } = await toolOf(`({ name }) => ({ value: Deno.env.get(name) ?? null })`)
      const changes = { permissions: { env: ['TOKEN'] }, env: { TOKEN: 'one', OTHER: 'two' } }

      expect(await call({ name: 'TOKEN' }, changes)).toEqual({ value: 'one' })
      await expect(call({ name: 'OTHER' }, changes)).rejects.toMatchObject({ code: 'tool_forbidden' })
    })

    for (const [what, value] of Object.entries({
      'a function': '{ f: () => 1 }',
      'a BigInt': '{ n: 1n }',
      NaN: '{ n: 0 / 0 }',
      'a cycle': '(() => { const a = {}; a.a = a; return a })()',
      'a Map': '{ m: new Map() }',
      'undefined in a list': '[undefined]',
    })) {
      test(`G2 ${what} is tool_invalid_output`, async () => {
        const { call } = await toolOf(`() => (${value})`)

        await expect(call({})).rejects.toMatchObject({ code: 'tool_invalid_output' })
      })
    }

    test("G2 a tool's own schema is checked before and after run", async () => {
      const even = `{ '~standard': { version: 1, vendor: 'test', validate: (v) =>
        v.n % 2 === 0 ? { value: { n: v.n, seen: true } } : { issues: [{ message: 'must be even', path: ['n'] }] } } }`
      const { call, bundle } = await toolOf(
        '(input) => ({ n: input.n + (input.n > 5 ? 1 : 2), seen: input.seen })',
        `input: ${even}, output: ${even},`,
      )

      expect(bundle.description).toMatchObject({ input: { $schema: true }, output: { $schema: true } })
      expect(await call({ n: 2 })).toEqual({ n: 4, seen: true })
      await expect(call({ n: 3 })).rejects.toMatchObject({
        code: 'tool_invalid_input',
        message: expect.stringContaining('n: must be even'),
      })
      await expect(call({ n: 6 })).rejects.toMatchObject({ code: 'tool_invalid_output' })
    })

    test('G3 a thrown error is tool_failed, with message and place, and the next call works', async () => {
      const { call } = await toolOf(`({ bad }) => { if (bad) throw new Error('no such branch'); return { ok: true } }`)

      await expect(call({ bad: true })).rejects.toMatchObject({
        code: 'tool_failed',
        message: expect.stringMatching(/"probe" failed: no such branch \(probe\.ts:2:\d+\)/),
      })
      expect(await call({ bad: false })).toEqual({ ok: true })
    })

    test('G3 what is thrown where nobody awaits is tool_failed too', async () => {
      const { call } = await toolOf(`({ bad }) => bad
        ? new Promise(() => { setTimeout(() => { throw new Error('late') }, 1) }) : { ok: true }`)

      await expect(call({ bad: true })).rejects.toMatchObject({
        code: 'tool_failed',
        message: expect.stringContaining('late'),
      })
      expect(await call({ bad: false })).toEqual({ ok: true })
    })

    test('G3 a process that ends is tool_crashed with its exit code, and the next call works', async () => {
      const { call } = await toolOf('({ bad }) => { if (bad) Deno.exit(7); return { ok: true } }')

      await expect(call({ bad: true })).rejects.toMatchObject({ code: 'tool_crashed', details: { exitCode: 7 } })
      expect(await call({ bad: false })).toEqual({ ok: true })
    })

    test('G3 too much memory is tool_out_of_memory, and another call goes on', async () => {
      const { call } = await toolOf(`async ({ bad }) => {
        const kept = []
        while (bad) kept.push(new Array(10_000).fill(kept.length))
        return { ok: true }
      }`)
      const [full, other] = await Promise.allSettled([
        call({ bad: true }, { memory: 64 }),
        call({ bad: false }, { memory: 64 }),
      ])

      expect(full).toMatchObject({ status: 'rejected', reason: { code: 'tool_out_of_memory' } })
      expect(other).toEqual({ status: 'fulfilled', value: { ok: true } })
    })

    test('G3 too much output is tool_output_too_large, and the next call works', async () => {
      const { call } = await toolOf(`({ size }) => ({ text: 'ü'.repeat(size) })`)

      await expect(call({ size: 500 }, { maxOutput: 1_000 })).rejects.toMatchObject({ code: 'tool_output_too_large' })
      expect(await call({ size: 2 }, { maxOutput: 1_000 })).toEqual({ text: 'üü' })
    })

    test('G4 abort ends a call that never yields, with its reason, and the next call works', async () => {
      const { call } = await toolOf(`({ bad }) => { console.log('in'); while (bad); return { ok: true } }`)
      const controller = new AbortController()
      const hung = call({ bad: true }, { signal: controller.signal, onLog: () => controller.abort('stop') })

      await expect(hung).rejects.toBe('stop')
      expect(await call({ bad: false })).toEqual({ ok: true })
    })

    test('G4 an aborted call that waits for its turn ends at once', async () => {
      const { call } = await toolOf(`({ bad }) => { console.log('in'); while (bad); return {} }`)
      const holders = Array.from({ length: 8 }, () => new AbortController())
      const held = holders.map((controller) => call({ bad: true }, { signal: controller.signal }).catch((e) => e))
      const waiting = new AbortController()
      const waits = call({ bad: false }, { signal: waiting.signal })
      waiting.abort('changed my mind')

      await expect(waits).rejects.toBe('changed my mind')
      for (const controller of holders) controller.abort('end')
      expect(await Promise.all(held)).toEqual(holders.map(() => 'end'))
      expect(await call({ bad: false })).toEqual({})
    })

    test('G5 other permissions or other variables never meet the memory of an earlier call', async () => {
      const { call } = await toolOf('() => { globalThis.count = (globalThis.count ?? 0) + 1; return { count } }')
      await call({})

      expect(await call({}, { permissions: { read: ['/etc'] } })).toEqual({ count: 1 })
      expect(await call({}, { permissions: { env: ['A'] }, env: { A: '1' } })).toEqual({ count: 1 })
      expect(await call({}, { permissions: { env: ['A'] }, env: { A: '2' } })).toEqual({ count: 1 })
    })

    test('G6 a syntax error is tool_invalid with line and column', async () => {
      const { tools, write } = await make()
      const file = await write('probe.ts', `const ü = 'ü'; const x = ;\n`)

      await expect(tools.bundle(file)).rejects.toMatchObject({
        name: 'SourceError',
        code: 'tool_invalid',
        position: { line: 1, column: 26 },
        message: expect.stringContaining('probe.ts:1:26'),
      })
    })

    for (const [what, text, message] of [
      ['no default export', 'export const a = 1', 'no default export'],
      ['a default export not made by tool()', '\nexport default { run: () => 1 }', 'not made by tool()'],
      ['a missing import', `import './missing.ts'`, 'missing.ts'],
      ['a package that is not there', `import 'left-pad'`, 'npm:left-pad@<version>'],
      ['a remote import', `import 'https://esm.sh/ms'`, 'npm: packages'],
      ['work that fails while loading', `throw new Error('too early')`, 'too early'],
      ['a forbidden access while loading', `Deno.readTextFileSync('/etc/passwd')`, 'inside run()'],
    ] as const) {
      test(`G6 ${what} is tool_invalid and says so`, async () => {
        const { tools, write } = await make()
        const bundle = tools.bundle(await write('probe.ts', text))

        await expect(bundle).rejects.toMatchObject({
          name: 'SourceError',
          code: 'tool_invalid',
          message: expect.stringContaining(message),
        })
      })
    }

    test('G6 a file that does not exist is tool_invalid', async () => {
      const { tools, folder } = await make()

      await expect(tools.bundle(`${folder}/missing.ts`)).rejects.toMatchObject({ code: 'tool_invalid' })
    })
  })
}
