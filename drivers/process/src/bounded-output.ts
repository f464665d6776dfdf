import type { Readable } from 'node:stream'

/** A line longer than this is handed on in pieces, so that a program without line breaks cannot fill the memory. */
const longestLine = 65_536

/** Reads a stream to its end: keeps its first bytes, drops the rest, and hands on its lines. */
export class BoundedOutput {
  readonly #limit: number
  readonly #chunks: Uint8Array[] = []
  #size = 0
  truncated = false

  constructor(stream: Readable | null, limit: number, onLine: ((line: string) => void) | undefined) {
    this.#limit = limit
    if (stream === null) return
    stream.on('data', (chunk: Uint8Array) => this.#keep(chunk))
    // A stream that breaks off ends with what it gave.
    stream.on('error', () => {})
    if (onLine !== undefined) readLines(stream, onLine)
  }

  text(): string {
    // A character that the limit cuts in half is left out.
    return new TextDecoder().decode(Buffer.concat(this.#chunks), { stream: this.truncated })
  }

  #keep(chunk: Uint8Array): void {
    const room = this.#limit - this.#size
    if (chunk.byteLength > room) this.truncated = true
    if (room <= 0) return
    const kept = chunk.byteLength > room ? chunk.slice(0, room) : chunk
    this.#chunks.push(kept)
    this.#size += kept.byteLength
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new TextDecoder()
  let rest = ''
  stream.on('data', (chunk: Uint8Array) => {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine))
      rest = rest.slice(longestLine)
    }
  })
  stream.on('close', () => {
    rest += decoder.decode()
    if (rest !== '') onLine(rest)
    rest = ''
  })
}
