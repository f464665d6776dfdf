import { fractionText } from './timestamp.ts'

const units: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
}
/** About 10,000 years, as protobuf has it. */
const greatest = 315_576_000_000n * 1_000_000_000n

/** A length of time, to the nanosecond. It exists during an evaluation only; its JSON form is seconds: `1.5s`. */
export class Duration {
  readonly nanos: bigint

  private constructor(nanos: bigint) {
    this.nanos = nanos
  }

  /** Undefined beyond 10,000 years. */
  static ofNanos(nanos: bigint): Duration | undefined {
    return nanos > greatest || nanos < -greatest ? undefined : new Duration(nanos)
  }

  /** `1h30m`, `-1.5s`, `250ms`, `0`. Undefined when it is none. */
  static parse(text: string): Duration | undefined {
    const found = /^([+-]?)((?:\d+(?:\.\d*)?(?:h|ms|us|µs|ns|m|s)|\.\d+(?:h|ms|us|µs|ns|m|s))+|0)$/.exec(text)
    if (!found || text.length > 100) return undefined
    let nanos = 0n
    for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/(\d*)(?:\.(\d*))?(h|ms|us|µs|ns|m|s)/g)) {
      const scale = units[unit] ?? 0n
      nanos += BigInt(whole === '' ? '0' : whole) * scale
      const digits = fraction.slice(0, 18)
      if (digits !== '') nanos += (BigInt(digits) * scale) / 10n ** BigInt(digits.length)
    }
    return Duration.ofNanos(found[1] === '-' ? -nanos : nanos)
  }

  toString(): string {
    const absolute = this.nanos < 0n ? -this.nanos : this.nanos
    const sign = this.nanos < 0n ? '-' : ''
    return `${sign}${absolute / 1_000_000_000n}${fractionText(absolute % 1_000_000_000n)}s`
  }
}
