import type { Socket } from 'node:net'
import { longestLine } from './host-protocol.ts'

/** Calls with each complete line that a socket brings; one that is too long ends the connection. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    rest += text
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end)
      rest = rest.slice(end + 1)
      onLine(line)
    }
    if (rest.length > longestLine) socket.destroy()
  })
}
