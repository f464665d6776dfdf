import { Duration } from './duration.ts'
import { Timestamp } from './timestamp.ts'

/** `+` and `-` of timestamps and durations: 'range' beyond their limits, undefined for any other two values. */
export function timeArithmetic(operator: string, a: unknown, b: unknown): Timestamp | Duration | 'range' | undefined {
  if (operator === '+') {
    if (a instanceof Timestamp && b instanceof Duration) return a.plus(b) ?? 'range'
    if (a instanceof Duration && b instanceof Timestamp) return b.plus(a) ?? 'range'
    if (a instanceof Duration && b instanceof Duration) return Duration.ofNanos(a.nanos + b.nanos) ?? 'range'
  }
  if (operator === '-') {
    if (a instanceof Timestamp && b instanceof Duration) return a.minus(b) ?? 'range'
    if (a instanceof Timestamp && b instanceof Timestamp) return Duration.ofNanos(a.nanos - b.nanos) ?? 'range'
    if (a instanceof Duration && b instanceof Duration) return Duration.ofNanos(a.nanos - b.nanos) ?? 'range'
  }
  return undefined
}
