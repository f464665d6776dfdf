import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askHost, hostExists, hostGone, watchHost } from './host-client.ts'
import { serveHost } from './host-server.ts'

let folder: string
let address: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wonder-host-'))
  address = join(folder, 'a.sock')
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true })
})

const command = { op: 'command', run: 'r', body: { kind: 'pause' }, by: 'me' } as const
const peer = () => ({ address, pid: 4_242 })

async function serve(handle: (request: object) => Promise<string>): Promise<void> {
  closing.push(
    await serveHost(address, {
      handle,
      watch: async (_request, send) => {
        send({ type: 'log', provisional: true, run: 'r', node: null, time: 0, level: 'info', text: 'hello' } as never)
        return () => undefined
      },
    }),
  )
}

/** Somebody who takes connections and does with them what it likes. */
async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(address, resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
}

test('a question is answered, and an error arrives with its code', async () => {
  await serve(async () => 'yes')
  expect(await askHost(peer(), command)).toBe('yes')
  await closing.pop()?.()

  await serve(() => Promise.reject(new Error('no')))
  await expect(askHost(peer(), command)).rejects.toMatchObject({ code: 'internal' })
})

test('nobody who listens is a host that is gone', async () => {
  expect(await askHost(peer(), command)).toBe(hostGone)
  expect(await hostExists(peer())).toBe(false)
})

test('a host that ends in the middle of a question is gone', async () => {
  await listen(createServer((socket) => socket.on('data', () => socket.destroy())))
  expect(await askHost(peer(), command)).toBe(hostGone)
})

test('what is no message ends the connection instead of the process', async () => {
  await listen(createServer((socket) => socket.resume().write('nonsense\n')))
  expect(await askHost(peer(), command)).toBe(hostGone)
})

test('a question that is read after its time is not done', async () => {
  const done: object[] = []
  await serve(async (request) => {
    done.push(request)
    return 'done'
  })
  const socket = connect(address)
  socket.write(`${JSON.stringify({ id: 1, expires: 1, ...command })}\n`)
  socket.end()
  await new Promise((resolve) => socket.on('close', resolve).resume())

  expect(await askHost(peer(), command)).toBe('done')
  expect(done).toHaveLength(1)
})

test('a watcher is told what happens, and when the host is gone', async () => {
  await serve(async () => 'yes')
  const heard = Promise.withResolvers<unknown>()
  const ended = Promise.withResolvers<void>()
  await watchHost(peer(), { op: 'watch', run: 'r', after: 0 }, { onEvent: heard.resolve, onEnd: ended.resolve })

  expect(await heard.promise).toMatchObject({ type: 'log', text: 'hello' })
  await closing.pop()?.()
  await expect(ended.promise).resolves.toBeUndefined()
})
