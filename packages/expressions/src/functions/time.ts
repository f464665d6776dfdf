import { Duration } from '../duration.ts'
import { failed } from '../failure.ts'
import { describe } from '../kind.ts'
import { offsetOf, Timestamp } from '../timestamp.ts'
import { type Call, type FunctionTable, numberAt, textAt } from './cel-function.ts'

/** `timestamp(…)`, `duration(…)` and `now()`. */
export const timeFunctions: FunctionTable = {
  timestamp: { arity: [1, 1], call: timestamp },
  duration: { arity: [1, 1], call: duration },
  now: { arity: [0, 0], call: now },
}

/** Parts of a timestamp, in UTC or a fixed zone such as `"+02:00"`; the last four of a duration too. */
export const timeMethods: FunctionTable = {
  getFullYear: part((date) => date.getUTCFullYear()),
  getMonth: part((date) => date.getUTCMonth()),
  getDate: part((date) => date.getUTCDate()),
  getDayOfMonth: part((date) => date.getUTCDate() - 1),
  getDayOfWeek: part((date) => date.getUTCDay()),
  getDayOfYear: part((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000)),
  getHours: part((date) => date.getUTCHours(), 3_600_000_000_000n),
  getMinutes: part((date) => date.getUTCMinutes(), 60_000_000_000n),
  getSeconds: part((date) => date.getUTCSeconds(), 1_000_000_000n),
  getMilliseconds: {
    arity: [0, 1],
    call: (call) => {
      const [value] = call.args
      if (value instanceof Duration) return Number((value.nanos / 1_000_000n) % 1000n)
      return dateOf(call).getUTCMilliseconds()
    },
  },
}

/** Of a duration a part is the whole of it in that unit: `duration("90m").getHours()` is 1, `getMinutes()` 90. */
function part(of: (date: Date) => number, unit?: bigint): FunctionTable[string] {
  return {
    arity: [0, 1],
    call: (call) => {
      const [value] = call.args
      if (unit !== undefined && value instanceof Duration && call.args.length === 1) return Number(value.nanos / unit)
      return of(dateOf(call))
    },
  }
}

function dateOf(call: Call): Date {
  const [value] = call.args
  if (!(value instanceof Timestamp)) {
    throw failed(call.site, () => `${call.name}() needs a timestamp, not ${describe(value)}; write timestamp(…)`)
  }
  if (call.args.length === 1) return new Date(value.millis)
  const zone = textAt(call, 1)
  const offset = offsetOf(zone)
  if (offset !== undefined) return new Date(value.millis + offset)
  const why = 'zones with a name change their rules, and a run must be repeatable: write an offset such as "+02:00"'
  throw failed(call.site, () => `${call.name}() does not know the zone "${zone}": ${why}`)
}

/** Of RFC 3339, or of whole seconds since 1970. */
function timestamp(call: Call): Timestamp {
  const [value] = call.args
  if (value instanceof Timestamp) return value
  const made = typeof value === 'string' ? Timestamp.parse(value) : Timestamp.ofMillis(numberAt(call, 0) * 1000)
  if (made) return made
  throw failed(
    call.site,
    () => `timestamp() cannot read ${describe(value)}: write RFC 3339, "2024-02-29T12:00:00Z", or seconds since 1970`,
  )
}

function duration(call: Call): Duration {
  const [value] = call.args
  if (value instanceof Duration) return value
  const made = Duration.parse(textAt(call, 0))
  if (made) return made
  throw failed(call.site, () => `duration() cannot read ${describe(value)}: write "1h30m", "90s" or "250ms"`)
}

/** The record's time: the same at each replay. */
function now(call: Call): Timestamp {
  const { now } = call.run
  const made = now === undefined ? undefined : Timestamp.ofMillis(now)
  if (made) return made
  throw failed(call.site, () => 'now() is not known here')
}
