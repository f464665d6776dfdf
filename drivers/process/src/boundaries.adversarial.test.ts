import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { NetRequest, ProcessRequest } from '@wonder/platform'
import { afterEach, describe, expect, test } from 'vitest'
import { isPublicAddress } from './address.ts'
import { nodeNet, processSandbox } from './index.ts'
import { processStat } from './process-group.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function folder(parent = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(parent, 'wonder-boundary-'))
  undo.push(() => rm(path, { recursive: true, force: true }))
  return path
}

const never = new AbortController().signal

function bash(root: string, script: string, more: Partial<ProcessRequest> = {}): ProcessRequest {
  return { command: ['bash', '-c', script], cwd: root, root, env: {}, maxOutput: 10_000, signal: never, ...more }
}

/** A group as a dead host leaves it: a leader with a child, and the note of them. */
async function abandoned(stateDir: string, change: (note: { boot: string; started: string }) => object) {
  const child = spawn('bash', ['-c', 'sleep 1000 & echo ready; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pid = child.pid ?? 0
  undo.push(() => end(child))
  await once(child.stdout, 'data')
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  await mkdir(join(stateDir, 'groups/old'), { recursive: true })
  const note = change({ boot, started: processStat(pid)?.started ?? '' })
  await writeFile(join(stateDir, 'groups/old', String(pid)), JSON.stringify(note))
  return child
}

function end(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

describe.runIf(process.platform === 'linux')('endAbandoned()', () => {
  test('ends the group that a host left, once', async () => {
    const stateDir = await folder()
    const child = await abandoned(stateDir, (note) => note)
    const exit = once(child, 'exit')
    const sandbox = processSandbox({ host: 'new', stateDir })

    expect(await sandbox.endAbandoned('old')).toBe(1)
    expect(await exit).toEqual([null, 'SIGKILL'])
    expect(await sandbox.endAbandoned('old')).toBe(0)
  })

  test('ends what is left of a group whose leader is gone', async () => {
    const stateDir = await folder()
    const child = await abandoned(stateDir, (note) => note)
    const exit = once(child, 'exit')
    process.kill(child.pid ?? 0, 'SIGKILL')
    await exit

    expect(await processSandbox({ host: 'new', stateDir }).endAbandoned('old')).toBe(1)
  })

  for (const [what, change] of Object.entries({
    'a recycled pid': (note: object) => ({ ...note, started: '1' }),
    'a pid of an earlier boot': (note: object) => ({ ...note, boot: 'another' }),
    'a note that was cut off': () => ({}),
  })) {
    test(`leaves ${what} alone`, async () => {
      const stateDir = await folder()
      const child = await abandoned(stateDir, change)

      expect(await processSandbox({ host: 'new', stateDir }).endAbandoned('old')).toBe(0)
      expect(processStat(child.pid ?? 0)?.state).not.toBe('Z')
      expect(child.exitCode).toBeNull()
    })
  }

  test('a host name cannot lead out of the folder of notes', async () => {
    const parent = await folder()
    await writeFile(join(parent, '1'), 'kept')
    await processSandbox({ host: 'new', stateDir: join(parent, 'state') }).endAbandoned('../..')
    await processSandbox({ host: 'new', stateDir: join(parent, 'state') }).endAbandoned('..')

    expect(await readdir(parent)).toEqual(['1'])
  })

  test('a group is noted while it runs and forgotten after', async () => {
    const stateDir = await folder()
    const root = await folder()
    const sandbox = processSandbox({ host: 'h1', stateDir, isolation: 'none' })
    const notes: Promise<readonly string[]>[] = []
    await sandbox.run(
      bash(root, 'echo $$; sleep 0.1', { onLine: () => notes.push(readdir(join(stateDir, 'groups/h1'))) }),
    )

    expect((await notes[0])?.length).toBe(1)
    expect(await readdir(join(stateDir, 'groups/h1'))).toEqual([])
  })
})

const wrapped = processSandbox({ host: 'probe', stateDir: tmpdir() }).isolation === 'bubblewrap'

// Needs a machine on which bubblewrap is installed and allowed.
describe.runIf(wrapped)('bubblewrap', () => {
  test('lets a program write in the project and not beside it', async () => {
    const home = await folder(homedir())
    const root = join(home, 'project')
    await mkdir(root)
    const sandbox = processSandbox({ host: 'h1', stateDir: await folder() })
    const result = await sandbox.run(bash(root, 'echo in > in; echo out > ../out'))

    expect(result.exitCode).not.toBe(0)
    expect(result.stderr).toContain('Read-only file system')
    expect([await readdir(root), await readdir(home)]).toEqual([['in'], ['project']])
  })

  test('ends a program that left its group', async () => {
    const root = await folder()
    const sandbox = processSandbox({ host: 'h1', stateDir: await folder() })
    await sandbox.run(bash(root, 'setsid bash -c "while :; do echo x >> beat; sleep 0.01; done" & sleep 0.1'))
    const before = await readFile(join(root, 'beat'), 'utf8')
    await sandbox.run(bash(root, 'sleep 0.1'))

    expect(await readFile(join(root, 'beat'), 'utf8')).toBe(before)
  })
})

describe('nodeNet()', () => {
  const request = (url: string, more: Partial<NetRequest> = {}): NetRequest => ({
    url,
    method: 'GET',
    headers: {},
    allowPrivate: [],
    maxBytes: 10_000,
    signal: never,
    ...more,
  })

  async function server(headers: { readonly [name: string]: string }, body: Uint8Array) {
    const seen: string[] = []
    const http = createServer((asked, answer) => {
      seen.push(asked.headers.host ?? '')
      answer.writeHead(200, headers).end(body)
    })
    await new Promise<void>((settle) => http.listen(0, '127.0.0.1', settle))
    undo.push(() => {
      http.closeAllConnections()
      http.close()
    })
    const address = http.address()
    if (address === null || typeof address === 'string') throw new Error('The test server has no port')
    return { port: address.port, seen }
  }

  test('a name that resolves to a private address is refused, also beside a public one', async () => {
    const { port, seen } = await server({}, new Uint8Array())
    const net = nodeNet({ resolve: async () => ['93.184.216.34', '127.0.0.1'] })
    undo.push(() => net.close())

    await expect(net.fetch(request(`http://example.test:${port}/`))).rejects.toMatchObject({
      code: 'http_address_forbidden',
      message: expect.stringContaining('127.0.0.1'),
    })
    expect(seen).toEqual([])
  })

  test('a name is resolved once a request: another answer later is not connected to', async () => {
    const { port, seen } = await server({}, new Uint8Array())
    const answers = ['127.0.0.1']
    let asked = 0
    const net = nodeNet({
      resolve: async () => {
        asked += 1
        return [answers.shift() ?? '10.0.0.1']
      },
    })
    undo.push(() => net.close())
    await net.fetch(request(`http://rebind.test:${port}/`, { allowPrivate: ['rebind.test'] }))

    expect([asked, seen]).toEqual([1, [`rebind.test:${port}`]])
  })

  test('a warm connection to an allowed host is no way around the check', async () => {
    const { port, seen } = await server({}, new Uint8Array())
    const net = nodeNet({ resolve: async () => ['127.0.0.1'] })
    undo.push(() => net.close())
    await net.fetch(request(`http://warm.test:${port}/`, { allowPrivate: ['warm.test'] }))

    await expect(net.fetch(request(`http://warm.test:${port}/`))).rejects.toMatchObject({
      code: 'http_address_forbidden',
    })
    expect(seen).toHaveLength(1)
  })

  test('a small body that unpacks to too much is http_response_too_large, twice packed too', async () => {
    const bomb = gzipSync(new Uint8Array(5_000_000))
    for (const [encoding, body] of [
      ['gzip', bomb],
      ['gzip, gzip', gzipSync(bomb)],
    ] as const) {
      const { port } = await server({ 'content-encoding': encoding }, body)
      const net = nodeNet()
      undo.push(() => net.close())

      await expect(
        net.fetch(request(`http://127.0.0.1:${port}/`, { allowPrivate: ['127.0.0.1'] })),
      ).rejects.toMatchObject({ code: 'http_response_too_large' })
    }
  })

  test('a packed body arrives unpacked', async () => {
    const { port } = await server({ 'content-encoding': 'gzip' }, gzipSync('hello'))
    const net = nodeNet()
    undo.push(() => net.close())
    const response = await net.fetch(request(`http://127.0.0.1:${port}/`, { allowPrivate: ['127.0.0.1'] }))

    expect(new TextDecoder().decode(response.body)).toBe('hello')
    expect(response.headers).not.toHaveProperty('content-encoding')
  })

  test('public addresses are public, and what is no address is not', () => {
    const wanted = { '93.184.216.34': true, '2606:4700::1111': true, 'example.com': false, '::ffff:8.8.8.8': false }

    expect(Object.fromEntries(Object.keys(wanted).map((text) => [text, isPublicAddress(text)]))).toEqual(wanted)
  })
})
