import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { tell } from './serve-peer.ts'

/** A server that lives no longer than this process. */
export type ServerProcess = { stop(): Promise<void> }

/** Starts a server and waits until `answers` does not throw. Throws what it wrote last when it ends before that. */
export async function startServer(about: {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly answers: () => Promise<void>
}): Promise<ServerProcess> {
  const { program, args, env, answers } = about
  const server = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(server, 'exit')
  ended.catch(() => {})
  process.once('exit', () => server.kill('SIGKILL'))
  let last = ''
  for (const output of [server.stdout, server.stderr]) {
    output.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString()).slice(-1_000)
    })
  }
  await once(server, 'spawn')
  if (server.pid !== undefined) tell({ server: server.pid })
  const deadline = performance.now() + 40_000
  for (;;) {
    try {
      await answers()
      break
    } catch (error) {
      if (server.exitCode !== null) throw new Error(`${program} ended with ${server.exitCode}: ${last}`)
      if (performance.now() > deadline) throw new Error(`${program} does not answer: ${last}`, { cause: error })
      await pause(100)
    }
  }
  return {
    async stop() {
      server.kill('SIGTERM')
      const late = setTimeout(() => server.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(late)
    },
  }
}

/** A port of the loopback address on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
