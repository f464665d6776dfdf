import type { Duration } from './duration.ts'

const nanosPerMilli = 1_000_000n
const nanosPerSecond = 1_000_000_000n
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z: the range of RFC 3339. */
const least = -62_135_596_800n * nanosPerSecond
const greatest = 253_402_300_800n * nanosPerSecond - 1n

/** A point in time, to the nanosecond. It exists during an evaluation only; its JSON form is RFC 3339. */
export class Timestamp {
  /** Nanoseconds since 1970 in UTC. */
  readonly nanos: bigint

  private constructor(nanos: bigint) {
    this.nanos = nanos
  }

  /** Undefined outside of the years 1 to 9999. */
  static ofNanos(nanos: bigint): Timestamp | undefined {
    return nanos < least || nanos > greatest ? undefined : new Timestamp(nanos)
  }

  static ofMillis(millis: number): Timestamp | undefined {
    return Number.isSafeInteger(millis) ? Timestamp.ofNanos(BigInt(millis) * nanosPerMilli) : undefined
  }

  /** RFC 3339: `2024-02-29T12:00:00.5+01:00`. Undefined when it is none, or no day of the calendar. */
  static parse(text: string): Timestamp | undefined {
    const found = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text)
    if (!found) return undefined
    const [, year, month, day, hours, minutes, seconds, fraction = '', zone = ''] = found
    const whole = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`
    const millis = Date.parse(`${whole}Z`)
    // Date takes February 30 for March 1.
    if (Number.isNaN(millis) || !new Date(millis).toISOString().startsWith(whole)) return undefined
    const offset = /^[Zz]$/.test(zone) ? 0 : offsetOf(zone)
    if (offset === undefined) return undefined
    return Timestamp.ofNanos(BigInt(millis - offset) * nanosPerMilli + BigInt(fraction.padEnd(9, '0')))
  }

  plus(duration: Duration): Timestamp | undefined {
    return Timestamp.ofNanos(this.nanos + duration.nanos)
  }

  minus(duration: Duration): Timestamp | undefined {
    return Timestamp.ofNanos(this.nanos - duration.nanos)
  }

  /** Whole milliseconds since 1970, rounded down. */
  get millis(): number {
    const below = this.nanos % nanosPerMilli < 0n ? 1n : 0n
    return Number(this.nanos / nanosPerMilli - below)
  }

  toString(): string {
    const part = ((this.nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond
    const date = new Date(Number((this.nanos - part) / nanosPerMilli))
    return `${date.toISOString().slice(0, 19)}${fractionText(part)}Z`
  }
}

/** `.5`, `.000001`, or nothing: three, six or nine digits, as protobuf's JSON writes them. */
export function fractionText(nanos: bigint): string {
  if (nanos === 0n) return ''
  const digits = nanos.toString().padStart(9, '0')
  return `.${digits.endsWith('000000') ? digits.slice(0, 3) : digits.endsWith('000') ? digits.slice(0, 6) : digits}`
}

/** Milliseconds that a fixed zone such as `+05:30` is ahead of UTC. Undefined for what is no such zone. */
export function offsetOf(zone: string): number | undefined {
  if (zone === 'UTC' || zone === 'Z') return 0
  const found = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (!found) return undefined
  const [, sign, hours, minutes] = found
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
