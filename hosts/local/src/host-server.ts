import { chmod, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Json } from '@wonder/engine'
import { toErrorBody, WonderError } from '@wonder/errors'
import type { HostEvent, HostMessage, HostQuestion, HostRequest } from './host-protocol.ts'
import { readLines } from './read-lines.ts'

/** What a host does for other processes. */
export type HostService = {
  handle(request: Exclude<HostRequest, { op: 'watch' }>): Promise<Json>
  /** Sends events until the returned function is called. */
  watch(request: Extract<HostRequest, { op: 'watch' }>, send: (event: HostEvent) => void): Promise<() => void>
}

/** Bytes that may wait for a peer that does not read. One that is so far behind is let go; it may come again. */
const mostUnread = 64 * 1024 * 1024

/** Listens on a Unix socket that only this user can open. Returns the function that ends it. */
export async function serveHost(path: string, service: HostService): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A peer that goes away in the middle is its own affair.
    socket.on('error', () => socket.destroy())
    serve(socket, service)
  })
  await listen(server, path)
  await chmod(path, 0o600)
  // Taking commands is no reason to stay alive.
  server.unref()
  return async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
    await rm(path, { force: true })
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new WonderError('store_unavailable', `Cannot listen on "${path}": ${cause.message}`, { cause }))
    })
    server.listen(path, resolve)
  })
}

function serve(socket: Socket, service: HostService): void {
  const send = (message: HostMessage): void => {
    if (socket.destroyed) return
    socket.write(`${JSON.stringify(message)}\n`)
    if (socket.writableLength > mostUnread) socket.destroy()
  }
  readLines(socket, (line) => {
    void answer(line, service, socket, send)
  })
}

async function answer(
  line: string,
  service: HostService,
  socket: Socket,
  send: (message: HostMessage) => void,
): Promise<void> {
  let id = 0
  try {
    const request = JSON.parse(line) as HostQuestion
    if (Date.now() > request.expires) return
    id = request.id
    send({ id, received: true })
    if (request.op !== 'watch') return send({ id, ok: true, value: await service.handle(request) })
    const stop = await service.watch(request, (event) => send({ event }))
    if (socket.destroyed) return stop()
    socket.on('close', stop)
    send({ id, ok: true, value: null })
  } catch (error) {
    send({ id, ok: false, error: toErrorBody(error) })
  }
}
