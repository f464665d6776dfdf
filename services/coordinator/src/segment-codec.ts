/**
 * Records outside of the journal: gzip of one line of JSON and the bodies behind it, without anything between them.
 * The line is `{"f": 1, "first": number of the first record, "l": [length of each body, UTF-16 units]}`; it is durable.
 */
import { WonderError } from '@wonder/errors'
import type { JournalRecord } from '@wonder/platform'

const segmentFormat = 1

type Header = { readonly f?: number; readonly first?: number; readonly l?: readonly number[] }

/** @param records in order, without gaps, at least one */
export async function encodeSegment(records: readonly JournalRecord[]): Promise<Uint8Array> {
  const header = { f: segmentFormat, first: records[0]?.number ?? 1, l: records.map(({ body }) => body.length) }
  const text = `${JSON.stringify(header)}\n${records.map(({ body }) => body).join('')}`
  return await through(new CompressionStream('gzip'), new TextEncoder().encode(text))
}

/** @throws WonderError `store_corrupt`, `format_too_new` */
export async function decodeSegment(run: string, content: Uint8Array): Promise<readonly JournalRecord[]> {
  const text = await inflate(run, content)
  const end = text.indexOf('\n')
  const { f, first, l: lengths } = headerOf(run, text.slice(0, Math.max(0, end)))
  if (f !== undefined && f > segmentFormat) {
    throw new WonderError(
      'format_too_new',
      `Cannot read archived records of run "${run}": they have format ${f}, this version reads up to ${segmentFormat}`,
    )
  }
  if (f !== segmentFormat || typeof first !== 'number' || !Array.isArray(lengths)) throw damaged(run)
  let at = end + 1
  const records = lengths.map((length: number, place): JournalRecord => {
    at += length
    return { number: first + place, body: text.slice(at - length, at) }
  })
  if (at !== text.length) throw damaged(run)
  return records
}

async function inflate(run: string, content: Uint8Array): Promise<string> {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      await through(new DecompressionStream('gzip'), Uint8Array.from(content)),
    )
  } catch (cause) {
    throw damaged(run, cause)
  }
}

function headerOf(run: string, line: string): Header {
  try {
    return (JSON.parse(line) ?? {}) as Header
  } catch (cause) {
    throw damaged(run, cause)
  }
}

function damaged(run: string, cause?: unknown): WonderError {
  return new WonderError('store_corrupt', `Cannot read archived records of run "${run}": they are damaged`, { cause })
}

async function through(
  { readable, writable }: CompressionStream,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = writable.getWriter()
  // What goes wrong shows at the reading end as well.
  const written = writer.write(content).then(() => writer.close())
  written.catch(() => undefined)
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = readable.getReader()
  for (let piece = await reader.read(); piece.value !== undefined; piece = await reader.read()) {
    pieces.push(piece.value)
    size += piece.value.length
  }
  await written
  const all = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
