import { connect, type Socket } from 'node:net'
import type { Json } from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import type { Host } from '@wonder/platform'
import type { HostEvent, HostMessage, HostQuestion, HostRequest } from './host-protocol.ts'
import { readLines } from './read-lines.ts'

/** Nobody listens at the address: the process that did is gone. */
export const hostGone = Symbol('host gone')

/** Milliseconds in which a process that lives says that it has heard. Its answer may take longer. */
const patience = 5_000

type Peer = Pick<Host, 'address' | 'pid'>

/**
 * Does the process exist? One that is stopped or busy does: the system takes its connections, and nothing else may
 * take what it owns.
 */
export async function hostExists(host: Peer): Promise<boolean> {
  const socket = await open(host)
  if (socket !== null && socket !== 'deaf') socket.destroy()
  return socket !== null
}

/**
 * Asks another process; `hostGone` when it does not exist any more.
 *
 * @throws WonderError `host_not_responding` when it exists and does not listen
 */
export async function askHost(
  host: Peer,
  request: Exclude<HostRequest, { op: 'watch' }>,
): Promise<Json | typeof hostGone> {
  const socket = await open(host)
  if (socket === null) return hostGone
  if (socket === 'deaf') throw notResponding(host)
  const { promise, resolve, reject } = Promise.withResolvers<Json | typeof hostGone>()
  const deadline = setTimeout(() => reject(notResponding(host)), patience)
  try {
    socket.on('close', () => resolve(hostGone))
    readMessages(socket, (message) => {
      clearTimeout(deadline)
      if ('event' in message || 'received' in message) return
      if (message.ok) resolve(message.value)
      else reject(fromErrorBody(message.error))
    })
    socket.write(question(request))
    return await promise
  } finally {
    clearTimeout(deadline)
    socket.destroy()
  }
}

/**
 * Follows a run of another process until stopped; `onEnd` when that process is gone. `hostGone` when it never answered.
 *
 * @throws WonderError `host_not_responding` when it exists and does not listen
 */
export async function watchHost(
  host: Peer,
  request: Extract<HostRequest, { op: 'watch' }>,
  listener: { readonly onEvent: (event: HostEvent) => void; readonly onEnd: () => void },
): Promise<(() => void) | typeof hostGone> {
  const socket = await open(host)
  if (socket === null) return hostGone
  if (socket === 'deaf') throw notResponding(host)
  let stopped = false
  let heard = false
  const { promise, resolve, reject } = Promise.withResolvers<(() => void) | typeof hostGone>()
  const stop = (): void => {
    stopped = true
    socket.destroy()
  }
  const deadline = setTimeout(() => {
    stop()
    reject(notResponding(host))
  }, patience)
  socket.on('close', () => {
    clearTimeout(deadline)
    if (!heard) return resolve(hostGone)
    if (!stopped) listener.onEnd()
  })
  readMessages(socket, (message) => {
    heard = true
    clearTimeout(deadline)
    resolve(stop)
    if ('event' in message && !stopped) listener.onEvent(message.event)
  })
  socket.write(question(request))
  return promise
}

/** What is no message ends the connection. */
function readMessages(socket: Socket, onMessage: (message: HostMessage) => void): void {
  readLines(socket, (line) => {
    let message: HostMessage
    try {
      message = JSON.parse(line) as HostMessage
    } catch {
      socket.destroy()
      return
    }
    onMessage(message)
  })
}

/** Null when nobody listens; `deaf` when so many wait for an answer already that no more are let in. */
function open({ address }: Peer): Promise<Socket | 'deaf' | null> {
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
      else if (cause.code === 'EAGAIN') resolve('deaf')
      else
        reject(
          new WonderError('store_unavailable', `Cannot reach the process at "${address}": ${cause.message}`, { cause }),
        )
    })
  })
}

/** What is heard too late is not done: who asked has been told that it was not heard. */
function question(request: HostRequest): string {
  return `${JSON.stringify({ id: 1, expires: Date.now() + patience, ...request } satisfies HostQuestion)}\n`
}

function notResponding({ pid }: Peer): WonderError {
  return new WonderError(
    'host_not_responding',
    `Cannot reach process ${pid}, which drives the run: it exists, and has not answered for ${patience / 1000} s`,
    { details: { hint: `Let it go on (kill -CONT ${pid}) or end it (kill -9 ${pid}); then try again.`, pid } },
  )
}
