/**
 * The journal's wire form: one JSON text a record. Its field names and the format number are durable.
 */
import { WonderError } from '@wonder/errors'
import type { CommandNote, RunEvent, RunRecord } from './events.ts'

/** The newest format that this version writes and reads. */
export const recordFormat = 1

/** `t` time, `c` commands, `e` events, `b` blobs; the record's number is the store's. */
type EncodedRecord = {
  readonly f: number
  readonly t: number
  readonly c: readonly CommandNote[]
  readonly e: readonly RunEvent[]
  readonly b?: true
}

export function encodeRecord(record: RunRecord): string {
  const { format, time, commands, events, blobs } = record
  const encoded: EncodedRecord = {
    f: format,
    t: time,
    c: commands,
    e: events,
    ...(blobs === undefined ? {} : { b: blobs }),
  }
  return JSON.stringify(encoded)
}

/**
 * @throws WonderError `format_too_new` for a format above `recordFormat`, `store_corrupt` for what is no record
 */
export function decodeRecord(run: string, number: number, body: string): RunRecord {
  let encoded: Partial<EncodedRecord>
  try {
    encoded = (JSON.parse(body) ?? {}) as Partial<EncodedRecord>
  } catch (cause) {
    throw new WonderError('store_corrupt', `Cannot read record ${number} of run "${run}": it is not JSON`, { cause })
  }
  if (encoded.f !== undefined && encoded.f > recordFormat) {
    throw new WonderError(
      'format_too_new',
      `Cannot read record ${number} of run "${run}": it has format ${encoded.f}, this version reads up to ${recordFormat}`,
    )
  }
  const { t, c, e, b } = encoded
  if (encoded.f !== 1 || typeof t !== 'number' || !Array.isArray(c) || !Array.isArray(e)) {
    throw new WonderError('store_corrupt', `Cannot read record ${number} of run "${run}": it is no record`)
  }
  return { number, format: 1, time: t, commands: c, events: e, ...(b === undefined ? {} : { blobs: b }) }
}
