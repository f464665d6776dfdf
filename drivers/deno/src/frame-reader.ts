import type { Readable } from 'node:stream'

/** Stray text is handed on at the latest when it is this long. */
const longestText = 65_536

/** Splits what a tool's process writes into the harness's frames and the stray text of the tool. */
export function readFrames(
  stream: Readable,
  prefix: string,
  handlers: { readonly frame: (text: string) => void; readonly text: (line: string) => void },
): void {
  stream.setEncoding('utf8')
  let parts: string[] = []
  let size = 0
  let isFrame = false
  const line = (text: string): void => {
    const at = text.indexOf(prefix)
    if (at === -1) {
      if (text !== '') handlers.text(text)
      return
    }
    if (at > 0) handlers.text(text.slice(0, at))
    handlers.frame(text.slice(at + prefix.length))
  }
  stream.on('data', (chunk: string) => {
    let from = 0
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      parts.push(chunk.slice(from, end))
      line(parts.join(''))
      parts = []
      size = 0
      isFrame = false
      from = end + 1
    }
    if (from === chunk.length) return
    parts.push(chunk.slice(from))
    size += chunk.length - from
    if (size < longestText || isFrame) return
    const text = parts.join('')
    isFrame = text.includes(prefix)
    if (isFrame) return
    // The start of a prefix may stand at the end.
    const keep = text.slice(-prefix.length)
    handlers.text(text.slice(0, -prefix.length))
    parts = [keep]
    size = keep.length
  })
  stream.on('end', () => line(parts.join('')))
  stream.on('error', () => {})
}
