import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSTALLED = '/usr/lib/postgresql'

/** A PostgreSQL of its own for a test: `await using server = await postgresServer()`. */
export type PostgresServer = AsyncDisposable & { readonly host: string; readonly port: number; readonly user: string }

/** Why there can be no server here, or undefined. */
export function noPostgres(): string | undefined {
  return programs() === undefined ? `PostgreSQL is not installed under ${INSTALLED}` : undefined
}

function programs(): string | undefined {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED) : []
  const newest = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .find((version) => existsSync(join(INSTALLED, version, 'bin/initdb')))
  return newest && join(INSTALLED, newest, 'bin')
}

/** Makes an empty cluster in a temporary folder and serves it on a free port of the loopback interface; durable it is not. */
export async function postgresServer(): Promise<PostgresServer> {
  const bin = programs()
  if (bin === undefined) throw new Error(`Cannot start PostgreSQL: ${noPostgres()}`)
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'wonder-postgres-')))
  const account = await unprivileged()
  if (account) await chown(folder, account.uid, account.gid)
  const data = join(folder, 'data')
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  const options = { ...account, cwd: folder, env }
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'wonder', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    options,
  )
  const port = await freePort()
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1']
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', folder, ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(server, 'exit')
  let log = ''
  const ready = Promise.withResolvers<void>()
  server.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
    if (log.includes('ready to accept connections')) ready.resolve()
  })
  server.once('exit', () => ready.reject(new Error(`PostgreSQL ended at once:\n${log}`)))
  await ready.promise
  return {
    host: '127.0.0.1',
    port,
    user: 'wonder',
    [Symbol.asyncDispose]: async () => {
      // The fast shutdown: clients are cut off.
      server.kill('SIGINT')
      await ended
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** PostgreSQL refuses to run as root; the package made an account for it. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  )
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port')
  return address.port
}
