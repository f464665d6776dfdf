import { connect, type Socket } from 'node:net'
import type { Json } from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import type { HostEvent, HostMessage, HostRequest } from './host-protocol.ts'
import { readLines } from './read-lines.ts'

/** Nobody listens at the address: the process that did is gone. */
export const hostGone = Symbol('host gone')

/** Asks another process; `hostGone` when it does not exist any more. */
export async function askHost(address: string, request: HostRequest): Promise<Json | typeof hostGone> {
  const socket = await open(address)
  if (socket === null) return hostGone
  try {
    return await new Promise<Json | typeof hostGone>((resolve, reject) => {
      socket.on('close', () => resolve(hostGone))
      readLines(socket, (line) => {
        const message = JSON.parse(line) as HostMessage
        if ('event' in message) return
        if (message.ok) resolve(message.value)
        else reject(fromErrorBody(message.error))
      })
      socket.write(`${JSON.stringify({ id: 1, ...request })}\n`)
    })
  } finally {
    socket.destroy()
  }
}

/** Follows a run of another process until stopped; `onEnd` when that process is gone. `hostGone` when it never answered. */
export async function watchHost(
  address: string,
  request: Extract<HostRequest, { op: 'watch' }>,
  listener: { readonly onEvent: (event: HostEvent) => void; readonly onEnd: () => void },
): Promise<(() => void) | typeof hostGone> {
  const socket = await open(address)
  if (socket === null) return hostGone
  let stopped = false
  socket.on('close', () => {
    if (!stopped) listener.onEnd()
  })
  readLines(socket, (line) => {
    const message = JSON.parse(line) as HostMessage
    if ('event' in message && !stopped) listener.onEvent(message.event)
  })
  socket.write(`${JSON.stringify({ id: 1, ...request })}\n`)
  return () => {
    stopped = true
    socket.destroy()
  }
}

/** Null when nobody listens. */
function open(address: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      // From here on a broken connection shows as its end.
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ECONNREFUSED' || cause.code === 'ENOENT') resolve(null)
      else
        reject(
          new WonderError('store_unavailable', `Cannot reach the process at "${address}": ${cause.message}`, { cause }),
        )
    })
  })
}
